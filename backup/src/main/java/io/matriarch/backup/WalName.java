package io.matriarch.backup;

import io.matriarch.model.Lsn;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The name of a file that PostgreSQL archives (PostgreSQL manual, "Continuous Archiving"). */
public sealed interface WalName {

    /** The name as PostgreSQL writes it. */
    String text();

    /**
     * A whole segment.
     *
     * @param log the middle eight digits of the name
     * @param seg the last eight: number within 4 GB
     */
    record Segment(int timeline, long log, long seg) implements WalName, Comparable<Segment> {

        /** The segment that holds the byte at a position. */
        public static Segment at(int timeline, Lsn position, long segmentBytes) {
            return ofNumber(timeline, Long.divideUnsigned(position.bytes(), segmentBytes), segmentBytes);
        }

        /** @param number counted from the beginning of all WAL */
        public static Segment ofNumber(int timeline, long number, long segmentBytes) {
            long perLog = perLog(segmentBytes);
            return new Segment(timeline, number / perLog, number % perLog);
        }

        /** Counted from the beginning of all WAL; the same on each timeline. */
        public long number(long segmentBytes) {
            return log * perLog(segmentBytes) + seg;
        }

        private static long perLog(long segmentBytes) {
            return 0x1_0000_0000L / segmentBytes;
        }

        @Override
        public int compareTo(Segment other) {
            int byLog = Long.compare(log, other.log);
            int byPlace = byLog != 0 ? byLog : Long.compare(seg, other.seg);
            return byPlace != 0 ? byPlace : Integer.compare(timeline, other.timeline);
        }

        @Override
        public String text() {
            return String.format(Locale.ROOT, "%08X%08X%08X", timeline, log, seg);
        }
    }

    /** The last segment of a timeline that ended within it. No server ever asks for it; people may. */
    record Partial(Segment segment) implements WalName {
        @Override
        public String text() {
            return segment.text() + ".partial";
        }
    }

    /** Where a timeline comes from. */
    record HistoryFile(int timeline) implements WalName {
        @Override
        public String text() {
            return String.format(Locale.ROOT, "%08X.history", timeline);
        }
    }

    /** The note that a base backup leaves. */
    record BackupNote(Segment segment, String offset) implements WalName {
        @Override
        public String text() {
            return segment.text() + "." + offset + ".backup";
        }
    }

    /** Reads a name; empty for one that PostgreSQL never archives, which keeps paths out of the repository. */
    static Optional<WalName> parse(String name) {
        Matcher parts = Names.FORM.matcher(name);
        if (!parts.matches()) {
            return Optional.empty();
        }
        int timeline = Integer.parseUnsignedInt(parts.group(1), 16);
        if (parts.group(2) == null) {
            return Optional.of(new HistoryFile(timeline));
        }
        var segment = new Segment(timeline, Long.parseLong(parts.group(2), 16), Long.parseLong(parts.group(3), 16));
        String rest = parts.group(4);
        if (rest == null) {
            return Optional.of(segment);
        }
        return Optional.of(
                rest.equals(".partial")
                        ? new Partial(segment)
                        : new BackupNote(segment, rest.substring(1, rest.length() - ".backup".length())));
    }

    /** Holds the pattern: an interface has no private constants. */
    final class Names {
        private static final Pattern FORM = Pattern.compile(
                "([0-9A-F]{8})(?:\\.history|([0-9A-F]{8})([0-9A-F]{8})(\\.partial|\\.[0-9A-F]{8}\\.backup)?)");

        private Names() {}
    }
}

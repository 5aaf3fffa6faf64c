package io.matriarch.backup;

import io.matriarch.model.Lsn;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The way through the timelines that ends on one of them: what a server on that timeline has lived through.
 *
 * @param parts oldest first; each begins where the one before it ended
 */
public record TimelineLine(List<Part> parts) {

    /**
     * A stretch on one timeline.
     *
     * @param begin where it left its parent; {@link Lsn#NONE} for the first one
     * @param end where its child left it; null: it goes on
     */
    public record Part(int timeline, Lsn begin, @Nullable Lsn end) {}

    public TimelineLine {
        parts = List.copyOf(parts);
    }

    /**
     * Reads a history file: lines of parent timeline, switch point and reason, separated by tabs; comments begin with {@code
     * #}.
     *
     * @param content null for a timeline without history file, which only timeline 1 may be
     */
    static TimelineLine of(int timeline, @Nullable String content) {
        var parts = new ArrayList<Part>();
        Lsn begin = Lsn.NONE;
        for (String line : content == null ? List.<String>of() : content.lines().toList()) {
            String[] fields = line.strip().split("\\s+", 3);
            if (fields.length < 2 || line.strip().startsWith("#")) {
                continue;
            }
            Optional<Lsn> switched = Lsn.parse(fields[1]);
            if (switched.isPresent() && fields[0].chars().allMatch(Character::isDigit)) {
                parts.add(new Part(Integer.parseInt(fields[0]), begin, switched.get()));
                begin = switched.get();
            }
        }
        parts.add(new Part(timeline, begin, null));
        return new TimelineLine(parts);
    }

    /** The timeline that it ends on. */
    public int timeline() {
        return parts.getLast().timeline();
    }

    /** Whether a position on a timeline lies on this way. */
    boolean passes(int timeline, Lsn position) {
        for (Part part : parts) {
            if (part.timeline() == timeline) {
                return part.end() == null || !position.isAfter(part.end());
            }
        }
        return false;
    }

    /**
     * The file in which a server on this way looks for a segment: that of the newest timeline that has begun by its end,
     * because the first segment of a timeline begins as a copy of its parent's last one.
     */
    WalName.Segment file(long number, long segmentBytes) {
        for (Part part : parts.reversed()) {
            if (!part.begin().isKnown()
                    || number >= Long.divideUnsigned(part.begin().bytes(), segmentBytes)) {
                return WalName.Segment.ofNumber(part.timeline(), number, segmentBytes);
            }
        }
        throw new IllegalStateException("a way without beginning: " + parts);
    }
}

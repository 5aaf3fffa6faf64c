package io.matriarch.postgres;

import io.matriarch.model.Lsn;
import io.matriarch.model.config.PostgresSettings;
import io.matriarch.postgres.ChildProcess.Command;
import io.matriarch.postgres.ChildProcess.Result;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What {@code pg_waldump} tells about the last records of a stopped server. */
final class WalDump {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.rewind");

    private static final String NO_RECORD = "could not find a valid record after";

    /** It reads one or two records; what takes longer is a sick disk. */
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** {@code … lsn: 0/02000028, prev 0/01518058, desc: CHECKPOINT_SHUTDOWN redo 0/2000028; …}. */
    private static final Pattern RECORD =
            Pattern.compile("rmgr: (\\S+) .* lsn: ([0-9A-F/]+), prev ([0-9A-F/]+), desc: (\\S+)");

    private static final Pattern END = Pattern.compile("invalid record length at ([0-9A-F]+/[0-9A-F]+)");

    /** {@code SizeOfXLogLongPHD} of PostgreSQL, on every machine that aligns to 8 bytes. */
    private static final int LONG_PAGE_HEADER_BYTES = 40;

    private final Supplier<PostgresSettings> settings;
    private final Programs programs;

    WalDump(Supplier<PostgresSettings> settings, Programs programs) {
        this.settings = settings;
        this.programs = programs;
    }

    /** Where the last record, a checkpoint at {@code start}, ends; empty when something follows it or it is not there. */
    Optional<Lsn> endOfLastRecord(int timeline, Lsn start, Cancellation cancellation) {
        return parseEnd(dump(timeline, start, List.of("-n", "2"), cancellation).errors());
    }

    static Optional<Lsn> parseEnd(String errors) {
        Matcher end = END.matcher(errors);
        return end.find() ? Lsn.parse(end.group(1)) : Optional.empty();
    }

    /**
     * Whether a record begins at this position, and the one before it is there: what an older content of the same file left behind looks
     * like a record, too, if it is the first in its page.
     */
    boolean goesOn(int timeline, Lsn position, Cancellation cancellation) {
        Result result = dump(timeline, position, List.of("-n", "1"), cancellation);
        if (result instanceof Result.Exited(var _, String stdout, String stderr)) {
            Optional<WalRecord> found = WalRecord.parse(stdout);
            if (found.isEmpty() && !stderr.contains(NO_RECORD)) {
                LOG.log(Level.WARNING, "Could not look for WAL behind {0}: {1}", position, stderr.strip());
            }
            return found.filter(record -> record.start().bytesAfter(position) <= LONG_PAGE_HEADER_BYTES)
                    .filter(record -> isThere(timeline, record.previous(), cancellation))
                    .isPresent();
        }
        LOG.log(
                Level.WARNING,
                "Could not look for WAL behind {0}: {1}",
                position,
                programs.explain("pg_waldump", result));
        return false;
    }

    /** Also where its segment is gone, or is one of the timeline before. */
    private boolean isThere(int timeline, Lsn record, Cancellation cancellation) {
        boolean known = segments()
                .filter(here -> Files.exists(here.directory().resolve(here.name(timeline, record))))
                .isPresent();
        return !known
                || record(timeline, record, cancellation)
                        .filter(found -> found.start().equals(record))
                        .isPresent();
    }

    /**
     * The position to publish when the lock is released after a clean shutdown (contract ha-loop.md 11.1): with
     * archiving a switch of segments stands before the shutdown checkpoint, and replicas that received everything up to
     * that have received all. Empty when the server was not shut down as primary.
     *
     * <p>After a switch the next record is the first of a segment. So a checkpoint elsewhere needs no look at the WAL,
     * which saves two processes while nobody can write.
     */
    Optional<Lsn> releasedPosition(ControlData control, Cancellation cancellation) {
        if (!control.isShutDown()) {
            return Optional.empty();
        }
        Lsn checkpoint = control.checkpointLocation();
        int timeline = control.checkpointTimeline();
        if (!isFirstOfSegment(checkpoint, control)) {
            return Optional.of(checkpoint);
        }
        return record(timeline, checkpoint, cancellation)
                .flatMap(shutdown -> record(timeline, shutdown.previous(), cancellation))
                .filter(WalRecord::isSwitch)
                .map(WalRecord::start)
                .or(() -> Optional.of(checkpoint));
    }

    /** Whether only the header of the segment's first page stands before the record. */
    private static boolean isFirstOfSegment(Lsn record, ControlData control) {
        int segment = control.walSegmentBytes();
        return segment == 0 || record.bytes() % segment == LONG_PAGE_HEADER_BYTES;
    }

    private Optional<WalRecord> record(int timeline, Lsn start, Cancellation cancellation) {
        return dump(timeline, start, List.of("-n", "1"), cancellation)
                        instanceof Result.Exited(var _, String stdout, var _)
                ? WalRecord.parse(stdout)
                : Optional.empty();
    }

    private Result dump(int timeline, Lsn start, List<String> options, Cancellation cancellation) {
        var words = new ArrayList<>(List.of(
                programs.path("pg_waldump"),
                "-t",
                Integer.toString(timeline),
                "-s",
                start.toString(),
                "-p",
                settings.get().dataDir().toString()));
        words.addAll(options);
        words.addAll(files(timeline, start));
        return ChildProcess.run(Command.of(LIMIT, words).withEnvironment(Map.of("LC_ALL", "C")), cancellation);
    }

    /**
     * The names of the segments to read: without one the program learns their size from whatever it finds first, which may be a file of
     * zeros. Empty when we do not know the size either.
     */
    private List<String> files(int timeline, Lsn start) {
        return segments()
                .map(here -> {
                    String first = here.name(timeline, start);
                    String next = here.name(timeline, new Lsn(start.bytes() + here.bytes()));
                    return Files.exists(here.directory().resolve(next)) ? List.of(first, next) : List.of(first);
                })
                .orElse(List.of());
    }

    /** Empty when the size of a segment is not known. */
    private Optional<WalSegments> segments() {
        Path data = settings.get().dataDir();
        return ControlFile.read(data)
                .map(ControlData::walSegmentBytes)
                .filter(bytes -> bytes > 0)
                .map(bytes -> new WalSegments(data, bytes));
    }

    /** One line of the program's output. */
    record WalRecord(String manager, Lsn start, Lsn previous, String kind) {

        static Optional<WalRecord> parse(String output) {
            Matcher line = RECORD.matcher(output);
            return line.find()
                    ? Optional.of(new WalRecord(
                            line.group(1),
                            Lsn.parse(line.group(2)).orElse(Lsn.NONE),
                            Lsn.parse(line.group(3)).orElse(Lsn.NONE),
                            line.group(4)))
                    : Optional.empty();
        }

        boolean isSwitch() {
            return manager.equals("XLOG") && kind.equals("SWITCH");
        }
    }
}

package io.matriarch.simulator.postgres;

import io.matriarch.model.Lsn;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A WAL record. Equal only to itself: two servers that both promote to timeline 2 write different records at the same
 * positions, and whoever copies one copies the reference.
 */
final class WalRecord {

    /** What it says, as far as the twin cares. */
    enum Kind {
        /** A client's transaction. */
        COMMIT,
        /** A checkpoint of a running server; it begins at {@link #redo()}. */
        CHECKPOINT,
        /** The last record of a server that was shut down, or the one that ends crash recovery. */
        SHUTDOWN_CHECKPOINT,
        /** The first record of a new timeline after a promotion. */
        END_OF_RECOVERY,
        /** The rest of the segment stays empty. */
        SWITCH
    }

    /** A segment's header precedes its first record. */
    static final int SEGMENT_HEADER_BYTES = 40;

    private final @Nullable WalRecord previous;
    private final Lsn start;
    private final Lsn end;
    private final int timeline;
    private final Kind kind;
    private final long row;
    private final Lsn redo;
    private final Instant time;

    private WalRecord(
            @Nullable WalRecord previous,
            Lsn start,
            Lsn end,
            int timeline,
            Kind kind,
            long row,
            Lsn redo,
            Instant time) {
        this.previous = previous;
        this.start = start;
        this.end = end;
        this.timeline = timeline;
        this.kind = kind;
        this.row = row;
        this.redo = redo;
        this.time = time;
    }

    /** The record of a client's transaction that follows {@code path}. */
    static WalRecord commit(WalPath path, int timeline, long row, int bytes, Instant time) {
        return after(path, timeline, Kind.COMMIT, row, Lsn.NONE, bytes, time);
    }

    /** A record of another kind that follows {@code path}. */
    static WalRecord of(WalPath path, int timeline, Kind kind, int bytes, Instant time) {
        return after(path, timeline, kind, 0, Lsn.NONE, bytes, time);
    }

    /**
     * The record of a checkpoint.
     *
     * @param redo where it began; {@link Lsn#NONE}: with this record
     */
    static WalRecord checkpoint(WalPath path, int timeline, Kind kind, Lsn redo, int bytes, Instant time) {
        return after(path, timeline, kind, 0, redo, bytes, time);
    }

    private static WalRecord after(WalPath path, int timeline, Kind kind, long row, Lsn redo, int bytes, Instant time) {
        long from = path.end().bytes();
        if (from % path.segmentBytes() == 0) {
            from += SEGMENT_HEADER_BYTES;
        }
        long to = from + bytes;
        if (kind == Kind.SWITCH) {
            to = (from / path.segmentBytes() + 1) * path.segmentBytes();
        }
        Lsn start = new Lsn(from);
        return new WalRecord(path.last(), start, new Lsn(to), timeline, kind, row, redo.isKnown() ? redo : start, time);
    }

    Lsn start() {
        return start;
    }

    Lsn end() {
        return end;
    }

    int timeline() {
        return timeline;
    }

    Kind kind() {
        return kind;
    }

    /** The client's row; meaningless for other kinds. */
    long row() {
        return row;
    }

    /** Where crash recovery from this checkpoint begins. */
    Lsn redo() {
        return redo;
    }

    /** Wall clock of the server that wrote it. */
    Instant time() {
        return time;
    }

    boolean isCheckpoint() {
        return kind == Kind.CHECKPOINT || kind == Kind.SHUTDOWN_CHECKPOINT;
    }

    /** Whether its link to the record before it points to {@code last}: all that a server checks. */
    boolean follows(@Nullable WalRecord last) {
        return previous == null ? last == null : last != null && previous.start.equals(last.start);
    }

    @Override
    public String toString() {
        return kind + " " + start + " on timeline " + timeline;
    }
}

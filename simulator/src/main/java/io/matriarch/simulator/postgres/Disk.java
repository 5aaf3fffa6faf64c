package io.matriarch.simulator.postgres;

import io.matriarch.model.Lsn;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A data directory with everything in it. It survives processes; of the WAL, power loss leaves what was flushed and, as
 * luck will have it, some of the rest. Everything else in it is small, and written with a flush.
 */
final class Disk {

    /** What a half-made or half-copied directory is; it looks like a database and is none. */
    record Torn(String by) {}

    /**
     * The file that a backup or a rewind leaves.
     *
     * @param checkpoint where recovery begins
     * @param end where the data become consistent; {@link Lsn#NONE}: pg_control knows
     */
    record BackupLabel(WalRecord checkpoint, Lsn end) {}

    final long segmentBytes;
    WalPath wal;
    /** WAL up to here survives power loss. */
    Lsn flushed = Lsn.NONE;
    /** WAL before this position was removed or recycled; the beginning of a segment. */
    Lsn keptFrom = Lsn.NONE;
    /** Null: there is no database here. */
    @Nullable
    ControlFile control;

    Timelines timelines = new Timelines();
    final TreeMap<String, Slot> slots = new TreeMap<>();
    ServerConfig config = ServerConfig.DEFAULT;
    /** Counts how often the files were written: their time stamp. */
    long configWrites;

    boolean standbySignal;

    @Nullable
    BackupLabel backupLabel;

    @Nullable
    Torn torn;
    /** A program that writes into it at this moment; null: none. */
    @Nullable
    String writer;
    /** WAL that was received over what lay here, and does not continue it: nobody can read what follows. */
    boolean overwritten;

    long capacityBytes = Long.MAX_VALUE;
    long dataBytes;
    /** As with an archive that its standbys read from. */
    boolean keepsAllWal;

    Disk(long segmentBytes) {
        this.segmentBytes = segmentBytes;
        this.wal = WalPath.empty(segmentBytes);
    }

    boolean isEmpty() {
        return control == null && torn == null && writer == null;
    }

    /** Whether there is room for WAL up to {@code position}; what lies in a segment that exists needs none. */
    boolean hasRoomFor(Lsn position) {
        long used = dataBytes + wal.segmentStart(position).bytes() + segmentBytes - keptFrom.bytes();
        return used <= capacityBytes || wal.segmentStart(position).equals(wal.segmentStart(wal.end()));
    }

    /** Power is lost: WAL that was not flushed is gone, or part of it. */
    void losePower(RandomGenerator random) {
        int certain = wal.upTo(flushed).size();
        int kept = certain + (wal.size() > certain ? random.nextInt(wal.size() - certain + 1) : 0);
        if (kept > 0 && kept < wal.size()) {
            wal = wal.upTo(wal.get(kept - 1).end());
        }
        slots.values().forEach(Slot::crash);
    }

    /** Removes WAL that nobody may need any more. */
    void removeWalBefore(Lsn position) {
        Lsn segment = wal.segmentStart(position);
        if (segment.isAfter(keptFrom)) {
            keptFrom = segment;
        }
    }
}

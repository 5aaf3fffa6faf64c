package io.matriarch.simulator.postgres;

import io.matriarch.model.Lsn;
import io.matriarch.postgres.ControlData;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** {@code global/pg_control}: always whole, and on disk at once when it is changed. */
final class ControlFile {

    /** The states, with the words of {@code pg_controldata}. */
    enum State {
        SHUT_DOWN("shut down"),
        SHUT_DOWN_IN_RECOVERY("shut down in recovery"),
        SHUTTING_DOWN("shutting down"),
        IN_CRASH_RECOVERY("in crash recovery"),
        IN_ARCHIVE_RECOVERY("in archive recovery"),
        IN_PRODUCTION("in production");

        private final String text;

        State(String text) {
            this.text = text;
        }

        boolean isClean() {
            return this == SHUT_DOWN || this == SHUT_DOWN_IN_RECOVERY;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    private final String systemIdentifier;
    State state;
    WalRecord checkpoint;
    /** {@link Lsn#NONE}: the server is no standby, or has not begun to recover. */
    Lsn minRecovery = Lsn.NONE;

    int minRecoveryTimeline;
    /** Where a backup ends that is not consistent before; {@link Lsn#NONE}: it is. */
    Lsn backupEnd = Lsn.NONE;
    /** What the last primary that wrote WAL here ran with, by the labels of {@code pg_controldata}. */
    Map<String, String> parameters = Map.of();

    ControlFile(String systemIdentifier, State state, WalRecord checkpoint) {
        this.systemIdentifier = systemIdentifier;
        this.state = state;
        this.checkpoint = checkpoint;
    }

    ControlFile(ControlFile other) {
        this(other.systemIdentifier, other.state, other.checkpoint);
        minRecovery = other.minRecovery;
        minRecoveryTimeline = other.minRecoveryTimeline;
        backupEnd = other.backupEnd;
        parameters = other.parameters;
    }

    String systemIdentifier() {
        return systemIdentifier;
    }

    /** Raises the position that recovery must reach. */
    void raiseMinRecovery(Lsn position, int timeline) {
        if (position.isAfter(minRecovery)) {
            minRecovery = position;
            minRecoveryTimeline = timeline;
        }
    }

    void clearMinRecovery() {
        minRecovery = Lsn.NONE;
        minRecoveryTimeline = 0;
    }

    /** What {@code pg_controldata} prints of it. */
    ControlData print(long segmentBytes) {
        var fields = new LinkedHashMap<String, String>();
        fields.put("pg_control version number", "1300");
        fields.put("Database system identifier", systemIdentifier);
        fields.put("Database cluster state", state.toString());
        fields.put("Latest checkpoint location", checkpoint.start().toString());
        fields.put("Latest checkpoint's REDO location", checkpoint.redo().toString());
        fields.put(
                "Latest checkpoint's REDO WAL file",
                segmentName(checkpoint.timeline(), checkpoint.redo(), segmentBytes));
        fields.put("Latest checkpoint's TimeLineID", Integer.toString(checkpoint.timeline()));
        fields.put("Minimum recovery ending location", minRecovery.toString());
        fields.put("Min recovery ending loc's timeline", Integer.toString(minRecoveryTimeline));
        fields.put("Backup end location", backupEnd.toString());
        fields.put("wal_log_hints setting", "on");
        fields.putAll(parameters);
        fields.put("Data page checksum version", "0");
        return new ControlData(fields);
    }

    private static String segmentName(int timeline, Lsn position, long segmentBytes) {
        long perLog = (1L << 32) / segmentBytes;
        long number = position.bytes() / segmentBytes;
        return String.format(Locale.ROOT, "%08X%08X%08X", timeline, number / perLog, number % perLog);
    }
}

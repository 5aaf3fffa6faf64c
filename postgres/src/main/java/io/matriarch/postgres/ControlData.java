package io.matriarch.postgres;

import io.matriarch.model.Lsn;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The output of {@code pg_controldata} (contract postgres-control.md 11).
 *
 * @param fields label to value as printed, the prefix {@code Current } removed, in order
 */
public record ControlData(Map<String, String> fields) {

    public ControlData {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    private String field(String label) {
        return fields.getOrDefault(label, "");
    }

    public String clusterState() {
        return field("Database cluster state");
    }

    public String systemIdentifier() {
        return field("Database system identifier");
    }

    public Lsn checkpointLocation() {
        return Lsn.parse(field("Latest checkpoint location")).orElse(Lsn.NONE);
    }

    Lsn redoLocation() {
        return Lsn.parse(field("Latest checkpoint's REDO location")).orElse(Lsn.NONE);
    }

    /** Name of the segment that recovery from the last checkpoint begins with. */
    public String checkpointSegment() {
        return field("Latest checkpoint's REDO WAL file");
    }

    public int checkpointTimeline() {
        return number("Latest checkpoint's TimeLineID");
    }

    public Lsn minimumRecoveryEnd() {
        return Lsn.parse(field("Minimum recovery ending location")).orElse(Lsn.NONE);
    }

    public int minimumRecoveryTimeline() {
        return number("Min recovery ending loc's timeline");
    }

    /** The newest timeline that the directory is known to have reached. */
    public int timeline() {
        return Math.max(checkpointTimeline(), minimumRecoveryTimeline());
    }

    /** A copy that was not replayed to the end of its backup yet: its pages may be newer than the minimum recovery point. */
    boolean isWithinBackup() {
        return Lsn.parse(field("Backup start location")).filter(Lsn::isKnown).isPresent()
                || Lsn.parse(field("Backup end location")).filter(Lsn::isKnown).isPresent()
                || field("End-of-backup record required").equals("yes");
    }

    /**
     * A standby that was stopped in order, so that the minimum recovery point is what it had replayed. Of one that was killed the
     * pages are no newer, but the replay may have gone further and have removed files, those of prepared transactions for instance.
     */
    public boolean endsWhereItSays() {
        return clusterState().equals("shut down in recovery");
    }

    /** 0 when it is not printed. */
    int walSegmentBytes() {
        return number("Bytes per WAL segment");
    }

    /** Whether {@code pg_rewind} can work on this directory: hint bits are logged or pages carry checksums. */
    public boolean allowsRewind() {
        return field("wal_log_hints setting").equals("on") || number("Data page checksum version") != 0;
    }

    /** The unclean states of a former primary (contract ha-loop.md 7.2). */
    public boolean isUncleanPrimary() {
        return switch (clusterState()) {
            case "in production", "shutting down", "in crash recovery" -> true;
            default -> false;
        };
    }

    public boolean isShutDown() {
        return clusterState().equals("shut down");
    }

    public int number(String label) {
        try {
            return Integer.parseInt(field(label));
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}

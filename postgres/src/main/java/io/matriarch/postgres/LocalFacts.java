package io.matriarch.postgres;

import io.matriarch.model.Lsn;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What this node sees of its PostgreSQL at the beginning of a cycle.
 *
 * @param systemIdentifier empty when it cannot be read
 * @param processRunning whether a live postmaster exists
 * @param snapshot the answer to the one query of the cycle; empty when the server did not answer
 * @param controlData only looked at when PostgreSQL does not run
 * @param signalFile whether {@code standby.signal} or {@code recovery.signal} exists
 * @param backupLabel whether {@code backup_label} exists
 */
public record LocalFacts(
        DataDirectory dataDirectory,
        Optional<String> systemIdentifier,
        boolean processRunning,
        PostgresState state,
        Role role,
        Optional<Snapshot> snapshot,
        Optional<ControlData> controlData,
        boolean signalFile,
        boolean backupLabel) {

    /** The state of the data directory. */
    public sealed interface DataDirectory {
        /** No {@code global/pg_control} and nothing but dot entries and {@code lost+found}. */
        record Empty() implements DataDirectory {}

        record Present() implements DataDirectory {}

        record Inaccessible(String error) implements DataDirectory {}
    }

    /** Whether PostgreSQL is not in recovery; the managed role answers when the query failed (contract ha-loop.md). */
    public boolean isPrimaryHere() {
        return snapshot.map(s -> !s.inRecovery()).orElse(role == Role.PRIMARY && processRunning);
    }

    /**
     * One query's worth of facts.
     *
     * @param timeline primary: the current one; replica: the walreceiver's, else the one that is replayed; 0 when not known
     * @param flushed primary: flush position
     * @param received replica: the larger of last receive and walreceiver's written position; {@link Lsn#NONE} none
     * @param walReceiverState for instance {@code streaming}; null without walreceiver
     * @param latestEnd the walreceiver's latest end position
     * @param replayPaused whether replay is paused
     * @param restoreCommandSet whether {@code restore_command} is set
     * @param synchronousStandbyNames the effective value
     * @param walSenders rows of {@code pg_stat_replication}
     * @param slots rows of {@code pg_replication_slots}
     * @param sessions what clients do
     */
    public record Snapshot(
            boolean inRecovery,
            int serverVersion,
            OffsetDateTime postmasterStartTime,
            int timeline,
            Lsn flushed,
            Lsn received,
            Lsn replayed,
            @Nullable OffsetDateTime replayedTimestamp,
            @Nullable String walReceiverState,
            Lsn latestEnd,
            boolean replayPaused,
            boolean restoreCommandSet,
            String synchronousStandbyNames,
            String synchronousCommit,
            List<WalSender> walSenders,
            List<Slot> slots,
            Sessions sessions) {

        public Snapshot {
            walSenders = List.copyOf(walSenders);
            slots = List.copyOf(slots);
        }

        /** A copy with another timeline. */
        public Snapshot withTimeline(int known) {
            return new Snapshot(
                    inRecovery,
                    serverVersion,
                    postmasterStartTime,
                    known,
                    flushed,
                    received,
                    replayed,
                    replayedTimestamp,
                    walReceiverState,
                    latestEnd,
                    replayPaused,
                    restoreCommandSet,
                    synchronousStandbyNames,
                    synchronousCommit,
                    walSenders,
                    slots,
                    sessions);
        }

        /** The position that counts in a race: flushed on a primary, else max(received, replayed). */
        public Lsn position() {
            return inRecovery ? Lsn.max(received, replayed) : flushed;
        }
    }

    /**
     * Sessions of clients.
     *
     * @param connections all of them
     * @param waitingForSync those that wait for a synchronous standby to confirm a commit
     */
    public record Sessions(int connections, int waitingForSync) {
        public static final Sessions NONE = new Sessions(0, 0);
    }

    /**
     * A row of {@code pg_stat_replication}. Positions are {@link Lsn#NONE} when null.
     *
     * @param slot the replication slot that it uses; null: none
     */
    public record WalSender(
            long pid,
            String userName,
            String applicationName,
            @Nullable String clientAddress,
            @Nullable String slot,
            String state,
            String syncState,
            int syncPriority,
            Lsn sent,
            Lsn written,
            Lsn flushed,
            Lsn replayed) {}

    /**
     * A row of {@code pg_replication_slots}.
     *
     * @param safeWalBytes how much can still be written until {@code max_slot_wal_keep_size} takes WAL that it needs; null: no
     *     limit, or it is lost
     */
    public record Slot(
            String name,
            String type,
            @Nullable String database,
            @Nullable String plugin,
            boolean active,
            Lsn restartLsn,
            Lsn confirmedFlushLsn,
            @Nullable String xmin,
            @Nullable String walStatus,
            boolean failover,
            boolean synced,
            @Nullable Long safeWalBytes) {
        public boolean isPhysical() {
            return type.equals("physical");
        }
    }
}

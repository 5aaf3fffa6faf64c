package io.matriarch.engine;

import io.matriarch.model.Lsn;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import org.jspecify.annotations.Nullable;

/**
 * What this node sees of its own PostgreSQL.
 *
 * @param dataDirectory whether there is anything to run
 * @param dataDirectoryError why it is inaccessible; empty otherwise
 * @param systemIdentifier null when it cannot be read
 * @param running whether a live postmaster exists
 * @param primaryHere whether it is not in recovery
 * @param timeline 0 when not known
 * @param position primary: flushed; replica: max(received, replayed); {@link Lsn#NONE} when not known
 * @param streaming whether the walreceiver streams
 * @param controlState cluster state in pg_control while PostgreSQL does not run; empty otherwise
 * @param signalFile whether {@code standby.signal} or {@code recovery.signal} exists
 * @param backupLabelRecovers whether {@code backup_label} exists and the version (15 on) handles it at start
 * @param rewindUsable whether {@code pg_rewind} may be used
 * @param removeWhenDiverged {@code remove_data_directory_on_diverged_timelines}
 * @param removeWhenRewindFails that, or {@code remove_data_directory_on_rewind_failure}
 */
public record LocalPostgres(
        DataDirectory dataDirectory,
        String dataDirectoryError,
        @Nullable String systemIdentifier,
        boolean running,
        PostgresState state,
        Role role,
        boolean primaryHere,
        int timeline,
        Lsn position,
        boolean streaming,
        String controlState,
        boolean signalFile,
        boolean backupLabelRecovers,
        boolean rewindUsable,
        boolean removeWhenDiverged,
        boolean removeWhenRewindFails) {

    /** The state of the data directory. */
    public enum DataDirectory {
        EMPTY,
        PRESENT,
        INACCESSIBLE
    }

    /** Whether clients can write here, or soon will without anybody asking again: a promotion is under way. */
    public boolean mayAcceptWrites() {
        return primaryHere || (running && role == Role.PROMOTED);
    }

    /** The same after PostgreSQL was stopped because its data directory is gone. */
    public LocalPostgres withoutData() {
        return new LocalPostgres(
                dataDirectory,
                dataDirectoryError,
                systemIdentifier,
                false,
                PostgresState.STOPPED,
                Role.UNINITIALIZED,
                false,
                0,
                Lsn.NONE,
                false,
                controlState,
                signalFile,
                backupLabelRecovers,
                rewindUsable,
                removeWhenDiverged,
                removeWhenRewindFails);
    }

    /** pg_control says that this was a primary that did not stop cleanly. */
    public boolean isUncleanPrimary() {
        return switch (controlState) {
            case "in production", "shutting down", "in crash recovery" -> true;
            default -> false;
        };
    }

    /** Whether a divergence may be mended here at all. */
    public boolean mayMendDivergence() {
        return rewindUsable || removeWhenDiverged;
    }
}

package io.matriarch.postgres;

import io.matriarch.model.Lsn;
import io.matriarch.model.Role;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How PostgreSQL is to be stopped (contract postgres-control.md 4).
 *
 * @param checkpoint run {@code CHECKPOINT} before the signal
 * @param callback run {@code on_stop} afterwards (false within a restart)
 * @param timeout after this the stop is escalated to immediate, then KILL; null: wait for good
 * @param onSafePoint runs once all user backends are gone
 * @param onShutdownCheckpoint runs when pg_control says "shut down" while the postmaster still lives, with the
 *     position to publish; null when nobody waits for it
 */
public record StopRequest(
        Mode mode,
        boolean checkpoint,
        boolean callback,
        @Nullable Duration timeout,
        Runnable onSafePoint,
        @Nullable Consumer<Lsn> onShutdownCheckpoint) {

    /** The signal. */
    public enum Mode {
        FAST,
        IMMEDIATE
    }

    /** Nothing is lost when a server is not stopped in an orderly way, and a backend that hangs must not keep the node out. */
    private static final Duration NOT_LONG = Duration.ofMinutes(1);

    /** {@code pg_rewind} needs a clean end, and no checkpoint. */
    public static StopRequest beforeRewind() {
        return withoutWaitingLong();
    }

    /** In order, and after a minute without. */
    public static StopRequest withoutWaitingLong() {
        return fast(false, NOT_LONG);
    }

    /**
     * A restart, in place of whatever the server is about; callbacks hear of the new start only. A standby is not waited for for ever:
     * it may be the only one that may lead.
     */
    public static StopRequest forRestart(Role role) {
        return new StopRequest(
                Mode.FAST,
                true,
                false,
                role == Role.REPLICA || role == Role.STANDBY_LEADER ? NOT_LONG : null,
                () -> {},
                null);
    }

    /** The same where somebody waits for it. */
    public static StopRequest forRestartSoon() {
        return new StopRequest(Mode.FAST, false, false, NOT_LONG, () -> {}, null);
    }

    public static StopRequest immediate(@Nullable Duration timeout) {
        return new StopRequest(Mode.IMMEDIATE, false, true, timeout, () -> {}, null);
    }

    public static StopRequest fast(boolean checkpoint, @Nullable Duration timeout) {
        return new StopRequest(Mode.FAST, checkpoint, true, timeout, () -> {}, null);
    }
}

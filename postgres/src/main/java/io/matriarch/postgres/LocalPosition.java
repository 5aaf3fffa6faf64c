package io.matriarch.postgres;

import io.matriarch.model.Lsn;
import java.util.Optional;

/** Where the local WAL ends, for the divergence check (contract ha-loop.md 12.2). */
public record LocalPosition(int timeline, Lsn position, boolean inRecovery) {

    /** What {@code pg_control} says of a server that does not answer; empty when it cannot be known, as after a crash. */
    public static Optional<LocalPosition> of(ControlData control) {
        return switch (control.clusterState()) {
            case "shut down in recovery", "in archive recovery" -> {
                var recovered =
                        new LocalPosition(control.minimumRecoveryTimeline(), control.minimumRecoveryEnd(), true);
                // zero: it was a primary when recovery began
                yield recovered.timeline() == 0
                                || !recovered.position().isKnown()
                                || hasReplayedNoneSinceItsShutdown(control)
                        ? asPrimary(control)
                        : Optional.of(recovered);
            }
            case "shut down" -> asPrimary(control);
            default -> Optional.empty();
        };
    }

    /**
     * A primary that was shut down and became a standby begins its recovery with the beginning of its shutdown checkpoint, and this is the
     * minimum recovery point until it is raised. The record itself is not counted, although no recovery can do without it.
     */
    private static boolean hasReplayedNoneSinceItsShutdown(ControlData control) {
        return !control.isWithinBackup()
                && control.redoLocation().equals(control.checkpointLocation())
                && control.minimumRecoveryEnd().compareTo(control.checkpointLocation()) <= 0;
    }

    private static Optional<LocalPosition> asPrimary(ControlData control) {
        return Optional.of(new LocalPosition(control.checkpointTimeline(), control.checkpointLocation(), false))
                .filter(local -> local.timeline() != 0 && local.position().isKnown());
    }
}

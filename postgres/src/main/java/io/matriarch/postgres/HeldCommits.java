package io.matriarch.postgres;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.DynamicConfig.SynchronousMode;
import io.matriarch.model.Role;
import io.matriarch.model.SyncState;
import org.jspecify.annotations.Nullable;

/**
 * {@code synchronous_standby_names} as long as the cycle has not said whom commits wait for.
 *
 * <p>Where a promotion begins with all commits held (contract replication.md 1.6), a standby says so all the time: whether anybody
 * is waited for at all is a flag that the checkpointer sets when it gets to it, and nobody can see whether it has. A new
 * primary whose checkpointer is busy with the disk would let its first commits go (decision 0017). It also saves a reload
 * while nobody can write. On a standby the parameter does nothing. The mode may be another one by then, so a key that counts votes
 * is reason enough.
 */
public final class HeldCommits {

    private HeldCommits() {}

    /**
     * What {@code synchronous_standby_names} is to be.
     *
     * @param decision of the cycle: whom commits wait for; empty: nobody; null: it has none
     * @param decided whether it ever had one
     * @param votes whether the sync key counts votes
     * @param configured by the user, which counts outside of synchronous mode
     * @return null: the parameter is not written
     */
    public static @Nullable String names(
            DynamicConfig dynamic,
            Role role,
            @Nullable String decision,
            boolean decided,
            boolean votes,
            @Nullable String configured) {
        if (decision != null && !decision.isEmpty()) {
            return decision;
        }
        if (!dynamic.isSynchronous()) {
            return configured;
        }
        return decision == null ? held(dynamic, role, decided, votes) : null;
    }

    private static @Nullable String held(DynamicConfig dynamic, Role role, boolean decided, boolean votes) {
        boolean quorum = votes || dynamic.synchronousMode() == SynchronousMode.QUORUM;
        boolean primary = role == Role.PRIMARY || role == Role.PROMOTED;
        if (primary) {
            return !decided && dynamic.synchronousModeStrict() ? SyncState.NOBODY : null;
        }
        if (!quorum && !dynamic.synchronousModeStrict()) {
            return null;
        }
        return quorum ? "ANY 1 (" + SyncState.NOBODY + ")" : SyncState.NOBODY;
    }
}

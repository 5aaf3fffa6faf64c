package io.matriarch.postgres;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.DynamicConfig.SynchronousMode;
import io.matriarch.model.Role;
import org.jspecify.annotations.Nullable;

/**
 * {@code synchronous_standby_names} as long as the cycle has not said whom commits wait for.
 *
 * <p>Where a promotion begins with all commits held (contract replication.md 1.6), a standby says so all the time: whether anybody
 * is waited for at all is a flag that the checkpointer sets when it gets to it, and nobody can see whether it has. A new
 * primary whose checkpointer is busy with the disk would let its first commits go (decision 0017). It also saves a reload
 * while nobody can write. On a standby the parameter does nothing.
 */
public final class HeldCommits {

    /** A name that no standby has (contract replication.md 1.1). */
    private static final String NOBODY = "__patroni_strict_sync_replica_placeholder__";

    private HeldCommits() {}

    /**
     * For a cluster in synchronous mode.
     *
     * @param decided whether the cycle has said that nobody is waited for
     * @return null: the parameter is not written
     */
    public static @Nullable String names(DynamicConfig dynamic, Role role, boolean decided) {
        boolean quorum = dynamic.synchronousMode() == SynchronousMode.QUORUM;
        boolean primary = role == Role.PRIMARY || role == Role.PROMOTED;
        if (primary) {
            return !decided && dynamic.synchronousModeStrict() ? NOBODY : null;
        }
        if (dynamic.isStandbyCluster() || !(quorum || dynamic.synchronousModeStrict())) {
            return null;
        }
        return quorum ? "ANY 1 (" + NOBODY + ")" : NOBODY;
    }
}

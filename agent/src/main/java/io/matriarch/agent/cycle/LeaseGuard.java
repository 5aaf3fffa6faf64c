package io.matriarch.agent.cycle;

import io.matriarch.agent.node.FenceState;
import io.matriarch.model.MonotonicTime;
import io.matriarch.postgres.Postmaster;

/**
 * What ends PostgreSQL when the lease runs out and this process can no longer do it: the fence, and later the watchdog
 * beside it. Calls return at once.
 */
public interface LeaseGuard {

    /** The postmaster may accept writes until {@code leaseEnd}; replaces what was said before. */
    void holdUntil(Postmaster postmaster, MonotonicTime leaseEnd);

    /**
     * What an earlier agent said counts until {@code leaseEnd} at most; changes nothing where nothing is guarded. For a lease that may have
     * become shorter than the one that it knew.
     */
    default void holdNoLongerThan(MonotonicTime leaseEnd) {}

    /** Nothing needs to be guarded: PostgreSQL is a replica, is stopped, or the cluster is paused. */
    void release();

    /** How it is with the fence; {@link FenceState#OFF} where there is none. */
    default FenceState state() {
        return FenceState.OFF;
    }
}

package io.matriarch.agent.fence;

import io.matriarch.agent.cycle.LeaseGuard;
import io.matriarch.model.MonotonicTime;
import io.matriarch.postgres.Postmaster;

/** No fence: switched off for those who use a hardware watchdog alone, or not possible on this machine. */
public final class UnfencedGuard implements LeaseGuard {

    @Override
    public void holdUntil(Postmaster postmaster, MonotonicTime leaseEnd) {
        // Nobody to tell.
    }

    @Override
    public void release() {
        // Nobody to tell.
    }
}

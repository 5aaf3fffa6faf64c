package io.matriarch.agent;

import io.matriarch.agent.cycle.LeaseGuard;
import io.matriarch.model.MonotonicTime;
import io.matriarch.postgres.Postmaster;

final class FenceGuard implements LeaseGuard {
    @Override
    public void holdUntil(Postmaster postmaster, MonotonicTime leaseEnd) {}

    @Override
    public void release() {}
}

package io.matriarch.agent.cycle;

import io.matriarch.model.MonotonicTime;
import io.matriarch.postgres.Postmaster;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Remembers what is guarded. */
final class FakeGuard implements LeaseGuard {

    final List<String> calls = new CopyOnWriteArrayList<>();
    volatile @Nullable Postmaster guarded;
    volatile @Nullable MonotonicTime leaseEnd;
    volatile @Nullable MonotonicTime limit;

    @Override
    public void holdUntil(Postmaster postmaster, MonotonicTime end) {
        guarded = postmaster;
        leaseEnd = end;
        calls.add("hold " + postmaster.pid());
    }

    @Override
    public void holdNoLongerThan(MonotonicTime end) {
        limit = end;
    }

    @Override
    public void release() {
        guarded = null;
        calls.add("release");
    }
}

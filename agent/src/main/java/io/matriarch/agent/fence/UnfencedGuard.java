package io.matriarch.agent.fence;

import io.matriarch.agent.cycle.LeaseGuard;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import io.matriarch.postgres.Postmaster;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * No fence: switched off for those who use a hardware watchdog alone, or not possible on this machine.
 *
 * <p>An earlier agent may have armed one, and nobody feeds it any more. It is disarmed by the first call: only then this
 * agent has renewed the lease, or knows that nothing needs to be guarded.
 */
public final class UnfencedGuard implements LeaseGuard {

    private static final Logger LOG = System.getLogger("patroni.watchdog.base");
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(2);
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final TimeSource time;
    /** Where a fence of an earlier agent may listen; null once somebody sees to it. */
    private final AtomicReference<@Nullable Path> predecessor;

    /**
     * A guard that does nothing but disarm.
     *
     * @param socket of the fence of an earlier agent; null: it cannot be known
     */
    public UnfencedGuard(@Nullable Path socket, TimeSource time) {
        this.predecessor = new AtomicReference<>(socket);
        this.time = time;
    }

    @Override
    public void holdUntil(Postmaster postmaster, MonotonicTime leaseEnd) {
        disarmPredecessor();
    }

    @Override
    public void release() {
        disarmPredecessor();
    }

    private void disarmPredecessor() {
        Path socket = predecessor.getAndSet(null);
        if (socket != null) {
            Thread.ofPlatform().name("fence").daemon().start(() -> disarm(socket));
        }
    }

    /** Tries as long as something listens. */
    private void disarm(Path socket) {
        try {
            while (!isDisarmed(socket)) {
                time.sleep(RETRY);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isDisarmed(Path socket) throws InterruptedException {
        var answered = new CountDownLatch(1);
        try (FenceConnection open = FenceConnection.open(socket, time, new Unheard())) {
            if (open == null) {
                return true;
            }
            open.ask("DISARM", _ -> answered.countDown());
            if (answered.await(ANSWER_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.log(Level.INFO, "disarmed the fence that an earlier agent left behind");
                return true;
            }
            LOG.log(Level.WARNING, "the fence that an earlier agent left behind does not answer");
        } catch (IOException e) {
            LOG.log(Level.WARNING, "cannot disarm the fence that an earlier agent left behind: {0}", e.getMessage());
        }
        return false;
    }

    /** What it says besides is not asked for here. */
    private static final class Unheard implements FenceConnection.Listener {

        @Override
        public void event(String line) {
            // The postmaster ended; the cycle sees that by itself.
        }

        @Override
        public void ended(FenceConnection connection) {
            // The missing answer shows it.
        }
    }
}

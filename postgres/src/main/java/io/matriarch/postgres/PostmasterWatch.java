package io.matriarch.postgres;

import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Notices within a moment that the postmaster is gone. It looks at {@code /proc} on a thread of its own, because a
 * process that is not our child can only be watched; whoever knows a better way (a pidfd, an outside fence) takes its
 * place.
 */
final class PostmasterWatch implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.postmaster");

    /** The fence tells of the end of a primary at once; a replica's may be noticed this much later. */
    private static final long POLL_MILLIS = 250;

    private final Supplier<@Nullable Postmaster> postmaster;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private volatile boolean closed;
    private @Nullable Thread thread;

    /** @param postmaster the living one, null without */
    PostmasterWatch(Supplier<@Nullable Postmaster> postmaster) {
        this.postmaster = postmaster;
    }

    /** Told on the watching thread, once for each postmaster that vanished, from the one that lives now. */
    synchronized void onExit(Runnable listener) {
        listeners.add(listener);
        if (thread == null) {
            Postmaster present = postmaster.get();
            thread = Thread.ofPlatform().daemon().name("postmaster watch").start(() -> watch(present));
        }
    }

    private void watch(@Nullable Postmaster first) {
        Postmaster seen = first;
        LifeSign sign = null;
        while (!closed) {
            if (sign == null || !sign.isAlive()) {
                if (sign != null) {
                    sign.close();
                }
                Postmaster now = postmaster.get();
                if (seen != null && !seen.equals(now)) {
                    listeners.forEach(PostmasterWatch::tell);
                }
                seen = now;
                sign = now == null ? null : LifeSign.of(now);
            }
            try {
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException _) {
                break;
            }
        }
        if (sign != null) {
            sign.close();
        }
    }

    private static void tell(Runnable listener) {
        try {
            listener.run();
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "Could not tell that the postmaster is gone", e);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (thread != null) {
            thread.interrupt();
        }
    }
}

package io.matriarch.agent.cycle;

import io.matriarch.model.Bell;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link Jobs}, each on a thread of its own. Safe for any thread. */
public final class BackgroundJobs implements Jobs {

    private static final Logger LOG = System.getLogger("patroni.async_executor");
    /** A child gets 10 s between TERM and KILL; the rest is for what comes after it. */
    private static final Duration CANCEL_LIMIT = Duration.ofSeconds(30);
    /** A job that fails at once is asked for again by the cycle that its end wakes: not more often than this. */
    private static final Duration PACE = Duration.ofSeconds(1);
    /** What runs instead of a job that is not started any more. */
    private static final String END = "stop of the agent";

    private final Threads threads;
    private final TimeSource time;
    private final Runnable wakeUp;
    private final Runnable cancelPostgres;
    private @Nullable Running current;
    private @Nullable Running latest;
    private boolean over;
    /** A job that ended and was followed by another before the cycle collected it. */
    private final ArrayDeque<Completion> uncollected = new ArrayDeque<>();

    private static final class Running {
        final String name;
        final MonotonicTime began;
        /** The same was tried right before. */
        final boolean again;

        final Bell ended;
        volatile boolean cancelled;
        volatile @Nullable Completion completion;

        Running(String name, MonotonicTime began, @Nullable Running former, Bell ended) {
            this.name = name;
            this.began = began;
            this.again = former != null
                    && former.name.equals(name)
                    && began.since(former.began).compareTo(PACE.multipliedBy(2)) < 0;
            this.ended = ended;
        }
    }

    /**
     * Jobs that end ring a bell.
     *
     * @param wakeUp ends the cycle's wait
     * @param cancelPostgres ends what PostgreSQL does for the job
     */
    public BackgroundJobs(Threads threads, TimeSource time, Runnable wakeUp, Runnable cancelPostgres) {
        this.threads = threads;
        this.time = time;
        this.wakeUp = wakeUp;
        this.cancelPostgres = cancelPostgres;
    }

    @Override
    public synchronized @Nullable String start(String name, Work work) {
        if (over) {
            return END;
        }
        if (current != null) {
            Completion completion = current.completion;
            if (completion == null) {
                return current.name;
            }
            uncollected.add(completion);
        }
        var running = new Running(name, time.now(), latest, threads.newBell());
        latest = running;
        current = running;
        threads.start("job", () -> run(running, work));
        return null;
    }

    private void run(Running running, Work work) {
        Completion completion = memory -> {};
        try {
            completion = work.run();
        } catch (InterruptedException e) {
            LOG.log(Level.INFO, "{0} was interrupted", running.name);
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "Exception during execution of long running task " + running.name, e);
        } finally {
            running.completion = completion;
            running.ended.ring();
            awaitPace(running);
            wakeUp.run();
        }
    }

    private void awaitPace(Running running) {
        Duration rest = PACE.minus(time.now().since(running.began));
        if (running.again && rest.isPositive()) {
            try {
                time.sleep(rest);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public synchronized @Nullable String running() {
        return current == null ? null : current.name;
    }

    @Override
    public void collect(NodeMemory memory) {
        List<Completion> completions;
        synchronized (this) {
            Completion last = current == null ? null : current.completion;
            if (last != null) {
                uncollected.add(last);
                current = null;
            }
            completions = List.copyOf(uncollected);
            uncollected.clear();
        }
        completions.forEach(c -> c.applyTo(memory));
    }

    @Override
    public synchronized boolean isCancelled() {
        return current != null && current.cancelled;
    }

    @Override
    public void cancelAndWait() {
        Running running;
        synchronized (this) {
            running = current;
        }
        if (running == null) {
            return;
        }
        LOG.log(Level.WARNING, "Cancelling long running task {0}", running.name);
        running.cancelled = true;
        cancelPostgres.run();
        try {
            if (running.completion == null && !running.ended.await(CANCEL_LIMIT)) {
                LOG.log(Level.WARNING, "long running task {0} did not end in time", running.name);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void end() {
        synchronized (this) {
            over = true;
        }
        cancelAndWait();
    }
}

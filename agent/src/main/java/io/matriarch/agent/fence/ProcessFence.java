package io.matriarch.agent.fence;

import io.matriarch.agent.cycle.LeaseGuard;
import io.matriarch.agent.node.FenceState;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import io.matriarch.postgres.Postmaster;
import java.io.File;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Feeds the fence process and starts it when it is not there. The cycle only leaves its wish here; a thread of its own
 * tells the process, so that nothing that happens to it can hold the cycle up.
 *
 * <p>The clocks: leases end on this JVM's monotonic clock, which stands still while the host is suspended; the fence waits
 * on CLOCK_BOOTTIME, which does not. Each answer carries the fence's time. Taking it as if it had been read when the
 * answer arrived gives a difference that is a little too small, hence a deadline that is a little too early, never too
 * late. A suspension makes the difference grow, so a lease must be told with one that was measured before the lease was
 * asked for; with a later one a suspension in between would be granted on top of the lease. When it was asked for is not
 * known here. But renewals, by the cycle or beside it, are sent one at a time, and one that is confirmed ends with a call.
 * So a lease is told with the difference that was known at the call before ({@link #prepare} is the first), and keeps it
 * when it is told again. Members are asked for promises beside a renewal; the call that this one makes meanwhile leaves
 * the difference that was known before it. One that is older than necessary is always safe: after a suspension it makes
 * the deadline too early by its length, for one or two renewals.
 */
public final class ProcessFence implements LeaseGuard, AutoCloseable {

    private static final Logger LOG = System.getLogger("patroni.watchdog.base");
    private static final Duration START_LIMIT = Duration.ofSeconds(5);
    /** An answer takes well below a millisecond; whoever needs this long is stopped or starved. */
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(2);

    private static final Duration RETRY = Duration.ofSeconds(1);

    private final Path program;
    private final Path socket;
    private final TimeSource time;
    private final Runnable onPostmasterExit;
    private final Thread feeder;

    /** Guards what follows. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition changed = lock.newCondition();
    private @Nullable Wish wish;
    /** Nothing is to be told: there is no wish, or it was sent. */
    private boolean told = true;
    /** Counts the wishes, so that an answer is known to belong to the latest. */
    private long calls;
    /** The process answered the latest wish. */
    private boolean answered;

    private boolean closed;
    private boolean complained;
    private @Nullable FenceConnection connection;
    /** CLOCK_BOOTTIME minus our clock in nanoseconds, by the latest answer. */
    private @Nullable Long difference;

    private @Nullable Long differenceAtLastCall;
    private @Nullable MonotonicTime lease;
    private @Nullable Long differenceOfLease;
    private @Nullable Postmaster unwatched;

    private sealed interface Wish {}

    /** Be there, and tell the time. */
    private record Ready() implements Wish {}

    /**
     * Guard.
     *
     * @param difference measured before the lease was asked for; null: there was no answer by then
     */
    private record Hold(
            Postmaster postmaster,
            MonotonicTime leaseEnd,
            @Nullable Long difference) implements Wish {}

    /** @param difference as for {@link Hold} */
    private record Limit(MonotonicTime leaseEnd, @Nullable Long difference) implements Wish {}

    private record Release() implements Wish {}

    private record Call(long number, Wish wish) {}

    /**
     * Wishes nothing yet: a fence that an earlier agent armed stays armed until the first call.
     *
     * @param onPostmasterExit told when the guarded process has ended
     */
    public ProcessFence(Path program, Path socket, TimeSource time, Runnable onPostmasterExit) {
        this.program = program;
        this.socket = socket;
        this.time = time;
        this.onPostmasterExit = onPostmasterExit;
        this.feeder = Thread.ofPlatform().name("fence").daemon().unstarted(this::feed);
        feeder.start();
    }

    /**
     * Starts the process if none runs, and compares the clocks. To be called before the first lease is asked for; changes
     * nothing about what an earlier agent armed. Returns within some seconds in any case; when it fails the log says so
     * and it is tried again.
     */
    public void prepare() throws InterruptedException {
        lock.lock();
        try {
            want(new Ready());
            long left = START_LIMIT.plus(ANSWER_LIMIT).toNanos();
            while (difference == null && !complained && left > 0) {
                left = changed.awaitNanos(left);
            }
            differenceAtLastCall = difference;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void holdUntil(Postmaster postmaster, MonotonicTime leaseEnd) {
        lock.lock();
        try {
            if (!leaseEnd.equals(lease)) {
                lease = leaseEnd;
                differenceOfLease = differenceAtLastCall;
            }
            differenceAtLastCall = difference;
            want(new Hold(postmaster, leaseEnd, differenceOfLease));
        } finally {
            lock.unlock();
        }
    }

    /** What this agent has said itself is newer than what it limits, and must not be forgotten for it. */
    @Override
    public void holdNoLongerThan(MonotonicTime leaseEnd) {
        lock.lock();
        try {
            if (!(wish instanceof Hold || wish instanceof Release)) {
                differenceAtLastCall = difference;
                want(new Limit(leaseEnd, difference));
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Disarms what this or an earlier agent armed. Told anew at each call: the answer tells that the process is there,
     * and its time.
     */
    @Override
    public void release() {
        lock.lock();
        try {
            differenceAtLastCall = difference;
            want(new Release());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public FenceState state() {
        lock.lock();
        try {
            if (complained || connection == null) {
                return FenceState.LOST;
            }
            return wish instanceof Hold ? FenceState.ARMED : FenceState.READY;
        } finally {
            lock.unlock();
        }
    }

    private void want(Wish next) {
        wish = next;
        calls++;
        told = false;
        answered = false;
        changed.signalAll();
    }

    /** The feeding thread: tells the latest wish, again and again until it is said. */
    private void feed() {
        try {
            for (Call next = nextCall(); next != null; next = nextCall()) {
                if (!tell(next)) {
                    retryLater(next);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            drop();
        }
    }

    /** Null when closed. */
    private @Nullable Call nextCall() throws InterruptedException {
        lock.lock();
        try {
            while (told && !closed) {
                changed.await();
            }
            if (told || wish == null) {
                return null;
            }
            told = true;
            return new Call(calls, wish);
        } finally {
            lock.unlock();
        }
    }

    @SuppressWarnings("WaitNotInLoop") // a pause that a new wish cuts short; the caller's loop looks again
    private void retryLater(Call failed) throws InterruptedException {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (failed.number() == calls) {
                told = false;
            }
            boolean woken = changed.await(RETRY.toMillis(), TimeUnit.MILLISECONDS);
            LOG.log(Level.DEBUG, "telling the fence again, woken: {0}", woken);
        } finally {
            lock.unlock();
        }
    }

    /** False when it must be told again. */
    private boolean tell(Call next) throws InterruptedException {
        try {
            FenceConnection open = connected(needsFence(next.wish()));
            if (open == null) {
                return true; // no fence runs, so none is armed
            }
            if (open.isSilent(ANSWER_LIMIT)) {
                complain("it does not answer"); // and yet is told: it reads when it runs again
            }
            String request = switch (next.wish()) {
                case Ready _ -> "STATUS";
                case Release _ -> "DISARM";
                case Hold hold ->
                    "ARM " + hold.postmaster().pid() + " " + hold.postmaster().startTicks() + " "
                            + deadline(hold.leaseEnd(), hold.difference(), open);
                case Limit limit -> "LIMIT " + deadline(limit.leaseEnd(), limit.difference(), open);
            };
            open.ask(request, answer -> understand(next, answer));
            return true;
        } catch (IOException e) {
            drop();
            complain(e.getMessage());
            return false;
        }
    }

    /** The others change what is armed, and without fence nothing is. */
    private static boolean needsFence(Wish wish) {
        return wish instanceof Ready || wish instanceof Hold;
    }

    private void complain(@Nullable String why) {
        lock.lock();
        try {
            if (!complained) {
                complained = true;
                changed.signalAll();
                LOG.log(
                        Level.ERROR,
                        "the fence cannot be reached: if this agent stops, nothing stops PostgreSQL when the lease"
                                + " ends: {0}",
                        why);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * On the fence's clock. Without an earlier difference (the fence could not be reached until now) one is measured now:
     * then the deadline is too late if the host was suspended since the lease was asked for, but without it there would be
     * none at all.
     */
    private long deadline(MonotonicTime leaseEnd, @Nullable Long before, FenceConnection open)
            throws IOException, InterruptedException {
        return leaseEnd.nanos() + (before != null ? before : measured(open));
    }

    private long measured(FenceConnection open) throws IOException, InterruptedException {
        lock.lock();
        try {
            if (difference == null) {
                open.ask("STATUS", answer -> understand(new Call(0, new Ready()), answer));
            }
            long left = ANSWER_LIMIT.toNanos();
            while (difference == null) {
                if (left <= 0) {
                    throw new IOException("it did not tell its time");
                }
                left = changed.awaitNanos(left);
            }
            return difference;
        } finally {
            lock.unlock();
        }
    }

    /** Null when nothing listens and nothing shall be started. */
    private @Nullable FenceConnection connected(boolean start) throws IOException, InterruptedException {
        lock.lock();
        try {
            if (connection != null) {
                return connection;
            }
        } finally {
            lock.unlock();
        }
        FenceConnection open = connect();
        if (open == null && start) {
            startProcess();
            open = connect();
            if (open == null) {
                throw new IOException("nothing listens on " + socket + " although the fence was started");
            }
        }
        return open;
    }

    private @Nullable FenceConnection connect() throws IOException {
        lock.lock(); // so that its end is not seen before its begin
        try {
            connection = FenceConnection.open(socket, time, new FenceConnection.Listener() {
                @Override
                public void event(String line) {
                    happened(line);
                }

                @Override
                public void ended(FenceConnection which) {
                    lost(which);
                }
            });
            return connection;
        } finally {
            lock.unlock();
        }
    }

    private void startProcess() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(program.toString(), socket.toString())
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (!process.waitFor(START_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly();
            throw new IOException(program + " did not start within " + START_LIMIT.toSeconds() + " seconds");
        }
        if (process.exitValue() != 0) {
            throw new IOException(program + " ended with exit code " + process.exitValue());
        }
    }

    // ---- called by the thread that reads

    private void understand(Call asked, String answer) {
        long now = time.now().nanos();
        String[] words = answer.split(" ", 3);
        boolean gone = words[0].equals("GONE");
        if (!gone && !words[0].equals("OK")) {
            LOG.log(Level.WARNING, "the fence says {0}", answer);
            return;
        }
        lock.lock();
        try {
            difference = Long.parseLong(words[1]) - now;
            answered |= asked.number() == calls;
            if (complained) {
                complained = false;
                LOG.log(Level.INFO, "the fence works again");
            }
            changed.signalAll();
            if (gone && asked.wish() instanceof Hold hold) {
                cannotWatch(hold.postmaster(), words[2]);
            }
        } finally {
            lock.unlock();
        }
    }

    /** A process that ended is the cycle's affair, which will see it; one that runs, runs without fence. */
    private void cannotWatch(Postmaster postmaster, String why) {
        if (postmaster.isAlive() && !postmaster.equals(unwatched)) {
            unwatched = postmaster;
            LOG.log(
                    Level.WARNING,
                    "the fence cannot watch postmaster {0} ({1}): if this agent stops, nothing stops PostgreSQL when"
                            + " the lease ends; it is tried again with each renewal",
                    Long.toString(postmaster.pid()),
                    why);
        }
    }

    private void happened(String event) {
        String[] words = event.split(" ", 2);
        if (words[0].equals("EXITED")) {
            onPostmasterExit.run();
        } else {
            LOG.log(Level.WARNING, "the fence stopped postmaster {0}: its lease had ended", words[1]);
        }
    }

    private void lost(FenceConnection which) {
        lock.lock();
        try {
            if (which.equals(connection)) {
                connection = null;
                boolean guards = wish instanceof Hold;
                if (guards) {
                    LOG.log(Level.WARNING, "the connection to the fence was lost");
                }
                // What guards must be told to the next process; anything else only if it may have been lost.
                told = wish == null || (answered && !guards);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    // ------------------------------------------------------------------------------------------------------------------------

    private void drop() {
        FenceConnection open;
        lock.lock();
        try {
            open = connection;
            connection = null;
        } finally {
            lock.unlock();
        }
        if (open != null) {
            open.close();
        }
    }

    /** Tells what is not yet told, and ends the feeding; what the fence was told last stays in force. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            if (!feeder.join(START_LIMIT.plus(ANSWER_LIMIT))) {
                feeder.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

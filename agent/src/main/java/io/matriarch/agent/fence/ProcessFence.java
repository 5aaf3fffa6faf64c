package io.matriarch.agent.fence;

import io.matriarch.agent.cycle.LeaseGuard;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import io.matriarch.postgres.Postmaster;
import java.io.File;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Feeds the fence process and starts it when it is not there. The cycle only leaves its wish here; a thread of its own
 * tells the process, so that nothing that happens to it can hold the cycle up. A second thread reads answers and events.
 *
 * <p>The clocks: leases end on this JVM's monotonic clock, the fence waits on CLOCK_BOOTTIME, which counts on while the
 * host is suspended. Each answer carries the fence's time; taking it as if it had been read when the answer arrived gives
 * a difference that is a little too small, hence a deadline that is a little too early, never too late. The difference
 * that is used was measured before the request whose lease is told, so that a suspension in between does not hide.
 */
public final class ProcessFence implements LeaseGuard, AutoCloseable {

    private static final Logger LOG = System.getLogger("patroni.watchdog.base");
    private static final Duration START_LIMIT = Duration.ofSeconds(5);
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final Path program;
    private final Path socket;
    private final TimeSource time;
    private final Runnable onPostmasterExit;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private Wish wish = new Release();
    private boolean told = true;
    private boolean closed;
    private volatile @Nullable SocketChannel channel;
    private volatile @Nullable Long bootMinusMonotonic;
    private boolean complained;

    private sealed interface Wish {}

    private record Hold(Postmaster postmaster, MonotonicTime leaseEnd) implements Wish {}

    private record Release() implements Wish {}

    /**
     * Connects, or starts the process, as soon as there is something to guard.
     *
     * @param onPostmasterExit told when the guarded process has ended
     */
    public ProcessFence(Path program, Path socket, TimeSource time, Runnable onPostmasterExit) {
        this.program = program;
        this.socket = socket;
        this.time = time;
        this.onPostmasterExit = onPostmasterExit;
        Thread.ofPlatform().name("fence").daemon().start(this::feed);
    }

    @Override
    public void holdUntil(Postmaster postmaster, MonotonicTime leaseEnd) {
        want(new Hold(postmaster, leaseEnd));
    }

    @Override
    public void release() {
        lock.lock();
        try {
            if (wish instanceof Release) {
                return;
            }
        } finally {
            lock.unlock();
        }
        want(new Release());
    }

    private void want(Wish next) {
        lock.lock();
        try {
            wish = next;
            told = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The feeding thread: tells the latest wish, connects again when the connection is lost. */
    private void feed() {
        try {
            while (true) {
                Wish next;
                lock.lock();
                try {
                    while (told && !closed) {
                        changed.await();
                    }
                    if (closed && told) {
                        return;
                    }
                    next = wish;
                    told = true;
                } finally {
                    lock.unlock();
                }
                if (!tell(next)) {
                    retryLater(next);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @SuppressWarnings("WaitNotInLoop") // a pause that a new wish cuts short; the caller's loop looks again
    private void retryLater(Wish failed) throws InterruptedException {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (wish.equals(failed)) {
                told = false;
            }
            boolean woken = changed.await(RETRY.toMillis(), TimeUnit.MILLISECONDS);
            LOG.log(Level.DEBUG, "telling the fence again, woken: {0}", woken);
        } finally {
            lock.unlock();
        }
    }

    private boolean tell(Wish next) throws InterruptedException {
        try {
            if (next instanceof Release && channel == null && bootMinusMonotonic == null) {
                // Nothing was guarded by this process; a fence that an earlier agent armed is disarmed all the same.
                if (!tryConnect()) {
                    return true;
                }
            } else if (channel == null) {
                connectOrStart();
            }
            send(switch (next) {
                case Release _ -> "DISARM\n";
                case Hold(var postmaster, var leaseEnd) ->
                    "ARM " + postmaster.pid() + " " + postmaster.startTicks() + " " + toBootTime(leaseEnd) + "\n";
            });
            if (complained) {
                complained = false;
                LOG.log(Level.INFO, "the fence works again");
            }
            return true;
        } catch (IOException e) {
            drop();
            if (!complained) {
                complained = true;
                LOG.log(
                        Level.ERROR,
                        "the fence cannot be reached: if this agent stops, nothing stops PostgreSQL when the lease ends: "
                                + "{0}",
                        e.getMessage());
            }
            return next instanceof Release;
        }
    }

    private long toBootTime(MonotonicTime leaseEnd) throws IOException {
        Long difference = bootMinusMonotonic;
        if (difference == null) {
            throw new IOException("the fence did not tell its time");
        }
        return leaseEnd.nanos() + difference;
    }

    private void connectOrStart() throws IOException, InterruptedException {
        if (tryConnect()) {
            return;
        }
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
        if (!tryConnect()) {
            throw new IOException("nothing listens on " + socket + " although the fence was started");
        }
    }

    /** Connects and learns the fence's time; false when nothing listens. */
    private boolean tryConnect() throws IOException {
        SocketChannel next = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            next.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            next.close();
            return false;
        }
        channel = next;
        send("STATUS\n");
        var reader = new LineReader(next);
        String first = reader.read();
        if (first == null) {
            throw new IOException("the fence closed the connection");
        }
        understand(first);
        Thread.ofPlatform().name("fence-events").daemon().start(() -> listen(next, reader));
        return true;
    }

    private void send(String line) throws IOException {
        SocketChannel open = channel;
        if (open == null) {
            throw new IOException("not connected to the fence");
        }
        ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII));
        while (bytes.hasRemaining()) {
            open.write(bytes);
        }
    }

    private void listen(SocketChannel from, LineReader reader) {
        try {
            for (String line = reader.read(); line != null; line = reader.read()) {
                understand(line);
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "connection to the fence ended: {0}", e.getMessage());
        }
        lock.lock();
        try {
            if (from.equals(channel)) {
                channel = null;
                // Whatever is guarded must be told to the next process.
                told = wish instanceof Release;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private void understand(String line) {
        String[] words = line.split(" ", -1);
        switch (words[0]) {
            case "OK", "GONE" ->
                bootMinusMonotonic = Long.parseLong(words[1]) - time.now().nanos();
            case "EXITED" -> onPostmasterExit.run();
            case "FIRED" -> LOG.log(Level.WARNING, "the fence stopped postmaster {0}: its lease had ended", words[1]);
            default -> LOG.log(Level.WARNING, "the fence says {0}", line);
        }
    }

    private void drop() {
        SocketChannel open = channel;
        channel = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                LOG.log(Level.DEBUG, "closing the connection to the fence: {0}", e.getMessage());
            }
        }
    }

    /** Ends the feeding; what the fence was told last stays in force. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        drop();
    }
}

package io.matriarch.agent.page;

import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One listener. The publisher puts frames into its queue and never waits for it; the thread of its request writes them.
 * Whoever does not read as fast as frames come is dropped when the queue is full: the thread that hangs in the write is
 * interrupted, which closes the connection. A browser connects again by itself and gets the present picture.
 */
public final class Subscription implements AutoCloseable {

    /** At least half a minute of a busy cluster; the frames themselves are shared. */
    static final int QUEUE = 32;
    /** Then the stream ends, so that changed certificates and limits count; those who listen connect again. */
    private static final Duration LONGEST = Duration.ofMinutes(30);

    private final BlockingQueue<byte[]> frames = new ArrayBlockingQueue<>(QUEUE);
    private final TimeSource time;
    private final Consumer<Subscription> atEnd;
    private volatile boolean closed;
    private volatile @Nullable Thread writer;

    /** @param atEnd told when the listener was closed */
    Subscription(TimeSource time, Consumer<Subscription> atEnd) {
        this.time = time;
        this.atEnd = atEnd;
    }

    /** False when there is no room: the listener is to be dropped. */
    boolean offer(byte[] frame) {
        return frames.offer(frame);
    }

    /** Ends the stream from another thread. */
    void drop() {
        closed = true;
        Thread thread = writer;
        if (thread != null) {
            thread.interrupt();
        }
    }

    /**
     * Writes frames as they come, until the listener goes, is dropped, or has listened for long.
     *
     * @throws IOException the listener went away
     */
    public void writeTo(OutputStream out) throws IOException {
        MonotonicTime end = time.now().plus(LONGEST);
        writer = Thread.currentThread();
        try {
            while (!closed && time.now().isBefore(end)) {
                byte[] frame = frames.poll(1, TimeUnit.SECONDS);
                if (frame == null) {
                    continue;
                }
                out.write(frame);
                for (frame = frames.poll(); frame != null; frame = frames.poll()) {
                    out.write(frame);
                }
                out.flush();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            writer = null;
        }
    }

    /** Gives the place to others; by whoever was given this listener, when the answer has ended. */
    @Override
    public void close() {
        atEnd.accept(this);
    }
}

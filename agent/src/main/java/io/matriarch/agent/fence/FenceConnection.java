package io.matriarch.agent.fence;

import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A connection to the fence process; {@code fence/fence.c} describes what is said on it. Each request is answered by one
 * line, in the order of the requests; events come in between. A thread of its own reads both and calls those who wait.
 */
final class FenceConnection implements AutoCloseable {

    private static final Logger LOG = System.getLogger("patroni.watchdog.base");
    /** A socket holds some 270 of our lines that nobody reads; with fewer a request never blocks the one who asks. */
    private static final int UNANSWERED_LIMIT = 100;

    private final SocketChannel channel;
    private final TimeSource time;
    private final Deque<Asked> unanswered = new ArrayDeque<>();
    private boolean ended;

    private record Asked(MonotonicTime at, Consumer<String> onAnswer) {}

    /** Told by the reading thread. */
    interface Listener {

        /** The process said something that nobody asked for. */
        void event(String line);

        /** Nothing comes any more; what was not answered may or may not have been heard. */
        void ended(FenceConnection connection);
    }

    private FenceConnection(SocketChannel channel, TimeSource time) {
        this.channel = channel;
        this.time = time;
    }

    /**
     * Connects without waiting.
     *
     * @return null when nothing listens
     * @throws IOException when something may listen and cannot be reached
     */
    static @Nullable FenceConnection open(Path socket, TimeSource time, Listener listener) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.configureBlocking(false); // else a process that is stopped would hold us up
            if (!channel.connect(UnixDomainSocketAddress.of(socket))) {
                throw new IOException("it does not accept a connection");
            }
            channel.configureBlocking(true);
        } catch (IOException e) {
            channel.close();
            if (e instanceof ConnectException || Files.notExists(socket)) {
                return null;
            }
            throw e;
        }
        var connection = new FenceConnection(channel, time);
        Thread.ofPlatform().name("fence-events").daemon().start(() -> connection.read(listener));
        return connection;
    }

    /** Sends a request. */
    synchronized void ask(String request, Consumer<String> onAnswer) throws IOException {
        if (ended) {
            throw new IOException("it closed the connection");
        }
        if (unanswered.size() >= UNANSWERED_LIMIT) {
            throw new IOException("it does not answer");
        }
        unanswered.add(new Asked(time.now(), onAnswer));
        ByteBuffer bytes = ByteBuffer.wrap((request + "\n").getBytes(StandardCharsets.US_ASCII));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Whether a request has been waiting for its answer for longer than {@code limit}. */
    synchronized boolean isSilent(Duration limit) {
        Asked oldest = unanswered.peek();
        return oldest != null && oldest.at().plus(limit).isBefore(time.now());
    }

    private void read(Listener listener) {
        var reader = new LineReader(channel);
        try {
            for (String line = reader.read(); line != null; line = reader.read()) {
                if (line.startsWith("EXITED ") || line.startsWith("FIRED ")) {
                    listener.event(line);
                } else {
                    answered(line);
                }
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "connection to the fence ended: {0}", e.getMessage());
        } finally {
            close();
            listener.ended(this);
        }
    }

    private void answered(String line) {
        Asked asked;
        synchronized (this) {
            asked = unanswered.poll();
        }
        if (asked != null) {
            asked.onAnswer().accept(line);
        }
    }

    /** Ends it; what was sent is read by the process all the same. */
    @Override
    public void close() {
        synchronized (this) {
            ended = true;
        }
        try {
            channel.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "closing the connection to the fence: {0}", e.getMessage());
        }
    }
}

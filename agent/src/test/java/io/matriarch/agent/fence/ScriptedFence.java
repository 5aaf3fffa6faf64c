package io.matriarch.agent.fence;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Stands in for the fence process: it answers what the test wants, and its clock jumps as if the host had slept. */
final class ScriptedFence implements AutoCloseable {

    /** What is done with a request. */
    enum Reply {
        OK,
        GONE,
        NONE,
        HANG_UP
    }

    private final ServerSocketChannel server;
    private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();
    private volatile Reply reply = Reply.OK;
    private volatile long ahead = Duration.ofHours(1).toNanos();
    private volatile @Nullable SocketChannel client;

    ScriptedFence(Path socket) throws IOException {
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        Thread.ofPlatform().daemon().start(this::serve);
    }

    private void serve() {
        while (true) {
            try (SocketChannel accepted = server.accept()) {
                client = accepted;
                var reader = new LineReader(accepted);
                boolean open = true;
                for (String line = reader.read(); open && line != null; line = open ? reader.read() : null) {
                    open = answer(accepted, reply);
                    requests.add(line);
                }
            } catch (IOException _) {
                if (!server.isOpen()) {
                    return;
                }
            }
        }
    }

    /** False when the connection is over. */
    private boolean answer(SocketChannel to, Reply how) throws IOException {
        String text = switch (how) {
            case OK -> "OK " + clock() + " 1\n";
            case GONE -> "GONE " + clock() + " Function not implemented\n";
            case NONE, HANG_UP -> "";
        };
        to.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
        return how != Reply.HANG_UP;
    }

    private long clock() {
        return System.nanoTime() + ahead;
    }

    /** Its clock minus ours in ns. */
    long ahead() {
        return ahead;
    }

    void suspendHost(Duration length) {
        ahead += length.toNanos();
    }

    /** From the next request on. */
    void reply(Reply how) {
        reply = how;
    }

    void hangUp() throws IOException {
        SocketChannel open = client;
        assertNotNull(open);
        open.close();
    }

    /** The next request that is {@code word}; others before it are passed over. */
    String next(String word) throws InterruptedException {
        for (String line = take(); ; line = take()) {
            if (line.startsWith(word)) {
                return line;
            }
        }
    }

    private String take() throws InterruptedException {
        String line = requests.poll(FenceProcesses.LIMIT.toSeconds(), TimeUnit.SECONDS);
        assertNotNull(line, "no request in time");
        return line;
    }

    /** The end of the lease in the next request that arms it. */
    long nextDeadline() throws InterruptedException {
        return Long.parseLong(next("ARM").split(" ")[3]);
    }

    @Override
    public void close() throws IOException {
        server.close();
        SocketChannel open = client;
        if (open != null) {
            open.close();
        }
    }
}

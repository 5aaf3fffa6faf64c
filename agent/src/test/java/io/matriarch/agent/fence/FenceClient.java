package io.matriarch.agent.fence;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.postgres.Postmaster;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Speaks the lines of {@code fence/fence.c} itself, to say what the agent never says. */
final class FenceClient implements AutoCloseable {

    private final SocketChannel channel;
    private final LineReader reader;

    FenceClient(Path socket) throws IOException {
        channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket));
        reader = new LineReader(channel);
    }

    void write(String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** The next line; null when the fence closed the connection. */
    @Nullable
    String read() throws IOException {
        return reader.read();
    }

    String ask(String request) throws IOException {
        write(request + "\n");
        return read();
    }

    /** The fence's clock in ns. */
    long clock() throws IOException {
        return Long.parseLong(ask("STATUS").split(" ")[1]);
    }

    boolean isArmed() throws IOException {
        return ask("STATUS").matches("OK \\d+ 1");
    }

    /** The request that arms it with an end on its own clock. */
    static String arm(Postmaster postmaster, long end) {
        return "ARM " + postmaster.pid() + " " + postmaster.startTicks() + " " + end;
    }

    /** Arms it; returns the end on its clock. */
    long arm(Postmaster postmaster, Duration lease) throws IOException {
        long end = clock() + lease.toNanos();
        String answer = ask(arm(postmaster, end));
        assertTrue(answer.matches("OK \\d+ 1"), answer);
        return end;
    }

    void hangUp() throws IOException {
        channel.close();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}

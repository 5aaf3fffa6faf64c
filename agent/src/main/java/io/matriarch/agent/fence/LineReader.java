package io.matriarch.agent.fence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads short lines from a channel. */
final class LineReader {

    private static final int LIMIT = 256;

    private final SocketChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(LIMIT).limit(0);

    LineReader(SocketChannel channel) {
        this.channel = channel;
    }

    /** The next line without its end; null at the end of the stream. */
    @Nullable
    String read() throws IOException {
        var line = new StringBuilder();
        while (line.length() < LIMIT) {
            while (buffer.hasRemaining()) {
                byte b = buffer.get();
                if (b == '\n') {
                    return line.toString();
                }
                line.append(new String(new byte[] {b}, StandardCharsets.US_ASCII));
            }
            buffer.clear();
            int n = channel.read(buffer);
            buffer.flip();
            if (n < 0) {
                return null;
            }
        }
        throw new IOException("a line of the fence is longer than " + LIMIT + " bytes");
    }
}

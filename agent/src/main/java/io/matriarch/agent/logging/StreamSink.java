package io.matriarch.agent.logging;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Writes to a stream that somebody else owns. */
final class StreamSink implements Sink {

    private final OutputStream out;

    StreamSink(OutputStream out) {
        this.out = new BufferedOutputStream(out);
    }

    /** The file descriptor itself: whoever replaces {@code System.err} does not take the log along. */
    static StreamSink standardError() {
        return new StreamSink(new FileOutputStream(FileDescriptor.err));
    }

    @Override
    public void write(String lines) throws IOException {
        out.write((lines + "\n").getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    @Override
    public void close() throws IOException {
        out.flush();
    }
}

package io.matriarch.agent.logging;

import java.io.IOException;

/** Where lines go. Used by the writer thread alone. */
interface Sink extends AutoCloseable {

    /** Adds a line feed. */
    void write(String lines) throws IOException;

    void flush() throws IOException;

    @Override
    void close() throws IOException;

    /** Makes a sink; a disk may hang on it, hence the writer thread opens. */
    @FunctionalInterface
    interface Opening {
        Sink open() throws IOException;
    }
}

package io.matriarch.agent.logging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogWriterTest {

    private static final LogEvent EVENT =
            new LogEvent(Instant.EPOCH, LogLevel.INFO, "patroni", "text", null, "t", 1, "", "");

    private static final Layout MESSAGE = new Layout() {
        @Override
        public String format(LogEvent event) {
            return event.message();
        }

        @Override
        public boolean needsSource() {
            return false;
        }
    };

    @Test
    void a_full_queue_drops_and_counts() {
        var writer = new LogWriter(MESSAGE, new StreamSink(new ByteArrayOutputStream()), 2);
        for (int i = 0; i < 5; i++) {
            writer.add(EVENT); // nobody takes them yet
        }

        assertTrue(writer.isFull());
        assertEquals(2, writer.queueSize());
        assertEquals(3, writer.lostRecords());

        writer.redirect(MESSAGE, () -> new StreamSink(new ByteArrayOutputStream()), 3);
        assertFalse(writer.isFull());
    }

    @Test
    void what_was_added_before_the_end_is_written() {
        var out = new ByteArrayOutputStream();
        var writer = new LogWriter(MESSAGE, new StreamSink(out), 0);
        writer.start();
        for (int i = 0; i < 5000; i++) {
            writer.add(EVENT);
        }

        assertTrue(writer.close());
        assertEquals("text\n".repeat(5000), out.toString(StandardCharsets.UTF_8));
    }

    /** A real one: the kernel has a device that is always full. */
    @Test
    void a_full_disk_loses_lines_and_nothing_else(@TempDir Path directory) throws IOException {
        Files.createSymbolicLink(directory.resolve("patroni.log"), Path.of("/dev/full"));
        var writer = new LogWriter(MESSAGE, new RotatedFileSink(directory, null, 4, 1 << 20), 100_000);
        writer.start();
        for (int i = 0; i < 5000; i++) {
            writer.add(EVENT); // more than any buffer on the way
        }
        var out = new ByteArrayOutputStream();
        writer.redirect(MESSAGE, () -> new StreamSink(out), 100_000);
        writer.add(EVENT);

        assertTrue(writer.close());
        assertEquals("text\n", out.toString(StandardCharsets.UTF_8));
        assertTrue(writer.lostRecords() > 0);
    }

    @Test
    void a_failing_sink_neither_ends_the_thread_nor_goes_unnoticed() {
        var out = new ByteArrayOutputStream();
        var full = new Sink() {
            @Override
            public void write(String lines) throws IOException {
                throw new IOException("No space left on device");
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        var writer = new LogWriter(MESSAGE, full, 10);
        writer.start();
        writer.add(EVENT);
        writer.redirect(MESSAGE, () -> new StreamSink(out), 10);
        writer.add(EVENT);

        assertTrue(writer.close());
        assertEquals("text\n", out.toString(StandardCharsets.UTF_8));
        assertEquals(1, writer.lostRecords());
    }
}

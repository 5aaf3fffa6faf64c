package io.matriarch.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A clock that goes on while the host sleeps, made of one that does not and {@code /proc/uptime}. */
class SystemTimeTest {

    @TempDir
    private Path directory;

    private final AtomicLong monotonic = new AtomicLong(Duration.ofHours(1).toNanos());
    private Path uptime;
    private SystemTime time;

    @BeforeEach
    void start() throws IOException {
        uptime = directory.resolve("uptime");
        up("5000.10");
        time = new SystemTime(uptime.toString(), monotonic::get);
    }

    private void up(String seconds) throws IOException {
        Files.writeString(uptime, seconds + " 777.00\n");
    }

    private void awake(Duration duration) {
        monotonic.addAndGet(duration.toNanos());
    }

    @Test
    void whatTheHostSleptCounts() throws Exception {
        MonotonicTime before = time.now();
        awake(Duration.ofSeconds(2));
        up("5062.12"); // one minute more than the other clock saw
        Duration passed = time.now().since(before);
        assertEquals(62, passed.toSeconds());

        awake(Duration.ofSeconds(10));
        up("5072.11");
        assertEquals(72, time.now().since(before).toSeconds(), "it is added once");
    }

    @Test
    void theCoarseFileDoesNotMakeTheClockJitter() throws Exception {
        MonotonicTime before = time.now();
        awake(Duration.ofMillis(500));
        up("5000.93");
        assertEquals(Duration.ofMillis(500), time.now().since(before));
        awake(Duration.ofMillis(500));
        up("5001.01");
        assertEquals(Duration.ofSeconds(1), time.now().since(before));
    }

    @Test
    void withoutTheFileTheClockGoesOn() throws Exception {
        var other = new SystemTime(directory.resolve("missing").toString(), monotonic::get);
        MonotonicTime before = other.now();
        awake(Duration.ofSeconds(3));
        assertEquals(Duration.ofSeconds(3), other.now().since(before));

        MonotonicTime here = time.now();
        Files.writeString(uptime, "nonsense");
        awake(Duration.ofSeconds(3));
        assertEquals(Duration.ofSeconds(3), time.now().since(here));
    }

    @Test
    void theMachinesClockAdvances() {
        MonotonicTime before = TimeSource.system().now();
        assertFalse(TimeSource.system().now().isBefore(before));
    }
}

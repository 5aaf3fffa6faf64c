package io.matriarch.model;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * {@link TimeSource} of the running machine.
 *
 * <p>The JVM's monotonic clock stands still while the host is suspended, and a lease does not: an agent that sleeps for a
 * minute would wake up believing that it still leads. So what the host slept is added. {@code /proc/uptime} tells it, for it
 * counts suspension in (proc(5); CLOCK_BOOTTIME). It is exact to 10 ms only, so only a jump counts. Where there is no such
 * file the clock is the JVM's.
 */
final class SystemTime implements TimeSource {

    static final SystemTime INSTANCE = new SystemTime("/proc/uptime", System::nanoTime);

    private static final long LEAST_JUMP = Duration.ofSeconds(1).toNanos();
    /** How long an answer of the file is good for: the clock is asked in every cycle and by every health check. */
    private static final long LOOK_EACH = Duration.ofMillis(1).toNanos();

    private static final int LONGEST_LINE = 64;

    private final LongSupplier monotonic;
    private final @Nullable RandomAccessFile uptime;
    private long lookedAt;
    /** Uptime less the monotonic clock, when the host was not suspended since. */
    private long distance;

    private volatile long slept;

    SystemTime(String file, LongSupplier monotonic) {
        this.monotonic = monotonic;
        this.uptime = open(file);
        lookedAt = monotonic.getAsLong();
        distance = uptimeNanos() - lookedAt;
    }

    private static @Nullable RandomAccessFile open(String file) {
        try {
            return new RandomAccessFile(file, "r");
        } catch (IOException e) {
            return null;
        }
    }

    @Override
    public MonotonicTime now() {
        long now = monotonic.getAsLong();
        if (uptime != null) {
            look(now);
        }
        return new MonotonicTime(now + slept);
    }

    private synchronized void look(long now) {
        if (now - lookedAt < LOOK_EACH) {
            return;
        }
        lookedAt = now;
        long answer = uptimeNanos();
        long jump = answer - now - distance;
        if (answer >= 0 && jump >= LEAST_JUMP) {
            distance += jump;
            slept += jump;
        }
    }

    /** Below 0: not known. */
    private long uptimeNanos() {
        if (uptime == null) {
            return -1;
        }
        try {
            uptime.seek(0);
            var bytes = new byte[LONGEST_LINE];
            int length = uptime.read(bytes);
            String line = new String(bytes, 0, Math.max(length, 0), StandardCharsets.US_ASCII);
            int end = line.indexOf(' ');
            int point = line.indexOf('.');
            long seconds = Long.parseLong(line.substring(0, point));
            long hundredths = Long.parseLong(line.substring(point + 1, end));
            return Duration.ofSeconds(seconds).plusMillis(hundredths * 10).toNanos();
        } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
            return -1;
        }
    }

    @Override
    public Instant wallClock() {
        return Instant.now();
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        Thread.sleep(duration);
    }
}

package io.matriarch.agent.cycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class BackgroundJobsTest {

    private final AtomicBoolean ran = new AtomicBoolean();

    /** {@code POST /restart} while the agent stops PostgreSQL: found by the simulator's seed 6001866. */
    @Test
    void nothingIsStartedOnceTheAgentEnds() throws Exception {
        var cancelled = new CountDownLatch(1);
        var jobs = new BackgroundJobs(Threads.system(), new ManualTime(), () -> {}, cancelled::countDown);
        jobs.start("restart", () -> {
            cancelled.await();
            return memory -> {};
        });

        jobs.end();

        assertEquals("stop of the agent", jobs.start("restart", () -> {
            ran.set(true);
            return memory -> {};
        }));
        assertFalse(ran.get());
    }

    /** A server that does not start would be started as fast as it fails. */
    @Test
    void aJobThatEndsAtOnceAgainAndAgainWakesTheCycleOncePerSecond() throws Exception {
        var time = new ManualTime();
        var woken = new LinkedBlockingQueue<MonotonicTime>();
        var jobs = new BackgroundJobs(Threads.system(), time, () -> woken.add(time.now()), () -> {});
        var ends = new ArrayList<Duration>();
        MonotonicTime begin = time.now();

        for (int i = 0; i < 4; i++) {
            jobs.start("starting as a secondary", () -> memory -> {});
            ends.add(woken.poll(60, TimeUnit.SECONDS).since(begin));
        }

        assertEquals(List.of(Duration.ZERO, Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(3)), ends);
    }

    @Test
    void theSameJobLaterOnWakesTheCycleAtOnce() throws Exception {
        var time = new ManualTime();
        var woken = new LinkedBlockingQueue<MonotonicTime>();
        var jobs = new BackgroundJobs(Threads.system(), time, () -> woken.add(time.now()), () -> {});
        jobs.start("promote", () -> memory -> {});
        woken.poll(60, TimeUnit.SECONDS);
        time.advance(Duration.ofSeconds(2));
        MonotonicTime begin = time.now();

        jobs.start("promote", () -> memory -> {});

        assertEquals(begin, woken.poll(60, TimeUnit.SECONDS));
    }
}

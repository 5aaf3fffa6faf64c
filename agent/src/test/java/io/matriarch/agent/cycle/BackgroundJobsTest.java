package io.matriarch.agent.cycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.matriarch.model.Threads;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class BackgroundJobsTest {

    private final AtomicBoolean ran = new AtomicBoolean();

    /** {@code POST /restart} while the agent stops PostgreSQL: found by the simulator's seed 6001866. */
    @Test
    void nothingIsStartedOnceTheAgentEnds() throws Exception {
        var cancelled = new CountDownLatch(1);
        var jobs = new BackgroundJobs(Threads.system(), () -> {}, cancelled::countDown);
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
}

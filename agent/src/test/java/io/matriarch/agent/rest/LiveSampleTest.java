package io.matriarch.agent.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import io.matriarch.postgres.LocalFacts.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LiveSampleTest {

    /** A clock that stands still until it is moved. */
    private static final class Clock implements TimeSource {
        private volatile MonotonicTime now = Samples.NOW;

        void advance(long millis) {
            now = now.plus(Duration.ofMillis(millis));
        }

        @Override
        public MonotonicTime now() {
            return now;
        }

        @Override
        public Instant wallClock() {
            return Instant.EPOCH;
        }

        @Override
        public void sleep(Duration duration) {
            throw new UnsupportedOperationException();
        }
    }

    private final Clock clock = new Clock();
    private final AtomicInteger queries = new AtomicInteger();
    private final CountDownLatch release = new CountDownLatch(1);
    private final Optional<Snapshot> answer = Optional.of(Samples.primary());

    private Optional<Snapshot> hang() {
        queries.incrementAndGet();
        try {
            release.await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return answer;
    }

    @Test
    void manyRequestsShareOneQuery() throws InterruptedException, ExecutionException {
        var sample = new LiveSample(this::hang, clock, Threads.system());
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var waiting = new ArrayList<Future<Optional<Snapshot>>>();
            for (int i = 0; i < 20; i++) {
                waiting.add(threads.submit(sample::fresh));
            }
            while (queries.get() == 0) {
                Thread.onSpinWait();
            }
            release.countDown();
            for (Future<Optional<Snapshot>> request : waiting) {
                assertEquals(answer, request.get());
            }
        }
        assertEquals(1, queries.get());
    }

    @Test
    void aSampleServesThoseWhoComeShortlyAfter() {
        var sample = new LiveSample(
                () -> {
                    queries.incrementAndGet();
                    return answer;
                },
                clock,
                Threads.system());
        assertEquals(answer, sample.fresh());
        clock.advance(99);
        assertEquals(answer, sample.fresh());
        assertEquals(1, queries.get());
        clock.advance(1);
        assertEquals(answer, sample.fresh());
        assertEquals(2, queries.get());
    }

    @Test
    void whileTheServerHangsTheLastValueServesForASecondAndThenNothing() {
        var sample = new LiveSample(this::hang, clock, Threads.system());
        Optional<Snapshot> ofTheCycle = Optional.of(Samples.replica());
        assertEquals(ofTheCycle, sample.recent(() -> ofTheCycle));
        clock.advance(1000);
        assertEquals(Optional.empty(), sample.recent(() -> ofTheCycle));
        assertEquals(Optional.empty(), sample.fresh());
        assertEquals(1, queries.get(), "a hanging server costs one thread");
        release.countDown();
        assertEquals(answer, sample.fresh());
    }

    @Test
    void anEarlierAnswerDoesNotServeWhenTheServerBecomesSlow() {
        Optional<Snapshot> ofTheCycle = Optional.of(Samples.replica());
        var sample = new LiveSample(() -> queries.incrementAndGet() == 1 ? answer : hang(), clock, Threads.system());
        assertEquals(answer, sample.recent(() -> ofTheCycle));
        clock.advance(60_000);
        assertEquals(ofTheCycle, sample.recent(() -> ofTheCycle));
        release.countDown();
    }

    @Test
    void aSampleFromBeforeThePromotionDoesNotServe() {
        Optional<Snapshot> replica = Optional.of(Samples.replica());
        Optional<Snapshot> primary = Optional.of(Samples.primary());
        var sample = new LiveSample(() -> replica, clock, Threads.system());
        assertEquals(primary, sample.recent(() -> primary));
        assertEquals(replica, sample.recent(() -> replica));
    }

    @Test
    void aQueryThatThrowsIsNoAnswer() {
        var sample = new LiveSample(
                () -> {
                    queries.incrementAndGet();
                    throw new IllegalStateException("broken");
                },
                clock,
                Threads.system());
        assertEquals(Optional.empty(), sample.fresh());
        clock.advance(100);
        assertEquals(Optional.empty(), sample.fresh());
        assertTrue(queries.get() == 2, "the next request tries again");
    }
}

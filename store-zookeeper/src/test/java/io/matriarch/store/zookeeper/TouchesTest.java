package io.matriarch.store.zookeeper;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class TouchesTest {

    private static final Duration DELAY = Duration.ofMillis(1500);

    private static MonotonicTime at(long millis) {
        return new MonotonicTime(Duration.ofMillis(millis).toNanos());
    }

    @Test
    void nothingIsKnownBeforeTheReportingDelayHasPassed() {
        var touches = new Touches(DELAY);
        assertEquals(Optional.empty(), touches.knownAt(at(0)));
        touches.add(at(1000));
        assertEquals(Optional.empty(), touches.knownAt(at(2499)));
        assertEquals(Optional.of(at(1000)), touches.knownAt(at(2500)));
    }

    @Test
    void theLatestReportedTouchCountsHoweverManyCame() {
        var touches = new Touches(DELAY);
        for (long t = 0; t <= 60_000; t += 10) {
            touches.add(at(t));
        }
        assertEquals(Optional.of(at(58_500)), touches.knownAt(at(60_000)));
    }

    @Test
    void anAnswerThatComesLateIsNoNewerTouch() {
        var touches = new Touches(DELAY);
        touches.add(at(5000));
        touches.add(at(4000));
        assertEquals(Optional.of(at(5000)), touches.knownAt(at(7000)));
    }

    @Test
    void anOldTouchIsKeptWhileNothingNewerIsReported() {
        var touches = new Touches(DELAY);
        touches.add(at(0));
        touches.add(at(20_000));
        touches.add(at(20_100));
        assertEquals(Optional.of(at(0)), touches.knownAt(at(20_200)));
    }
}

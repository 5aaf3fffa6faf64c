package io.matriarch.agent.page;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MilestonesTest {

    private static final MonotonicTime START = new MonotonicTime(5_000_000_000L);
    private final Milestones milestones = new Milestones();

    private static MonotonicTime at(int second) {
        return START.plus(Duration.ofSeconds(second));
    }

    @Test
    void behindIsSinceWhenTheLeaderIsBeyond() {
        milestones.reached(new Lsn(100), at(0));
        milestones.reached(new Lsn(200), at(10));
        milestones.reached(new Lsn(300), at(20));
        assertEquals(Optional.of(Duration.ofSeconds(15)), milestones.behind(new Lsn(100), at(25)));
        assertEquals(Optional.of(Duration.ZERO), milestones.behind(new Lsn(300), at(25)));
        assertEquals(Optional.empty(), milestones.behind(Lsn.NONE, at(25)));
    }

    @Test
    void theRateIsThatOfTheLastMinutes() {
        assertEquals(Optional.empty(), milestones.bytesPerSecond(at(0)));
        milestones.reached(new Lsn(1000), at(0));
        milestones.reached(new Lsn(31_000), at(30));
        assertEquals(Optional.empty(), milestones.bytesPerSecond(at(30)), "too short a time");
        assertEquals(Optional.of(500.0), milestones.bytesPerSecond(at(60)));
        milestones.reached(new Lsn(91_000), at(700));
        assertEquals(Optional.empty(), milestones.bytesPerSecond(at(700)), "what is older does not count");
        assertEquals(Optional.of(0.0), milestones.bytesPerSecond(at(800)));
    }
}

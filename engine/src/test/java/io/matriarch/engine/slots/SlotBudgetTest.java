package io.matriarch.engine.slots;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SlotBudgetTest {

    private static final MonotonicTime START = new MonotonicTime(0);

    private static SlotBudget measured(long bytes, Duration time) {
        return SlotBudget.UNKNOWN.at(START, new Lsn(1000)).at(START.plus(time), new Lsn(1000 + bytes));
    }

    @Test
    void whatIsLeftIsDividedByTheRate() {
        SlotBudget budget = measured(600_000, Duration.ofMinutes(10)); // 1000 bytes a second

        assertEquals(Optional.of(Duration.ofSeconds(60)), budget.runsOutIn(60_000L));
        assertEquals(Optional.of(Duration.ZERO), budget.runsOutIn(-5L));
        assertEquals(Optional.empty(), budget.runsOutIn(1_000_000_000L));
        assertEquals(Optional.empty(), budget.runsOutIn(null));
    }

    @Test
    void nothingIsKnownBeforeTheFirstWindowIsOver() {
        assertEquals(Optional.empty(), measured(600_000, Duration.ofMinutes(1)).runsOutIn(1L));
    }

    @Test
    void anotherHistoryBeginsAnew() {
        SlotBudget budget = measured(600_000, Duration.ofMinutes(10)).at(START.plus(Duration.ofHours(1)), new Lsn(5));

        assertEquals(new Lsn(5), budget.sincePosition());
        assertEquals(Optional.of(Duration.ofSeconds(60)), budget.runsOutIn(60_000L));
    }
}

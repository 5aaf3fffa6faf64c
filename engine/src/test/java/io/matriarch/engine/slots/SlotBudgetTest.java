package io.matriarch.engine.slots;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.engine.slots.SlotUse.Limit;
import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SlotBudgetTest {

    private static final MonotonicTime START = new MonotonicTime(0);
    private static final long PLENTY = 1_000_000_000_000L;

    /** A slot that holds 1000 bytes, and so much more after this time. */
    private static SlotBudget measured(long bytes, Duration time) {
        return SlotBudget.UNKNOWN.at(START, Map.of("s", 1000L)).at(START.plus(time), Map.of("s", 1000 + bytes));
    }

    @Test
    void whatIsLeftIsDividedByTheGrowth() {
        SlotBudget budget = measured(600_000, Duration.ofMinutes(10)); // 1000 bytes a second

        assertEquals(new SlotUse("s", 7, Duration.ofSeconds(60), Limit.KEEP_SIZE), budget.use("s", 7, 60_000L, PLENTY));
        assertEquals(new SlotUse("s", 7, Duration.ZERO, Limit.KEEP_SIZE), budget.use("s", 7, -5L, PLENTY));
        assertEquals(new SlotUse("s", 7, Duration.ofSeconds(9), Limit.DISK), budget.use("s", 7, null, 9_000L));
        assertEquals(new SlotUse("s", 7, Duration.ofSeconds(9), Limit.DISK), budget.use("s", 7, 60_000L, 9_000L));
        assertNull(budget.use("s", 7, null, null).left());
    }

    @Test
    void onlyWhatIsNearIsADanger() {
        SlotBudget budget = measured(600_000, Duration.ofMinutes(10));

        assertTrue(budget.use("s", 7, 60_000L, PLENTY).isInDanger());
        assertFalse(budget.use("s", 7, 1_000_000_000L, PLENTY).isInDanger());
    }

    @Test
    void aSlotThatKeepsUpLastsForEver() {
        assertNull(measured(0, Duration.ofMinutes(10)).use("s", 7, 1L, 1L).left());
        assertNull(measured(-500, Duration.ofMinutes(10)).use("s", 7, 1L, 1L).left());
    }

    @Test
    void nothingIsKnownBeforeTheFirstWindowIsOverNorOfANewSlot() {
        assertNull(measured(600_000, Duration.ofMinutes(1)).use("s", 7, 1L, 1L).left());
        assertNull(measured(600_000, Duration.ofMinutes(10))
                .use("other", 7, 1L, 1L)
                .left());
    }
}

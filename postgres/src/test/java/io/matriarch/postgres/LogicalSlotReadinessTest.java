package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a copy of a logical slot could be used after a failover (contract replication.md 2.6). */
class LogicalSlotReadinessTest {

    private static final Postmaster FIRST = new Postmaster(100, 1);
    private static final long LAST_NUMBER = 0xFFFF_FFFFL;

    private LogicalSlotReadiness readiness;

    @BeforeEach
    void withoutServer() {
        readiness = new LogicalSlotReadiness(
                () -> {
                    throw new IllegalStateException("nobody is asked");
                },
                null);
    }

    private Set<String> after(long copy, long logical, @Nullable Long physical) {
        readiness.note(FIRST, Map.of("cdc", copy), Map.of("cdc", logical), physical);
        return readiness.unready();
    }

    @Test
    void thePhysicalSlotMustTakeOverWhatTheLogicalOneHadAndTheCopyMustPassThat() {
        assertEquals(Set.of("cdc"), after(90, 100, null));
        assertEquals(Set.of("cdc"), after(90, 100, 95L));
        assertEquals(Set.of("cdc"), after(90, 120, 110L), "it has the old value to reach, and the copy is behind");
        assertEquals(Set.of(), after(110, 120, 110L));
    }

    @Test
    void transactionNumbersGoRound() {
        assertEquals(Set.of(), after(5, LAST_NUMBER - 5, 3L));
    }

    @Test
    void aRestartBeginsAnewAndASlotThatIsGoneIsForgotten() {
        assertEquals(Set.of(), after(100, 100, 100L));
        readiness.note(new Postmaster(101, 1), Map.of("cdc", 100L), Map.of("cdc", 100L), null);
        assertEquals(Set.of("cdc"), readiness.unready());
        readiness.note(new Postmaster(101, 1), Map.of(), Map.of(), null);
        assertEquals(Set.of(), readiness.unready());
    }
}

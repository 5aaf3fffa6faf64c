package io.matriarch.simulator.swarm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.matriarch.simulator.check.Invariant;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class ShrinkerTest {

    private static final Plan PLAN = longPlan();
    private static final Fault CAUSE = PLAN.faults().getFirst();
    private static final Fault OCCASION = PLAN.faults().get(PLAN.faults().size() / 2);

    private static Plan longPlan() {
        long seed = 1;
        while (Plan.of(seed).faults().size() < 10) {
            seed++;
        }
        return Plan.of(seed);
    }

    private static Outcome outcome(Plan plan, Throwable violation) {
        return new Outcome(plan, violation, Duration.ZERO, 0, 0, 1);
    }

    /** Something goes wrong when both faults happen, and something else when only the first one does. */
    private static Outcome run(Plan plan) {
        List<Fault> faults = plan.faults();
        if (!faults.contains(CAUSE)) {
            return outcome(plan, null);
        }
        return outcome(plan, (faults.contains(OCCASION) ? Invariant.I2 : Invariant.I6).violated("it does"));
    }

    @Test
    void leavesOnlyWhatTheViolationNeeds() {
        Outcome shortest = new Shrinker(ShrinkerTest::run).shrink(run(PLAN));

        assertEquals(List.of(CAUSE, OCCASION), shortest.plan().faults());
    }

    @Test
    void leavesAllWhenEverythingIsNeeded() {
        Function<Plan, Outcome> fragile =
                plan -> outcome(plan, plan.equals(PLAN) ? new IllegalStateException("all of it") : null);
        Outcome violation = fragile.apply(PLAN);

        assertSame(violation, new Shrinker(fragile).shrink(violation));
    }

    @Test
    void leavesNothingWhenNothingIsNeeded() {
        Function<Plan, Outcome> broken = plan -> outcome(plan, new IllegalStateException("always"));

        assertEquals(
                List.of(),
                new Shrinker(broken).shrink(broken.apply(PLAN)).plan().faults());
    }
}

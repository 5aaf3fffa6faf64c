package io.matriarch.simulator.swarm;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds a shorter plan that ends in the same violation: faults are left out, many at once first, then one by one, for as
 * long as it stays the same. Leaving one out changes all that comes later, so the result is short, not the shortest.
 */
final class Shrinker {

    private final Function<Plan, Outcome> run;

    /** @param run lets the world of a plan live */
    Shrinker(Function<Plan, Outcome> run) {
        this.run = run;
    }

    /** The shortest violation found; the given one when nothing can be left out. */
    Outcome shrink(Outcome violation) {
        Outcome best = violation;
        int chunk = Math.max(1, best.plan().faults().size() / 2);
        while (true) {
            @Nullable Outcome shorter = withoutSome(best, chunk);
            if (shorter != null) {
                best = shorter;
                chunk = Math.clamp(best.plan().faults().size(), 1, chunk);
            } else if (chunk == 1) {
                return best;
            } else {
                chunk /= 2;
            }
        }
    }

    /** The last ones go first: what comes after the violation cannot matter. */
    private @Nullable Outcome withoutSome(Outcome violation, int chunk) {
        List<Fault> faults = violation.plan().faults();
        for (int end = faults.size(); end > 0; end -= chunk) {
            var fewer = new ArrayList<>(faults.subList(0, Math.max(0, end - chunk)));
            fewer.addAll(faults.subList(end, faults.size()));
            Outcome outcome = run.apply(violation.plan().with(fewer));
            if (violation.isSameAs(outcome)) {
                return outcome;
            }
        }
        return null;
    }
}

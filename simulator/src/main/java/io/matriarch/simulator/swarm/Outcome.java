package io.matriarch.simulator.swarm;

import io.matriarch.simulator.check.Violation;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a world ended.
 *
 * @param violation what must not be was; null: everything held
 * @param lived virtual time
 * @param acknowledged rows that clients were told to be committed
 * @param missing those of them that the last primary does not have; allowed where nothing was promised
 * @param timelines timeline of the last primary
 */
record Outcome(
        Plan plan, @Nullable Throwable violation, Duration lived, long acknowledged, long missing, int timelines) {

    boolean isGood() {
        return violation == null;
    }

    String description() {
        return violation == null ? "good: " + acknowledged + " rows, timeline " + timelines : violation.toString();
    }

    /** Whether both went wrong in the same way, whatever the circumstances. */
    boolean isSameAs(Outcome other) {
        Throwable mine = violation;
        Throwable theirs = other.violation;
        if (mine == null || theirs == null || mine.getClass() != theirs.getClass()) {
            return false;
        }
        return !(mine instanceof Violation a) || !(theirs instanceof Violation b) || a.invariant() == b.invariant();
    }
}

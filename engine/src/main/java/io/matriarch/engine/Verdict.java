package io.matriarch.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the engine decided, and why.
 *
 * @param rule the rule that decided
 * @param step what to do next
 * @param result the line that ends the cycle once the step is done; null when the engine wants to be asked again
 *     with the step's outcome
 * @param reasons what was measured and compared on the way, in the words that the log carries
 */
public record Verdict(Rule rule, Step step, @Nullable String result, List<Reason> reasons) {

    public Verdict {
        reasons = List.copyOf(reasons);
    }

    /** Do this, then the cycle is over. */
    static Verdict end(Rule rule, Step step, String result, List<Reason> reasons) {
        return new Verdict(rule, step, result, reasons);
    }

    static Verdict end(Rule rule, Step step, String result) {
        return new Verdict(rule, step, result, List.of());
    }

    /** Nothing to do, the cycle is over. */
    static Verdict rest(Rule rule, String result, Reason... reasons) {
        return new Verdict(rule, new Step.Rest(), result, List.of(reasons));
    }

    /** Do this and ask again. */
    static Verdict then(Rule rule, Step step, List<Reason> reasons) {
        return new Verdict(rule, step, null, reasons);
    }

    static Verdict then(Rule rule, Step step, Reason... reasons) {
        return new Verdict(rule, step, null, List.of(reasons));
    }

    /** The same verdict with other reasons in front of its own. */
    Verdict after(List<Reason> earlier) {
        if (earlier.isEmpty()) {
            return this;
        }
        var all = new java.util.ArrayList<>(earlier);
        all.addAll(reasons);
        return new Verdict(rule, step, result, all);
    }
}

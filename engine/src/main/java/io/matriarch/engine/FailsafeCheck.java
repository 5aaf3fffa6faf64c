package io.matriarch.engine;

import java.util.List;

/**
 * What the other members said when a primary without store asked them.
 *
 * @param outcome whether it may lead on
 * @param reasons who did not agree, and why
 */
public record FailsafeCheck(Outcome outcome, List<Reason> reasons) {

    /** Whether a primary without store may lead on. */
    public enum Outcome {
        /** Every other member accepted while the lease was still valid (contract ha-loop.md 13). */
        ALL_ACCEPT,
        /** Enough members promised while the lease was still valid (decision 0016). */
        ENOUGH_PROMISE,
        /** No longer than its lease, of which so much is left that they are worth asking again. */
        ASK_AGAIN,
        REFUSED
    }

    public FailsafeCheck {
        reasons = List.copyOf(reasons);
    }

    public static FailsafeCheck refused(String why) {
        return new FailsafeCheck(Outcome.REFUSED, List.of(Reason.warning(why)));
    }

    public boolean passed() {
        return outcome == Outcome.ALL_ACCEPT || outcome == Outcome.ENOUGH_PROMISE;
    }
}

package io.matriarch.engine;

import java.util.List;

/**
 * What the other members said when a primary without store asked for their consent (contract ha-loop.md 13).
 *
 * @param passed every one of them accepted while the lease was still valid
 * @param reasons who did not, and why
 */
public record FailsafeCheck(boolean passed, List<Reason> reasons) {

    public FailsafeCheck {
        reasons = List.copyOf(reasons);
    }

    public static FailsafeCheck refused(String why) {
        return new FailsafeCheck(false, List.of(Reason.warning(why)));
    }
}

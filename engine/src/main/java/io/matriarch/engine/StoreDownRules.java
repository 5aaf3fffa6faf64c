package io.matriarch.engine;

import java.util.List;

/** What happens while the store cannot be reached (contract ha-loop.md 13; failsafe mode is not built yet). */
final class StoreDownRules {

    private StoreDownRules() {}

    static Verdict decide(Situation s) {
        if (s.isPaused() || !s.local().running() || !s.local().mayAcceptWrites()) {
            return Verdict.rest(Rule.STORE_DOWN_REPLICA, "DCS is not accessible");
        }
        return Verdict.end(
                Rule.STORE_DOWN_PRIMARY,
                new Step.Demote(DemoteMode.OFFLINE),
                "demoted self because DCS is not accessible and I was a leader",
                List.of(Reason.info("demoting self because DCS is not accessible and I was a leader")));
    }
}

package io.matriarch.engine;

import java.util.List;

/**
 * What happens while the store cannot be reached (contract ha-loop.md 13). A primary steps down, unless failsafe mode is on
 * and all other members promise not to race, or enough members of its electorate promise: then nobody can take over behind
 * its back, whatever became of its lease.
 */
final class StoreDownRules {

    private StoreDownRules() {}

    static Verdict decide(Situation s) {
        if (s.isPaused() || !s.local().running() || !s.local().mayAcceptWrites()) {
            return Verdict.rest(Rule.STORE_DOWN_REPLICA, "DCS is not accessible");
        }
        if (!s.config().failsafeMode() && !s.config().memberLease()) {
            return demote(List.of());
        }
        FailsafeCheck check = s.answers().failsafe();
        if (check == null) {
            return Verdict.then(Rule.FAILSAFE, new Step.AskForFailsafe());
        }
        return switch (check.outcome()) {
            case ALL_ACCEPT ->
                lead(
                        Rule.FAILSAFE,
                        "continue to run as a leader because failsafe mode is enabled and all members are accessible",
                        check);
            case ENOUGH_PROMISE ->
                lead(Rule.PROMISES, "continue to run as a leader because enough members promised not to follow", check);
            case ASK_AGAIN -> lead(Rule.PROMISES, "continue to run as a leader until the lease ends", check);
            case REFUSED -> demote(check.reasons());
        };
    }

    private static Verdict lead(Rule rule, String result, FailsafeCheck check) {
        return Verdict.end(rule, new Step.Rest(), result, check.reasons());
    }

    private static Verdict demote(List<Reason> why) {
        return Verdict.end(
                        Rule.STORE_DOWN_PRIMARY,
                        new Step.Demote(DemoteMode.OFFLINE),
                        "demoted self because DCS is not accessible and I was a leader",
                        List.of(Reason.info("demoting self because DCS is not accessible and I was a leader")))
                .after(why);
    }
}

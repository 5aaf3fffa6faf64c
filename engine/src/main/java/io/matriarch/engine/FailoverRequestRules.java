package io.matriarch.engine;

import io.matriarch.model.FailoverRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The leader looks at a manual switchover or failover request (contract ha-loop.md 10). */
final class FailoverRequestRules {

    private FailoverRequestRules() {}

    /** A switchover whose time has not nearly come, for the log; null: none is scheduled. */
    static @Nullable Reason awaited(Situation s) {
        FailoverRequest request = s.view().failover();
        if (request == null || request.scheduledAt() == null || s.isPaused()) {
            return null;
        }
        return request.dueTime()
                .map(due -> Duration.between(s.wallClock(), due))
                .filter(left -> left.compareTo(s.timing().loopWait()) > 0)
                .map(left -> Reason.info(
                        "Awaiting switchover at " + request.scheduledAt() + " (in " + left.toSeconds() + " seconds)"))
                .orElse(null);
    }

    /** Null: nothing to do about it in this cycle. */
    static @Nullable Verdict decide(Situation s) {
        FailoverRequest request = s.view().failover();
        boolean ignoredInPause = s.isPaused()
                && (request == null
                        || request.scheduledAt() != null
                        || !s.local().primaryHere());
        if (request == null || ignoredInPause) {
            return null;
        }
        var reasons = new ArrayList<Reason>();
        if (request.scheduledAt() != null) {
            Instant due = request.dueTime().orElse(null);
            if (due == null) {
                reasons.add(Reason.warning("Incorrect value of scheduled_at: " + request.scheduledAt()));
                return clear(request, reasons);
            }
            Duration left = Duration.between(s.wallClock(), due);
            Duration stale = s.timing().loopWait().multipliedBy(3).dividedBy(2);
            if (left.negated().toSeconds() > stale.toSeconds()) {
                reasons.add(Reason.warning("Found a stale switchover value, cleaning up: " + request.scheduledAt()));
                return clear(request, reasons);
            }
            if (left.isPositive()) {
                // The shell wakes the cycle when the time has come.
                return null;
            }
            reasons.add(Reason.info("Manual scheduled switchover at " + request.scheduledAt()));
        }
        Reason refusal = refusal(s, request);
        if (refusal != null) {
            reasons.add(refusal);
            return clear(request, reasons);
        }
        return switch (FailoverPossible.check(s, request, null)) {
            case FailoverPossible.Ask(var members) -> Verdict.then(Rule.SWITCHOVER, new Step.AskPeers(members));
            case FailoverPossible.No(var why) -> {
                reasons.addAll(why);
                reasons.add(Reason.warning(
                        request.action() + ": no healthy members found, " + verb(request) + " is not possible"));
                yield clear(request, reasons);
            }
            case FailoverPossible.Yes(var why) -> {
                reasons.addAll(why);
                yield Verdict.end(
                        Rule.SWITCHOVER,
                        new Step.Demote(DemoteMode.GRACEFUL),
                        request.action() + ": demoting myself",
                        reasons);
            }
        };
    }

    private static @Nullable Reason refusal(Situation s, FailoverRequest request) {
        if (request.leader() != null && !request.leader().equals(s.me())) {
            return Reason.warning(
                    request.action() + ": leader name does not match: " + request.leader() + " != " + s.me());
        }
        if (s.me().equals(request.candidate())) {
            return Reason.warning(request.action() + ": I am already the leader, no need to " + verb(request));
        }
        if (s.isPaused() && request.candidate() == null) {
            String action = request.action();
            return Reason.warning(Character.toUpperCase(action.charAt(0)) + action.substring(1)
                    + " is possible only to a specific candidate in a paused state");
        }
        return null;
    }

    private static Verdict clear(FailoverRequest request, List<Reason> reasons) {
        reasons.add(Reason.info("Cleaning up failover key"));
        return Verdict.then(Rule.SWITCHOVER_REFUSED, new Step.ClearFailover(request), reasons);
    }

    private static String verb(FailoverRequest request) {
        return request.leader() != null ? "switchover" : "failover";
    }
}

package io.matriarch.engine;

import io.matriarch.model.PostgresState;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** PostgreSQL was started and does not answer yet (contract ha-loop.md 5), or shuts down without a task of ours. */
final class StartingRules {

    private StartingRules() {}

    static @Nullable Verdict decide(Situation s) {
        boolean stopping = s.local().running() && s.local().state() == PostgresState.STOPPING;
        if (!(s.local().state().isStarting() || stopping)
                || s.isPaused()
                || s.memory().bootstrap() != Memory.BootstrapPhase.NONE) {
            return null;
        }
        if (!s.hasLock()) {
            // Goes on with the normal processing: somebody else's lock, or a race that this node cannot enter.
            return null;
        }
        return switch (s.answers().renew()) {
            case NOT_TRIED -> Verdict.then(Rule.STARTING, new Step.RenewLock(false));
            case REFUSED ->
                Verdict.end(
                        Rule.STARTING_LOST_LOCK,
                        new Step.Demote(DemoteMode.IMMEDIATE_NOLOCK),
                        "stopped PostgreSQL while starting up because leader key was lost",
                        List.of(Reason.info("Lost lock while starting up. Demoting self.")));
            case APPLIED, UNKNOWN -> watchTheClock(s);
        };
    }

    private static Verdict watchTheClock(Situation s) {
        Duration limit = s.memory().startTimeout() == null
                ? s.config().primaryStartTimeout()
                : s.memory().startTimeout();
        Duration left = limit.minus(s.memory().startingFor());
        if (left.isPositive()) {
            Verdict request = FailoverRequestRules.decide(s);
            return request != null
                    ? request
                    : Verdict.rest(
                            Rule.STARTING,
                            (s.local().state() == PostgresState.STOPPING
                                            ? "PostgreSQL is shutting down, "
                                            : "PostgreSQL is still starting up, ")
                                    + left.toSeconds() + " seconds until timeout");
        }
        return switch (FailoverPossible.check(s, null, null)) {
            case FailoverPossible.Ask(var members) -> Verdict.then(Rule.STARTING, new Step.AskPeers(members));
            case FailoverPossible.Yes(var reasons) ->
                Verdict.end(
                                Rule.STARTING_TOO_LONG,
                                new Step.Demote(DemoteMode.IMMEDIATE),
                                "stopped PostgreSQL because of startup timeout",
                                List.of(Reason.info("Demoting self because primary startup is taking too long")))
                        .after(reasons);
            case FailoverPossible.No(var reasons) ->
                Verdict.rest(
                                Rule.STARTING,
                                "primary start has timed out, but continuing to wait because failover is not possible")
                        .after(reasons);
        };
    }
}

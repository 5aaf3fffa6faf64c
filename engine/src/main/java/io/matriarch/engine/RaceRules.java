package io.matriarch.engine;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** There is no leader: the race for the lock (contract ha-loop.md 8). */
final class RaceRules {

    private RaceRules() {}

    static Verdict decide(Situation s) {
        return switch (s.answers().acquire()) {
            case NOT_TRIED -> enter(s);
            case APPLIED -> won(s);
            case REFUSED ->
                followInstead(
                        s,
                        Rule.RACE,
                        "demoted self after trying and failing to obtain lock",
                        "following new leader after trying and failing to obtain lock",
                        List.of(Reason.info("Could not take out TTL lock")));
            case UNKNOWN -> StoreDownRules.decide(s);
        };
    }

    private static Verdict enter(Situation s) {
        Verdict wait = backoff(s);
        if (wait != null) {
            return wait;
        }
        return switch (Candidacy.decide(s)) {
            case Candidacy.Yes(var reasons) -> cleared(s, reasons);
            case Candidacy.Ask(var members) -> Verdict.then(Rule.RACE, new Step.AskPeers(members));
            case Candidacy.Clear(var request, var reasons) ->
                Verdict.then(Rule.SWITCHOVER_REFUSED, new Step.ClearFailover(request), reasons);
            case Candidacy.No(var reasons) -> standBack(s, reasons);
        };
    }

    /** Decision 0016: whoever may still lead by promises must be known not to. */
    private static Verdict cleared(Situation s, List<Reason> reasons) {
        return switch (Clearance.of(s, s.now())) {
            case Clearance.Given(var _, var _, var why) ->
                Verdict.then(
                        Rule.RACE,
                        new Step.AcquireLock(),
                        s.view().electorate().binds(s.me())
                                ? Stream.concat(reasons.stream(), Stream.of(Reason.info("May lead: " + why)))
                                        .toList()
                                : reasons);
            case Clearance.Ask() -> Verdict.then(Rule.VOTES, new Step.AskForVotes());
            case Clearance.Refused(var why) ->
                s.local().mayAcceptWrites()
                        ? followInstead(
                                s,
                                Rule.VOTES,
                                "demoting self because the former leader may lead on by promises",
                                "",
                                List.of(Reason.info(why)))
                        // It follows on whom it follows: that leader may well be there.
                        : Verdict.rest(Rule.VOTES, "waiting for votes before taking the leader lock", Reason.info(why));
        };
    }

    /** 8.1: the old primary may still be there while the WAL keeps coming. */
    private static @Nullable Verdict backoff(Situation s) {
        var limit = s.config().primaryRaceBackoff();
        var since = s.memory().leaderMissingSince();
        boolean candidateRequested =
                s.view().failover() != null && s.view().failover().candidate() != null;
        if (s.isPaused()
                || s.config().isStandbyCluster()
                || candidateRequested
                || limit.isZero()
                || since == null
                || !s.memory().previousPosition().isKnown()) {
            return null;
        }
        var waited = s.now().since(since);
        if (waited.compareTo(limit) >= 0) {
            return null;
        }
        boolean moved =
                s.local().streaming() && s.local().position().isAfter(s.memory().previousPosition());
        if (!moved && waited.compareTo(s.timing().loopWait()) >= 0) {
            return null;
        }
        return Verdict.rest(
                Rule.NO_RACE,
                "My (" + s.me() + ") wal position moved since last heart beat loop, "
                        + limit.minus(waited).toSeconds() + " seconds until leader race");
    }

    private static Verdict won(Situation s) {
        var request = s.view().failover();
        if (request != null && !s.answers().isSettled(Step.SettleFailover.class)) {
            var settle = Step.SettleFailover.of(request, s.isPaused());
            return Verdict.then(Rule.RACE, settle, Reason.info(settle.text()));
        }
        if (!s.answers().viewReloaded()) {
            return Verdict.then(Rule.RACE, new Step.ReloadView());
        }
        if (s.config().isStandbyCluster()) {
            return FollowRules.leadStandbyCluster(s, "promoted self to a standby leader by acquiring session lock");
        }
        return LeaderRules.enforcePrimary(
                s, "acquired session lock as a leader", "promoted self to leader by acquiring session lock");
    }

    private static Verdict standBack(Situation s, List<Reason> reasons) {
        boolean candidateRequested =
                s.view().failover() != null && s.view().failover().candidate() != null;
        boolean mustNotLead = s.tags().nofailover() && !s.isPaused();
        boolean mayWait = !s.local().mayAcceptWrites();
        if (LostStore.is(s) && mayWait) {
            // It follows on whom it follows: that leader may well be there, and needs it for its commits.
            return Verdict.rest(
                    Rule.NO_RACE,
                    "waiting for whoever led before the store lost its data",
                    reasons.toArray(Reason[]::new));
        }
        if ((candidateRequested || mustNotLead) && !s.answers().isSettled(Step.ScheduleDivergenceCheck.class)) {
            return Verdict.then(Rule.NO_RACE, new Step.ScheduleDivergenceCheck());
        }
        if ((candidateRequested || mustNotLead) && mayWait && !s.answers().viewReloaded()) {
            // Else this node would be told to follow nobody, and a moment later the winner.
            return Verdict.then(Rule.NO_RACE, new Step.AwaitLeader());
        }
        return mustNotLead
                ? followInstead(
                        s,
                        Rule.NO_RACE,
                        "demoting self because I am not allowed to become primary",
                        "following a different leader because I am not allowed to promote",
                        reasons)
                : followInstead(
                        s,
                        Rule.NO_RACE,
                        "demoting self because i am not the healthiest node",
                        "following a different leader because i am not the healthiest node",
                        reasons);
    }

    private static Verdict followInstead(
            Situation s, Rule rule, String demoteText, String followText, List<Reason> reasons) {
        return s.answers().viewReloaded()
                ? FollowRules.follow(s, rule, demoteText, followText).after(reasons)
                : Verdict.then(rule, new Step.ReloadView());
    }
}

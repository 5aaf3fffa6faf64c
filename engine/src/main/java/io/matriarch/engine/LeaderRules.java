package io.matriarch.engine;

import io.matriarch.model.Revision;
import io.matriarch.model.Role;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** This node has the lock (contract ha-loop.md 9.1, 9.2). */
final class LeaderRules {

    private LeaderRules() {}

    static Verdict decide(Situation s) {
        if (s.isPaused() && !s.local().primaryHere() && s.local().role() != Role.PROMOTED) {
            var request = s.view().failover();
            if (s.config().isStandbyCluster() && (request == null || !s.me().equals(request.candidate()))) {
                return renewed(s);
            }
            return request != null && s.me().equals(request.candidate())
                    ? Verdict.rest(Rule.PROMOTE, "waiting to become primary after promote...")
                    : Verdict.end(
                            Rule.PAUSED_WITHOUT_PRIMARY,
                            new Step.ReleaseLock(),
                            "removed leader lock because postgres is not running as primary");
        }
        return renewed(s);
    }

    private static Verdict renewed(Situation s) {
        return switch (s.answers().renew()) {
            case NOT_TRIED -> Verdict.then(Rule.LEAD, new Step.RenewLock(true));
            case REFUSED -> lost(s);
            case APPLIED, UNKNOWN -> lead(s);
        };
    }

    private static Verdict lost(Situation s) {
        var why = List.of(Reason.error("failed to update leader lock"));
        if (!s.local().mayAcceptWrites()) {
            return Verdict.end(
                    Rule.LOCK_LOST, new Step.Rest(), "not promoting because failed to update leader lock in DCS", why);
        }
        return s.isPaused()
                ? Verdict.end(
                        Rule.LOCK_LOST,
                        new Step.Rest(),
                        "continue to run as primary after failing to update leader lock in DCS",
                        why)
                : Verdict.end(
                        Rule.LOCK_LOST,
                        new Step.Demote(DemoteMode.IMMEDIATE_NOLOCK),
                        "demoted self because failed to update leader lock in DCS",
                        why);
    }

    private static Verdict lead(Situation s) {
        Verdict request = FailoverRequestRules.decide(s);
        if (request != null) {
            return request;
        }
        return ApiRules.isUnreachable(s) ? unreachable(s) : stay(s);
    }

    /** Nobody sees this leader: it goes in an orderly way when somebody can come, else it stays and says why. */
    private static Verdict unreachable(Situation s) {
        return switch (FailoverPossible.check(s, null, null)) {
            case FailoverPossible.Ask(var members) -> Verdict.then(Rule.API_SILENT, new Step.AskPeers(members));
            case FailoverPossible.Yes(var reasons) ->
                Verdict.end(
                                Rule.API_SILENT,
                                new Step.Demote(DemoteMode.GRACEFUL),
                                "demoting self because the REST API of this node does not answer",
                                reasons)
                        .after(List.of(ApiRules.reason(s)));
            case FailoverPossible.No(var reasons) -> {
                Verdict verdict = stay(s);
                yield verdict.result() == null
                        ? verdict
                        : verdict.after(reasons).after(List.of(ApiRules.reason(s)));
            }
        };
    }

    private static Verdict stay(Situation s) {
        if (s.local().primaryHere()
                && s.memory().rewind() != RewindState.CHECKPOINT_CONFIRMED
                && !s.answers().isSettled(Step.ConfirmCheckpoint.class)) {
            return Verdict.then(Rule.LEAD, new Step.ConfirmCheckpoint());
        }
        if (s.config().isStandbyCluster()) {
            return FollowRules.leadStandbyCluster(
                    s,
                    s.local().role() == Role.STANDBY_LEADER
                            ? "no action. I am (" + s.me() + "), the standby leader with the lock"
                            : "promoted self to a standby leader because i had the session lock");
        }
        return enforcePrimary(
                s,
                "no action. I am (" + s.me() + "), the leader with the lock",
                "promoted self to leader because I had the session lock");
    }

    /** 9.2.1; null: nothing stands in the way. */
    private static @Nullable Verdict watchdog(Situation s) {
        return switch (s.memory().watchdog()) {
            case READY -> null;
            case IDLE ->
                s.answers().isSettled(Step.ActivateWatchdog.class)
                        ? null
                        : Verdict.then(Rule.LEAD, new Step.ActivateWatchdog());
            case UNUSABLE ->
                s.local().mayAcceptWrites()
                        ? Verdict.end(
                                Rule.WATCHDOG,
                                new Step.Demote(DemoteMode.IMMEDIATE),
                                "Demoting self because watchdog could not be activated")
                        : Verdict.end(
                                Rule.WATCHDOG,
                                new Step.ReleaseLock(),
                                "Not promoting self because watchdog could not be activated");
        };
    }

    /** A server that cannot be promoted, for instance for want of space, must not keep others from leading. */
    private static Verdict giveUp(Situation s, Memory.FailedPromotion failed) {
        // Only where it is certain that PostgreSQL was not asked to promote: it may have acknowledged commits
        // otherwise.
        if (failed == Memory.FailedPromotion.SCRIPT
                && s.isSyncActive()
                && s.view().sync().isLeader(s.me())
                && !s.answers().isSettled(Step.TakeBackSyncForPromotion.class)) {
            return Verdict.then(Rule.PROMOTION_CANCELLED, new Step.TakeBackSyncForPromotion());
        }
        return switch (failed) {
            case SCRIPT ->
                Verdict.end(
                        Rule.PROMOTION_CANCELLED,
                        new Step.ReleaseLock(),
                        "Promotion cancelled because the pre-promote script failed",
                        List.of(Reason.warning(
                                "Releasing the leader key voluntarily because the pre-promote script failed")));
            case SERVER ->
                Verdict.end(
                        Rule.PROMOTION_CANCELLED,
                        new Step.ReleaseLock(),
                        "Released the leader key because PostgreSQL could not be promoted",
                        List.of(Reason.warning(
                                "PostgreSQL could not be promoted; its log says why. Somebody else may lead")));
        };
    }

    /** Decision 0016: the electorate names this node before its server accepts writes. */
    private static Verdict promote(Situation s, String promoteText) {
        if (!s.config().memberLease() && !s.view().electorate().isInForce()) {
            return promoteNow(s, promoteText);
        }
        return switch (s.answers().electorate()) {
            case NOT_TRIED ->
                switch (Clearance.of(s, s.now())) {
                    case Clearance.Given _ -> Verdict.then(Rule.PROMOTE, new Step.TakeElectorate());
                    case Clearance.Ask() -> Verdict.then(Rule.VOTES, new Step.AskForVotes());
                    case Clearance.Refused(var why) ->
                        Verdict.end(
                                Rule.VOTES,
                                new Step.ReleaseLock(),
                                "Released the leader key because the former leader may lead on by promises",
                                List.of(Reason.info(why)));
                };
            case APPLIED -> promoteNow(s, promoteText);
            case REFUSED ->
                Verdict.end(
                        Rule.VOTES,
                        new Step.ReleaseLock(),
                        "Released the leader key because the electorate was changed, or votes have ended");
            case UNKNOWN ->
                Verdict.rest(
                        Rule.PROMOTE,
                        "Postponing promotion because it is not known whether the electorate was taken over");
        };
    }

    private static Verdict promoteNow(Situation s, String promoteText) {
        return Verdict.end(
                Rule.PROMOTE,
                new Step.Promote(),
                promoteText,
                List.of(Durability.ofPromotion(s).reason()));
    }

    /** 9.2 */
    static Verdict enforcePrimary(Situation s, String leadText, String promoteText) {
        Verdict unguarded = s.isPaused() ? null : watchdog(s);
        if (unguarded != null) {
            return unguarded;
        }
        Memory.FailedPromotion failed = s.memory().failedPromotion();
        if (failed != null && !s.local().mayAcceptWrites()) {
            return giveUp(s, failed);
        }
        if (s.local().primaryHere()) {
            if (!s.isPaused() && s.answers().acquire() == LockOutcome.APPLIED && wonOnOldKey(s)) {
                return Verdict.end(
                        Rule.NOT_LEADER,
                        new Step.Demote(DemoteMode.IMMEDIATE),
                        "Demoting self because synchronous replication state was updated by somebody else");
            }
            if (s.local().role() != Role.PRIMARY && !s.answers().isSettled(Step.SetRole.class)) {
                return Verdict.then(Rule.LEAD, new Step.SetRole(Role.PRIMARY, false));
            }
            if (!s.answers().isSettled(Step.ManageSynchronousSet.class)) {
                return Verdict.then(Rule.LEAD, new Step.ManageSynchronousSet());
            }
            if (!s.answers().isSettled(Step.UpdateHistory.class)) {
                return Verdict.then(Rule.LEAD, new Step.UpdateHistory());
            }
            Verdict restore = HaRules.restoreConfig(s);
            if (restore != null) {
                return restore; // what must be there before it was written just now
            }
            Reason awaited = FailoverRequestRules.awaited(s);
            return awaited == null ? Verdict.rest(Rule.LEAD, leadText) : Verdict.rest(Rule.LEAD, leadText, awaited);
        }
        if (s.local().role() == Role.PRIMARY) {
            return Verdict.rest(Rule.LEAD, leadText);
        }
        if (s.local().role() == Role.PROMOTED) {
            return Verdict.end(
                    Rule.PROMOTE,
                    new Step.FinishPromotion(),
                    promoteText,
                    List.of(Reason.info("a promotion is under way that no task of this agent waits for")));
        }
        if (wonOnOldKey(s) || s.answers().syncPrepared() == LockOutcome.REFUSED) {
            // Who may lead was judged by a key that no longer holds: the race must be run again by the new one.
            return Verdict.end(
                    Rule.PROMOTE,
                    new Step.ReleaseLock(),
                    "Postponing promotion because synchronous replication state was updated by somebody else");
        }
        LockOutcome number = s.answers().timelineReserved();
        if (s.answers().syncPrepared() == LockOutcome.APPLIED && number != LockOutcome.APPLIED) {
            return number == LockOutcome.NOT_TRIED
                    ? Verdict.then(Rule.PROMOTE, new Step.ReserveTimeline())
                    : Verdict.rest(
                            Rule.PROMOTE,
                            "Postponing promotion because the number of its timeline could not be reserved");
        }
        return switch (s.answers().syncPrepared()) {
            case NOT_TRIED -> Verdict.then(Rule.PROMOTE, new Step.PrepareSyncForPromotion());
            case APPLIED -> promote(s, promoteText);
            case REFUSED, UNKNOWN ->
                Verdict.rest(
                        Rule.PROMOTE,
                        "Postponing promotion because it is not known whether the synchronous replication state was"
                                + " updated");
        };
    }

    /** Somebody has led, or prepared to, between the view that the lock was asked for by and the answer. */
    private static boolean wonOnOldKey(Situation s) {
        return s.isSyncActive()
                && !s.memory().syncWhenWon().equals(Revision.NONE)
                && !s.memory().syncWhenWon().equals(s.view().sync().revision())
                && !s.view().sync().isLeader(s.me());
    }
}

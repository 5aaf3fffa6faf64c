package io.matriarch.engine;

import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** PostgreSQL does not run (contract ha-loop.md 7, and 3.11 in pause). */
final class NotRunningRules {

    private NotRunningRules() {}

    /** The cycle after a start attempt (7.3). */
    static @Nullable Verdict decideAfterStart(Situation s) {
        boolean attempted = s.memory().startAttempted() || s.answers().isSettled(Step.ForgetStartAttempt.class);
        if (!attempted || s.memory().rewind().isPending()) {
            return null;
        }
        if (s.local().running()) {
            return s.answers().isSettled(Step.ForgetStartAttempt.class)
                    ? null
                    : Verdict.then(Rule.START_FAILED, new Step.ForgetStartAttempt());
        }
        if (!BootstrapRules.hasData(s)) {
            return null;
        }
        if (!s.answers().isSettled(Step.ForgetStartAttempt.class)) {
            return Verdict.then(Rule.START_FAILED, new Step.ForgetStartAttempt());
        }
        return s.hasLock()
                ? Verdict.end(
                        Rule.START_FAILED,
                        new Step.ReleaseLock(),
                        "removed leader key after trying and failing to start postgres")
                : Verdict.rest(Rule.START_FAILED, "failed to start postgres");
    }

    static @Nullable Verdict decide(Situation s) {
        if (s.local().running()) {
            return null;
        }
        var down = Reason.warning("Postgresql is not running.");
        boolean mayMend = s.memory().rewind() == RewindState.SUCCEEDED
                || (s.memory().rewind().isPending() && s.local().mayMendDivergence());
        if (s.isPaused() && !mayMend) {
            return s.hasLock()
                    ? Verdict.end(
                            Rule.NOT_RUNNING,
                            new Step.ReleaseLock(),
                            "removed leader lock because postgres is not running",
                            List.of(down))
                    : Verdict.rest(Rule.NOT_RUNNING, "postgres is not running", down);
        }
        if (s.hasLock() && s.answers().renew() == LockOutcome.NOT_TRIED) {
            return Verdict.then(Rule.CRASHED_PRIMARY, new Step.RenewLock(false), down);
        }
        Verdict inPlace = s.hasLock() && s.answers().renew() == LockOutcome.APPLIED ? asLockOwner(s) : null;
        return inPlace != null ? inPlace : startInRecovery(s);
    }

    /** 7.1: fail over at once where that is wanted and possible, else start again as primary. */
    private static @Nullable Verdict asLockOwner(Situation s) {
        if (s.isSyncActive() && !s.view().sync().isMember(s.me())) {
            return Verdict.end(
                    Rule.CRASHED_PRIMARY,
                    new Step.ReleaseLock(),
                    "Released the leader key because the synchronous replication state does not name this node",
                    List.of(Reason.warning("commits that " + s.view().sync().leader()
                            + " acknowledged in synchronous mode may not be here")));
        }
        if (s.config().primaryStartTimeout().isZero()) {
            switch (FailoverPossible.check(s, null, null)) {
                case FailoverPossible.Ask(var members) -> {
                    return Verdict.then(Rule.CRASHED_PRIMARY, new Step.AskPeers(members));
                }
                case FailoverPossible.Yes(var reasons) -> {
                    return Verdict.end(
                                    Rule.CRASHED_PRIMARY,
                                    new Step.Demote(DemoteMode.IMMEDIATE),
                                    "stopped PostgreSQL to fail over after a crash",
                                    List.of(Reason.info("Primary crashed. Failing over.")))
                            .after(reasons);
                }
                case FailoverPossible.No _ -> {
                    // Nobody else can lead: mend what is here.
                }
            }
        }
        boolean startable =
                s.local().isUncleanPrimary() || s.local().controlState().equals("shut down");
        boolean inPlace = !s.config().primaryStartTimeout().isZero()
                && startable
                && s.local().state() == PostgresState.CRASHED
                && s.local().role() == Role.PRIMARY
                && !s.local().signalFile();
        return inPlace
                ? Verdict.end(Rule.CRASHED_PRIMARY, new Step.StartAsPrimary(), "starting primary after failure")
                : null;
    }

    /** 7.2 */
    private static Verdict startInRecovery(Situation s) {
        var reasons = new ArrayList<Reason>();
        if (s.local().isUncleanPrimary()) {
            if (s.local().backupLabelRecovers()) {
                reasons.add(Reason.info("Skipping single-user crash recovery because backup_label exists; PostgreSQL "
                        + "will handle it during normal startup"));
            } else if (!s.memory().crashRecoveryDone()
                    && (s.view().isUnlocked() || s.local().rewindUsable())) {
                return Verdict.end(
                        Rule.NOT_RUNNING,
                        new Step.RecoverInSingleUserMode(),
                        "doing crash recovery in a single user mode");
            }
        }
        if (!s.answers().viewReloaded()) {
            return Verdict.then(Rule.NOT_RUNNING, new Step.ReloadView(), reasons);
        }
        boolean holdsLock = s.hasLock() && s.answers().renew() != LockOutcome.REFUSED;
        if (holdsLock && !s.config().isStandbyCluster()) {
            return Verdict.end(
                    Rule.NOT_RUNNING,
                    new Step.StartAsReplica(null),
                    "starting as readonly because i had the session lock",
                    reasons);
        }
        if (s.memory().rewind() != RewindState.SUCCEEDED
                && s.memory().rewind() != RewindState.FAILED
                && !s.answers().isSettled(Step.ScheduleDivergenceCheck.class)) {
            return Verdict.then(Rule.NOT_RUNNING, new Step.ScheduleDivergenceCheck(), reasons);
        }
        Verdict mend = DivergenceRules.decide(s);
        return mend != null
                ? mend.after(reasons)
                : Verdict.end(
                        Rule.NOT_RUNNING,
                        new Step.StartAsReplica(FollowRules.upstream(s), FollowRules.roleToFollowAs(s)),
                        startText(s, holdsLock),
                        reasons);
    }

    private static String startText(Situation s, boolean holdsLock) {
        if (!s.config().isStandbyCluster()) {
            return "starting as a secondary";
        }
        if (holdsLock) {
            return "starting as a standby leader because i had the session lock";
        }
        return s.view().isUnlocked()
                ? "trying to follow a remote member because standby cluster is unhealthy"
                : "starting as a secondary";
    }
}

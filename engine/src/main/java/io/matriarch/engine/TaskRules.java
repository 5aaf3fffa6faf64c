package io.matriarch.engine;

import io.matriarch.model.Role;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** While a background task runs (contract ha-loop.md 4). */
final class TaskRules {

    private static final String CRASH_RECOVERY = "doing crash recovery in a single user mode";

    private TaskRules() {}

    static @Nullable Verdict decide(Situation s) {
        String task = s.memory().task();
        if (task == null) {
            return null;
        }
        if (s.hasLock()) {
            if (s.answers().renew() == LockOutcome.NOT_TRIED) {
                return Verdict.then(Rule.TASK_RUNNING, new Step.RenewLock(false));
            }
            if (s.answers().renew() == LockOutcome.APPLIED) {
                Verdict tooLong = task.equals(CRASH_RECOVERY) ? crashRecoveryTakesTooLong(s) : null;
                return tooLong != null
                        ? tooLong
                        : Verdict.rest(Rule.TASK_RUNNING, "updated leader lock during " + task);
            }
        }
        boolean bootstrapping = s.memory().bootstrap() != Memory.BootstrapPhase.NONE;
        if (!bootstrapping && !s.isPaused()) {
            if (task.equals("promote") && s.memory().taskCancellable()) {
                return Verdict.end(Rule.TASK_LOST_LOCK, new Step.CancelTask(), "lost leader before promote");
            }
            if (s.local().role() == Role.PRIMARY || s.local().mayAcceptWrites()) {
                return Verdict.end(
                        Rule.TASK_LOST_LOCK,
                        new Step.Demote(DemoteMode.IMMEDIATE_NOLOCK),
                        "lost leader lock during " + task,
                        List.of(Reason.info("Demoting primary during " + task)));
            }
        }
        return s.view().isUnlocked()
                ? Verdict.rest(
                        Rule.TASK_RUNNING, task + " in progress", Reason.info("not healthy enough for leader race"))
                : Verdict.rest(Rule.TASK_RUNNING, task + " in progress");
    }

    private static @Nullable Verdict crashRecoveryTakesTooLong(Situation s) {
        if (s.memory().startingFor().compareTo(s.config().primaryStartTimeout()) < 0) {
            return null;
        }
        return switch (FailoverPossible.check(s, null, null)) {
            case FailoverPossible.Ask(var members) -> Verdict.then(Rule.TASK_RUNNING, new Step.AskPeers(members));
            case FailoverPossible.Yes(var reasons) ->
                Verdict.end(
                                Rule.STARTING_TOO_LONG,
                                new Step.Demote(DemoteMode.IMMEDIATE),
                                "terminated crash recovery because of startup timeout",
                                List.of(Reason.info("Demoting self because crash recovery is taking too long")))
                        .after(reasons);
            case FailoverPossible.No _ -> null;
        };
    }
}

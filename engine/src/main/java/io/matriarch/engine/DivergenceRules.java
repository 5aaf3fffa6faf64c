package io.matriarch.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** When the local WAL is compared with the leader's, and what follows from it (contract ha-loop.md 12.1, 12.3). */
final class DivergenceRules {

    private DivergenceRules() {}

    static @Nullable Verdict decide(Situation s) {
        String leader = s.view().leaderName();
        if (leader == null || leader.equals(s.me())) {
            return null;
        }
        boolean reachable = s.view().leaderMember().filter(m -> m.address() != null).isPresent();
        if (!reachable) {
            return null;
        }
        if (s.memory().rewind() == RewindState.FAILED && !s.local().running() && s.local().removeWhenRewindFails()) {
            return Verdict.end(
                    Rule.REWIND_FAILED,
                    new Step.ReinitializeDiverged(),
                    "reinitializing because pg_rewind failed",
                    List.of(Reason.warning("pg_rewind failed and its configuration allows to remove the data directory")));
        }
        if (!s.memory().rewind().isPending() || !s.local().mayMendDivergence()) {
            return null;
        }
        if (s.memory().rewind() == RewindState.CHECK_SCHEDULED && !s.answers().divergenceChecked()) {
            return Verdict.then(Rule.DIVERGED, new Step.CheckDivergence(leader));
        }
        if (s.memory().rewind() != RewindState.NEEDED) {
            return null;
        }
        if (s.local().rewindUsable()) {
            if (!s.local().running()
                    && s.local().controlState().equals("in archive recovery")
                    && !s.memory().crashRecoveryDone()) {
                return Verdict.end(
                        Rule.DIVERGED,
                        new Step.RecoverInSingleUserMode(),
                        "doing crash recovery in a single user mode");
            }
            return Verdict.end(Rule.DIVERGED, new Step.Rewind(leader), "running pg_rewind from " + leader);
        }
        return Verdict.end(
                Rule.DIVERGED, new Step.ReinitializeDiverged(), "reinitializing due to diverged timelines");
    }
}

package io.matriarch.engine;

import io.matriarch.model.RemoteMember;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When the local WAL is compared with the leader's (in a standby cluster: with the remote member's), and what follows from it (contract
 * ha-loop.md 12.1, 12.3).
 */
final class DivergenceRules {

    private DivergenceRules() {}

    static @Nullable Verdict decide(Situation s) {
        boolean standbyCluster = s.config().isStandbyCluster();
        String leader = standbyCluster ? FollowRules.remote(s) : s.view().leaderName();
        if (leader == null || leader.equals(s.me())) {
            return null;
        }
        boolean reachable = standbyCluster
                ? s.config().remoteMember().filter(RemoteMember::hasAddress).isPresent()
                : s.view().leaderMember().filter(m -> m.address() != null).isPresent();
        if (!reachable) {
            return null;
        }
        if (s.memory().rewind() == RewindState.FAILED
                && !s.local().running()
                && s.local().removeWhenRewindFails()) {
            return Verdict.end(
                    Rule.REWIND_FAILED,
                    new Step.ReinitializeDiverged(),
                    "reinitializing because pg_rewind failed",
                    List.of(Reason.warning(
                            "pg_rewind failed and its configuration allows to remove the data directory")));
        }
        // what a stopped server has not replayed can be taken away without pg_rewind
        boolean mayMend = s.local().mayMendDivergence() || !s.local().running();
        if (!s.memory().rewind().isPending() || !mayMend) {
            return null;
        }
        boolean outdated =
                (s.memory().rewind() == RewindState.UNREPLAYED && s.local().running())
                        || s.memory().rewind() == RewindState.ASTRAY;
        boolean due = s.memory().rewind() == RewindState.CHECK_SCHEDULED || outdated;
        if (due && !s.answers().divergenceChecked()) {
            return Verdict.then(Rule.DIVERGED, new Step.CheckDivergence(leader));
        }
        if (s.memory().rewind() == RewindState.UNREPLAYED && !s.local().running()) {
            return Verdict.end(
                    Rule.DIVERGED,
                    new Step.SetAsideUnreplayedWal(),
                    "setting aside WAL that is not part of the history of " + leader);
        }
        if (s.memory().rewind() == RewindState.ASTRAY && s.local().running() && !s.isPaused()) {
            return Verdict.end(
                    Rule.DIVERGED,
                    new Step.TurnBack(),
                    "stopping PostgreSQL to turn it back from a timeline that " + leader + " is not on");
        }
        if (s.memory().rewind() != RewindState.NEEDED || !s.local().mayMendDivergence()) {
            return null;
        }
        if (s.local().rewindUsable()) {
            if (!s.local().running()
                    && s.local().controlState().equals("in archive recovery")
                    && !s.memory().crashRecoveryDone()) {
                return Verdict.end(
                        Rule.DIVERGED, new Step.RecoverInStandbyMode(), "doing crash recovery in standby mode");
            }
            return Verdict.end(Rule.DIVERGED, new Step.Rewind(leader), "running pg_rewind from " + leader);
        }
        if (standbyCluster) {
            return null; // contract 12.3: only pg_rewind mends it there
        }
        return Verdict.end(Rule.DIVERGED, new Step.ReinitializeDiverged(), "reinitializing due to diverged timelines");
    }
}

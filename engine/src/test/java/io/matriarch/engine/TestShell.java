package io.matriarch.engine;

import io.matriarch.model.PeerStatus;
import java.util.List;
import java.util.Set;

/** Answers every question in the plainest way, so that a decision can be followed to its end. */
final class TestShell {

    private TestShell() {}

    static Situation perform(Step step, Situation s) {
        Answers a = s.answers();
        return switch (step) {
            case Step.RenewLock _ -> s.with(a.withRenew(LockOutcome.APPLIED));
            case Step.AcquireLock _ -> s.with(a.withAcquire(LockOutcome.APPLIED));
            case Step.AskPeers(var names) ->
                s.with(a.withPeers(names.stream()
                        .map(n -> (PeerStatus) new PeerStatus.Unreachable(n, "test"))
                        .toList()));
            case Step.ReloadView _, Step.AwaitLeader _ -> s.with(a.withViewReloaded());
            case Step.ClearFailover _ -> s.with(s.view().withFailover(null));
            case Step.RaceForInitialize _ -> s.with(a.withInitializeRace(LockOutcome.APPLIED));
            case Step.CheckDivergence _ -> s.with(a.withDivergenceChecked());
            case Step.PrepareSyncForPromotion _ -> s.with(a.withSyncPrepared(LockOutcome.APPLIED));
            case Step.AskForFailsafe _ ->
                s.with(a.withFailsafe(new FailsafeCheck(FailsafeCheck.Outcome.ALL_ACCEPT, List.of())));
            case Step.AskForVotes _ ->
                s.with(a.withVotes(new Clearance.Votes(
                        s.view().electorate().revision(),
                        s.now(),
                        s.timing().ttl(),
                        s.view().electorate().members(),
                        false,
                        Set.of())));
            case Step.TakeElectorate _ -> s.with(a.withElectorate(LockOutcome.APPLIED));
            case Step.ReserveTimeline _ -> s.with(a.withTimelineReserved(LockOutcome.APPLIED));
            default -> s.with(a.withSettled(step));
        };
    }
}

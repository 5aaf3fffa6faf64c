package io.matriarch.engine;

import io.matriarch.model.FailoverRequest;
import io.matriarch.model.Role;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One thing a node can do next. The first group finds something out or settles something small: the engine is asked
 * again with its outcome. The second group acts on PostgreSQL and ends the cycle.
 */
public sealed interface Step {

    // ---- asked again afterwards

    /**
     * Renew the leader key.
     *
     * @param withStatus publish position and slots as well
     */
    record RenewLock(boolean withStatus) implements Step {}

    record AcquireLock() implements Step {}

    /** Ask these members for their status, all at once. */
    record AskPeers(List<String> members) implements Step {
        public AskPeers {
            members = List.copyOf(members);
        }
    }

    record ReloadView() implements Step {}

    /** Give somebody else a moment to take the lock, and read the cluster again (contract ha-loop.md 8.6). */
    record AwaitLeader() implements Step {}

    /**
     * Ask for what lets a primary lead on without a store: promises of enough members (decision 0016), or the consent of
     * every member of the failsafe map (contract ha-loop.md 13).
     */
    record AskForFailsafe() implements Step {}

    /** Empty the {@code failover} key if it still holds this request. */
    record ClearFailover(FailoverRequest request) implements Step {}

    /** The lock was won: clear the request, or in pause keep only its candidate. */
    record SettleFailover(FailoverRequest request, boolean keepCandidate) implements Step {

        public static SettleFailover of(FailoverRequest request, boolean paused) {
            return new SettleFailover(request, paused && request.leader() != null && request.candidate() != null);
        }

        /** What is written. */
        public String value() {
            return keepCandidate
                    ? new FailoverRequest(null, request.candidate(), null, request.revision()).toJson()
                    : FailoverRequest.CLEARED;
        }

        /** For the log. */
        public String text() {
            return keepCandidate
                    ? "Updating failover key after acquiring leader lock..."
                    : "Cleaning up failover key after acquiring leader lock...";
        }
    }

    record RaceForInitialize() implements Step {}

    record WriteInitialize(String systemIdentifier) implements Step {}

    /** Put our last accepted dynamic configuration into the store. */
    record RestoreConfig() implements Step {}

    /** From now on the local WAL must be compared with the leader's before it is followed. */
    record ScheduleDivergenceCheck() implements Step {}

    /** Compare our WAL with that of this member. */
    record CheckDivergence(String leader) implements Step {}

    /** Write the sync state that a promotion needs, before it (contract replication.md 1.6). */
    record PrepareSyncForPromotion() implements Step {}

    /** Put back the sync state of before {@link PrepareSyncForPromotion}: the promotion did not begin. */
    record TakeBackSyncForPromotion() implements Step {}

    /** Take a number in the store for the timeline that a promotion begins, before it (decision 0011). */
    record ReserveTimeline() implements Step {}

    /** Ask the electorate, and its leader, whether that leader can still lead by promises (decision 0016). */
    record AskForVotes() implements Step {}

    /** Write an electorate of our own in place of the one that was read, before a promotion (decision 0016). */
    record TakeElectorate() implements Step {}

    /** Confirm that the checkpoint after promotion is through, or run it. */
    record ConfirmCheckpoint() implements Step {}

    /** Bring the synchronous set and the sync key to what is wanted (contract replication.md 1). */
    record ManageSynchronousSet() implements Step {}

    /** Activate the watchdog before leading; what came of it is in the memory (contract watchdog-and-process.md 1.2). */
    record ActivateWatchdog() implements Step {}

    record UpdateHistory() implements Step {}

    record ForgetStartAttempt() implements Step {}

    /** The data directory is empty: role, stray postmaster. */
    record EnterUninitialized() implements Step {}

    record SetRole(Role role, boolean callback) implements Step {}

    // ---- ends the cycle

    record Rest() implements Step {}

    record ReleaseLock() implements Step {}

    record CancelTask() implements Step {}

    record Demote(DemoteMode mode) implements Step {}

    record Promote() implements Step {}

    /** Ask again for a promotion that is under way, and wait for its end: no task here does. */
    record FinishPromotion() implements Step {}

    /** Start as primary again, without a change of timeline. */
    record StartAsPrimary() implements Step {}

    /**
     * Start in recovery.
     *
     * @param upstream whom to follow; null: nobody
     * @param role replica or standby leader
     */
    record StartAsReplica(@Nullable String upstream, Role role) implements Step {
        public StartAsReplica(@Nullable String upstream) {
            this(upstream, Role.REPLICA);
        }
    }

    record RecoverInSingleUserMode() implements Step {}

    /**
     * Start a standby that was killed, with nobody to follow, and stop it: {@code pg_rewind} wants a clean end. Single-user mode
     * would make one by writing to a timeline that is not this node's to write, and {@code pg_rewind} takes what stands
     * there for what the owner of the timeline wrote.
     */
    record RecoverInStandbyMode() implements Step {}

    /**
     * Bring a shutdown to its end that is under way.
     *
     * @param immediately without waiting for what it waits for
     */
    record FinishStop(boolean immediately) implements Step {}

    /**
     * Make a running replica follow this member; null: nobody.
     *
     * @param role replica or standby leader
     */
    record Follow(@Nullable String upstream, Role role) implements Step {
        public Follow(@Nullable String upstream) {
            this(upstream, Role.REPLICA);
        }
    }

    record Rewind(String leader) implements Step {}

    record ReinitializeDiverged() implements Step {}

    /**
     * Take away WAL of a stopped server that it has not replayed and that is not part of the leader's history, or the history of a timeline
     * that the leader is not on. It would replay the one, and head for the other, with its next start.
     */
    record SetAsideUnreplayedWal() implements Step {}

    /**
     * Stop a standby whose recovery may be heading for a timeline that the leader is not on. PostgreSQL looks for its target
     * again only when it is started; before that, {@link SetAsideUnreplayedWal} takes away what leads there.
     */
    record TurnBack() implements Step {}

    record Bootstrap() implements Step {}

    /** Make a standby cluster out of a copy of the remote member. */
    record BootstrapStandbyLeader() implements Step {}

    record PostBootstrap() implements Step {}

    record FinishBootstrap() implements Step {}

    record FailBootstrap() implements Step {}

    /**
     * Clone from a member.
     *
     * @param source null: with methods that need none
     */
    record Clone(@Nullable String source) implements Step {}

    /**
     * End this process.
     *
     * @param stopPostgres whether PostgreSQL is stopped as on a normal shutdown
     */
    record Exit(int code, boolean stopPostgres) implements Step {}
}

package io.matriarch.engine;

import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What this node remembers between cycles.
 *
 * @param task name of the background job that runs; null: none
 * @param taskCancellable whether the running promotion may still be called off
 * @param startAttempted whether the previous cycle tried to start PostgreSQL
 * @param crashRecoveryDone whether single-user recovery was done since the last start
 * @param callbackCalled whether a lifecycle callback was run by this process
 * @param bootstrap how far a bootstrap of this node is
 * @param noRace after a failed promotion; null: no limit
 * @param failedPromotion how the last promotion failed, if the lock was not given up for it yet; null: it did not
 * @param leaderMissingSince when the leader key was first missed; null: there is one, or it is not counted
 * @param storeLostSince since when the store, whenever it was read, had lost the cluster; null: it has not
 * @param lockTakenUnaware the lock was asked for by a view that had the cluster, and no view under this lock has had it yet
 * @param previousPosition our position one cycle ago; {@link Lsn#NONE} unknown
 * @param startingFor how long PostgreSQL is starting
 * @param startTimeout limit of that start; null: {@code primary_start_timeout}
 * @param startedAt when this process began; what its predecessor promised is not known
 * @param watchdog whether the watchdog must be activated, or forbids to lead
 * @param apiSilence null: the own REST API answers
 * @param interruptedRejoin what a rewind or clone that was cut off asks for; null: nothing was cut off
 * @param lease what bears on leases that members grant
 * @param syncWhenWon revision of the sync key on which this node won the lock; {@link Revision#NONE}: it did not race
 */
public record Memory(
        @Nullable String task,
        boolean taskCancellable,
        boolean startAttempted,
        RewindState rewind,
        boolean crashRecoveryDone,
        boolean callbackCalled,
        BootstrapPhase bootstrap,
        @Nullable NoRace noRace,
        @Nullable FailedPromotion failedPromotion,
        @Nullable MonotonicTime leaderMissingSince,
        @Nullable MonotonicTime storeLostSince,
        boolean lockTakenUnaware,
        Lsn previousPosition,
        Duration startingFor,
        @Nullable Duration startTimeout,
        MonotonicTime startedAt,
        WatchdogCondition watchdog,
        @Nullable ApiSilence apiSilence,
        @Nullable String interruptedRejoin,
        LeaseMemory lease,
        Revision syncWhenWon) {

    /**
     * What bears on leases that members grant (decision 0016).
     *
     * @param missingSince when the leader key was first missed with that electorate; null: it is there
     * @param missedWith version of the electorate that the store had all the time since then
     * @param earlier how long what an earlier process of this member promised may bind after the start of this one
     */
    public record LeaseMemory(@Nullable MonotonicTime missingSince, Revision missedWith, Duration earlier) {

        public static final LeaseMemory NONE = new LeaseMemory(null, Revision.NONE, Duration.ZERO);

        /** How long; nothing under another electorate: somebody led in between. */
        public Duration missing(Revision electorate, MonotonicTime now) {
            return missingSince == null || !missedWith.equals(electorate) ? Duration.ZERO : now.since(missingSince);
        }
    }

    /**
     * The REST API of this node does not answer the requests that the node sends to itself.
     *
     * @param length since the first of them
     * @param reason what happened instead of an answer
     * @param handedOver whether this node gave the lead away for it since then
     */
    public record ApiSilence(Duration length, String reason, boolean handedOver) {}

    /** How a promotion failed. */
    public enum FailedPromotion {
        /** In its {@code pre_promote} script. */
        SCRIPT,
        /** In the server, which did not begin it or did not live through it. */
        SERVER
    }

    /** Somebody else must get a chance to lead first. */
    public record NoRace(MonotonicTime until, FailedPromotion why) {}

    /** How far a bootstrap is. */
    public enum BootstrapPhase {
        NONE,
        RUNNING,
        SERVER_STARTED,
        POST_BOOTSTRAP_RUNNING,
        DONE,
        FAILED
    }
}

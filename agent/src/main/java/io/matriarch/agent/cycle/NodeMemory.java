package io.matriarch.agent.cycle;

import io.matriarch.agent.node.ScheduledRestart;
import io.matriarch.engine.Durability;
import io.matriarch.engine.Memory;
import io.matriarch.engine.Memory.ApiSilence;
import io.matriarch.engine.Memory.BootstrapPhase;
import io.matriarch.engine.Memory.FailedPromotion;
import io.matriarch.engine.Memory.LeaseMemory;
import io.matriarch.engine.Memory.NoRace;
import io.matriarch.engine.RewindState;
import io.matriarch.engine.WatchdogCondition;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What this node remembers between cycles. Changed only by the cycle's thread: by the cycle itself and by the completions
 * of jobs, which it runs.
 */
public final class NodeMemory {

    private static final Duration CUT_OFF = Duration.ofSeconds(10);

    private final MonotonicTime startedAt;
    RewindState rewind = RewindState.INITIAL;
    BootstrapPhase bootstrap = BootstrapPhase.NONE;
    boolean startAttempted;
    boolean crashRecoveryDone;
    boolean wasPaused;

    /** Primary at the last look, and not yet said what became of its commits since it is not. */
    boolean wasPrimary;

    @Nullable
    Durability durability;

    @Nullable
    FailedPromotion failedPromotion;

    @Nullable
    NoRace noRace;

    @Nullable
    MonotonicTime leaderMissingSince;

    private @Nullable MonotonicTime streamMissingSince;
    private boolean comparedWithoutStream;

    /** Since then the store had lost the cluster each time it was to be read. */
    private @Nullable MonotonicTime storeLostSince;
    /** See {@link Memory#lockTakenUnaware}. */
    boolean lockTakenUnaware;

    @Nullable
    MonotonicTime startingSince;

    @Nullable
    MonotonicTime crashRecoverySince;

    /** Of the sync key on which the lock was won. */
    Revision syncWhenWon = Revision.NONE;

    @Nullable
    Duration startTimeout;
    /** Set by REST requests, read by the cycle. */
    volatile @Nullable ScheduledRestart scheduledRestart;

    /** Whether the lead was given away because the REST API does not answer; until it does. */
    boolean handedOverForApi;

    Lsn previousPosition = Lsn.NONE;
    Lsn currentPosition = Lsn.NONE;
    ClusterView ledView = ClusterView.EMPTY;
    /** Set by a job at its point of no return, read by the cycle. */
    volatile boolean promotionCancellable;

    /** When the leader key was first missed while the store had {@link #missedWith}; null: it is there. */
    private @Nullable MonotonicTime keyMissingSince;

    private Revision missedWith = Revision.NONE;
    private final Duration earlierPromises;

    NodeMemory(MonotonicTime startedAt, Duration earlierPromises) {
        this.earlierPromises = earlierPromises;
        this.startedAt = startedAt;
    }

    /** The immutable form that the engine looks at. */
    Memory snapshot(
            MonotonicTime now,
            @Nullable String task,
            boolean callbackCalled,
            WatchdogCondition watchdog,
            @Nullable ApiSilence api,
            @Nullable String rejoin) {
        MonotonicTime since = startingSince != null ? startingSince : crashRecoverySince;
        Duration startingFor = since == null ? Duration.ZERO : now.since(since);
        return new Memory(
                task,
                promotionCancellable,
                startAttempted,
                rewind,
                crashRecoveryDone,
                callbackCalled,
                bootstrap,
                noRace,
                failedPromotion,
                leaderMissingSince,
                storeLostSince,
                lockTakenUnaware,
                previousPosition,
                startingFor,
                startTimeout,
                startedAt,
                watchdog,
                api,
                rejoin,
                new LeaseMemory(keyMissingSince, missedWith, earlierPromises),
                syncWhenWon);
    }

    /** Keeps the last view that had a leader, or any view before the first such. What a store says that lost its data is not one. */
    void remember(ClusterView view, String me) {
        if (view.isLeader(me) && !view.lacksCluster()) {
            lockTakenUnaware = false;
        }
        if (view.hasLostCluster(me) || (view.lacksCluster() && !ledView.lacksCluster())) {
            return;
        }
        if (!view.isUnlocked() || ledView.members().isEmpty()) {
            ledView = view;
        }
    }

    /** Counts anew when the electorate has changed: somebody led meanwhile (decision 0016). */
    void missLeader(ClusterView view, MonotonicTime now) {
        Revision electorate = view.electorate().revision();
        if (!view.isUnlocked()) {
            keyMissingSince = null;
        } else if (keyMissingSince == null || !electorate.equals(missedWith)) {
            keyMissingSince = now;
            missedWith = electorate;
        }
    }

    /** @param view null: it could not be read, and somebody may have led meanwhile */
    void missCluster(@Nullable ClusterView view, String me, MonotonicTime now) {
        if (view == null || !view.hasLostCluster(me)) {
            storeLostSince = null;
        } else if (storeLostSince == null) {
            storeLostSince = now;
        }
    }

    /** A standby that streams nothing for a while is compared with the leader once more: it may be heading for another timeline. */
    void missStream(boolean missing, MonotonicTime now) {
        if (!missing) {
            streamMissingSince = null;
            comparedWithoutStream = false;
        } else if (streamMissingSince == null) {
            streamMissingSince = now;
        } else if (!comparedWithoutStream && now.since(streamMissingSince).compareTo(CUT_OFF) >= 0) {
            comparedWithoutStream = true;
            scheduleDivergenceCheck();
        }
    }

    void scheduleDivergenceCheck() {
        rewind = rewind.withCheckScheduled();
    }
}

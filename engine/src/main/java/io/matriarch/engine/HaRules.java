package io.matriarch.engine;

import io.matriarch.model.DynamicConfig.SynchronousMode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The order in which the rules are asked (contract ha-loop.md 3). The first rule that applies decides.
 *
 * <p>The function is asked again and again within a cycle, each time with one more answer, and must come to an end:
 * every step that is not final either changes the situation so that its rule no longer applies, or is marked as settled.
 */
public final class HaRules {

    private HaRules() {}

    /** Decides with a view that was read in this cycle. */
    public static Verdict decide(Situation s) {
        if (s.answers().renew() == LockOutcome.UNKNOWN
                || s.answers().acquire() == LockOutcome.UNKNOWN
                || s.answers().initializeRace() == LockOutcome.UNKNOWN) {
            return StoreDownRules.decide(s);
        }
        Verdict verdict = LostStore.giveBackLock(s);
        if (verdict == null) {
            verdict = repairKeys(s);
        }
        if (verdict == null) {
            verdict = TaskRules.decide(s);
        }
        if (verdict == null) {
            verdict = StartingRules.decide(s);
        }
        if (verdict == null) {
            verdict = StoppingRules.decide(s);
        }
        if (verdict == null) {
            verdict = BootstrapRules.decideEnd(s);
        }
        if (verdict == null) {
            verdict = NotRunningRules.decideAfterStart(s);
        }
        if (verdict == null) {
            verdict = BootstrapRules.decideDataDirectory(s);
        }
        if (verdict == null) {
            verdict = NotRunningRules.decide(s);
        }
        if (verdict == null) {
            verdict = unanswered(s);
        }
        if (verdict == null) {
            verdict = s.view().isUnlocked() || s.answers().acquire() != LockOutcome.NOT_TRIED
                    ? RaceRules.decide(s)
                    : s.hasLock() ? LeaderRules.decide(s) : FollowRules.decide(s);
        }
        boolean stillStarting = s.local().state().isStarting() && !s.hasLock() && !s.isPaused();
        return stillStarting && verdict.result() != null && s.memory().task() == null
                ? verdict.after(List.of(Reason.info("Still starting up as a standby.")))
                : verdict;
    }

    /** Decides when the store could not be read. */
    public static Verdict decideWithoutStore(Situation s) {
        return StoreDownRules.decide(s);
    }

    private static @Nullable Verdict repairKeys(Situation s) {
        if (!s.hasLock()) {
            return null;
        }
        String identifier = s.local().systemIdentifier();
        if (!s.view().hasValidInitialize()
                && identifier != null
                && s.memory().bootstrap() == Memory.BootstrapPhase.NONE
                && !s.answers().isSettled(Step.WriteInitialize.class)) {
            return Verdict.then(Rule.REPAIR_INITIALIZE, new Step.WriteInitialize(identifier));
        }
        return mayRestoreConfig(s) ? restoreConfig(s) : null;
    }

    /** Null: it is there, or this cycle has tried already. */
    static @Nullable Verdict restoreConfig(Situation s) {
        return hasConfig(s) || s.answers().isSettled(Step.RestoreConfig.class)
                ? null
                : Verdict.then(Rule.REPAIR_CONFIG, new Step.RestoreConfig());
    }

    private static boolean hasConfig(Situation s) {
        return s.view().config() != null && s.view().config().hasContent();
    }

    /** The last key of all: where it is, others rely on what the sync key says and on the numbers of timelines (decision 0020). */
    public static boolean mayRestoreConfig(Situation s) {
        if (!s.hasLock() || hasConfig(s)) {
            return false;
        }
        if (s.config().isStandbyCluster()) {
            return true;
        }
        boolean saysWhoHoldsAll = s.config().synchronousMode() == SynchronousMode.OFF
                || !s.view().sync().isEmpty();
        int timeline = s.local().timeline();
        boolean saysWhichIsTaken =
                timeline == 1 || (timeline > 1 && s.view().reservedTimeline().timeline() >= timeline);
        return s.local().primaryHere() && saysWhoHoldsAll && saysWhichIsTaken;
    }

    /**
     * A replica that cannot be asked, for instance because the superuser's password is wrong, neither races nor is told
     * to follow: its position is not known, and a restart for the sake of its settings would come again each cycle.
     */
    private static @Nullable Verdict unanswered(Situation s) {
        boolean silent = s.local().running()
                && !s.local().state().isStarting()
                && !s.local().mayAcceptWrites()
                && !s.local().position().isKnown();
        return silent && !s.hasLock()
                ? Verdict.rest(Rule.UNANSWERED, "Error communicating with PostgreSQL. Will try again later")
                : null;
    }
}

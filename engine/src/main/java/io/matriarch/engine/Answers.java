package io.matriarch.engine;

import io.matriarch.model.PeerStatus;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What was found out and settled since this cycle began.
 *
 * @param renew how the renewal of the leader key ended
 * @param acquire how the attempt to take it ended
 * @param initializeRace how the race for {@code initialize} ended
 * @param peers answers by member
 * @param viewReloaded whether the view was read again
 * @param divergenceChecked whether the local WAL was compared with the leader's
 * @param settled steps that are done and need not be repeated
 * @param syncPrepared how writing the sync state before a promotion ended
 * @param timelineReserved how taking a number for the timeline of a promotion ended
 * @param votes what members said about a former leader that may lead on by promises; null: not asked
 * @param electorate how taking the electorate over before a promotion ended
 * @param failsafe what the other members said while the store is away; null: not asked
 */
public record Answers(
        LockOutcome renew,
        LockOutcome acquire,
        LockOutcome initializeRace,
        Map<String, PeerStatus> peers,
        boolean viewReloaded,
        boolean divergenceChecked,
        Set<Class<? extends Step>> settled,
        LockOutcome syncPrepared,
        LockOutcome timelineReserved,
        Clearance.@Nullable Votes votes,
        LockOutcome electorate,
        @Nullable FailsafeCheck failsafe) {

    public static final Answers NONE = new Answers(
            LockOutcome.NOT_TRIED,
            LockOutcome.NOT_TRIED,
            LockOutcome.NOT_TRIED,
            Map.of(),
            false,
            false,
            Set.of(),
            LockOutcome.NOT_TRIED,
            LockOutcome.NOT_TRIED,
            null,
            LockOutcome.NOT_TRIED,
            null);

    public Answers {
        peers = Collections.unmodifiableMap(new LinkedHashMap<>(peers));
        settled = Set.copyOf(settled);
    }

    boolean isSettled(Class<? extends Step> step) {
        return settled.contains(step);
    }

    public Answers withRenew(LockOutcome outcome) {
        return new Answers(
                outcome,
                acquire,
                initializeRace,
                peers,
                viewReloaded,
                divergenceChecked,
                settled,
                syncPrepared,
                timelineReserved,
                votes,
                electorate,
                failsafe);
    }

    public Answers withAcquire(LockOutcome outcome) {
        return new Answers(
                renew,
                outcome,
                initializeRace,
                peers,
                viewReloaded,
                divergenceChecked,
                settled,
                syncPrepared,
                timelineReserved,
                votes,
                electorate,
                failsafe);
    }

    public Answers withInitializeRace(LockOutcome outcome) {
        return new Answers(
                renew,
                acquire,
                outcome,
                peers,
                viewReloaded,
                divergenceChecked,
                settled,
                syncPrepared,
                timelineReserved,
                votes,
                electorate,
                failsafe);
    }

    public Answers withPeers(Iterable<PeerStatus> answers) {
        var all = new LinkedHashMap<>(peers);
        answers.forEach(a -> all.put(a.member(), a));
        return new Answers(
                renew,
                acquire,
                initializeRace,
                all,
                viewReloaded,
                divergenceChecked,
                settled,
                syncPrepared,
                timelineReserved,
                votes,
                electorate,
                failsafe);
    }

    public Answers withViewReloaded() {
        return new Answers(
                renew,
                acquire,
                initializeRace,
                peers,
                true,
                divergenceChecked,
                settled,
                syncPrepared,
                timelineReserved,
                votes,
                electorate,
                failsafe);
    }

    public Answers withDivergenceChecked() {
        return new Answers(
                renew,
                acquire,
                initializeRace,
                peers,
                viewReloaded,
                true,
                settled,
                syncPrepared,
                timelineReserved,
                votes,
                electorate,
                failsafe);
    }

    public Answers withSyncPrepared(LockOutcome outcome) {
        return new Answers(
                renew,
                acquire,
                initializeRace,
                peers,
                viewReloaded,
                divergenceChecked,
                settled,
                outcome,
                timelineReserved,
                votes,
                electorate,
                failsafe);
    }

    public Answers withFailsafe(FailsafeCheck check) {
        return new Answers(
                renew,
                acquire,
                initializeRace,
                peers,
                viewReloaded,
                divergenceChecked,
                settled,
                syncPrepared,
                timelineReserved,
                votes,
                electorate,
                check);
    }

    public Answers withTimelineReserved(LockOutcome outcome) {
        return new Answers(
                renew,
                acquire,
                initializeRace,
                peers,
                viewReloaded,
                divergenceChecked,
                settled,
                syncPrepared,
                outcome,
                votes,
                electorate,
                failsafe);
    }

    public Answers withVotes(Clearance.Votes said) {
        return new Answers(
                renew,
                acquire,
                initializeRace,
                peers,
                viewReloaded,
                divergenceChecked,
                settled,
                syncPrepared,
                timelineReserved,
                said,
                electorate,
                failsafe);
    }

    public Answers withElectorate(LockOutcome outcome) {
        return new Answers(
                renew,
                acquire,
                initializeRace,
                peers,
                viewReloaded,
                divergenceChecked,
                settled,
                syncPrepared,
                timelineReserved,
                votes,
                outcome,
                failsafe);
    }

    /** Marks a step as done for this cycle. */
    public Answers withSettled(Step step) {
        var all = new HashSet<>(settled);
        all.add(step.getClass());
        return new Answers(
                renew,
                acquire,
                initializeRace,
                peers,
                viewReloaded,
                divergenceChecked,
                all,
                syncPrepared,
                timelineReserved,
                votes,
                electorate,
                failsafe);
    }
}

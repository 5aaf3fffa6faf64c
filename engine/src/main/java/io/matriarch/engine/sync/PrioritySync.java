package io.matriarch.engine.sync;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.SyncState;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;

/**
 * Priority mode: the next change on the way to the wanted synchronous set (contract replication.md 1.3–1.5).
 *
 * <p>Invariant, after every single step: a name stands in the key only while it stands in the parameter and is confirmed.
 * So a name is added to the parameter first and to the key last, and leaves the key first and the parameter last. Whoever
 * reads the key at any moment, after any crash, finds only names that hold every acknowledged commit.
 */
public final class PrioritySync {

    private PrioritySync() {}

    /**
     * The next step; to be asked again with fresh facts after each.
     *
     * @param waited whether confirmation was awaited already in this round
     */
    public static SyncStep next(
            String me, DynamicConfig config, SyncState key, StandbyNames parameter, Standbys standbys, boolean waited) {
        if (key.isEmpty()) {
            return SyncStep.WriteKey.enable();
        }
        if (!key.isLeader(me)) {
            return new SyncStep.WriteKey(
                    0,
                    List.of(),
                    "Inconsistent state of /sync key detected, leader = " + key.leader() + " doesn't match " + me
                            + ", updating synchronous replication key",
                    true);
        }
        SortedSet<String> voters = Names.of(key.voters());
        SortedSet<String> active = Names.of(standbys.active());
        SortedSet<String> confirmed = standbys.confirmed();
        SortedSet<String> listed = Names.of(parameter.names());
        boolean spreading = parameter.method() == StandbyNames.Method.PRIORITY
                && parameter.count() >= listed.size()
                && !confirmed.containsAll(Names.common(Names.common(voters, listed), active));
        if (spreading && !waited) {
            return new SyncStep.AwaitConfirmation(); // they are waited for, and will show it in a moment
        }
        if (active.equals(voters) && !voters.equals(confirmed)) {
            return new SyncStep.WriteKey(
                    0,
                    new ArrayList<>(confirmed),
                    "Inconsistent state between synchronous_standby_names = " + listed + " and /sync = " + voters
                            + " key detected, updating synchronous replication key...",
                    true);
        }
        if (active.isEmpty() && config.synchronousModeStrict()) {
            return SyncStep.Hold.of(parameter, SyncState.NOBODY, voters, 0);
        }
        boolean parameterFits = active.equals(listed)
                && (active.isEmpty()
                        ? parameter.method() == StandbyNames.Method.OFF
                        : parameter.method() == StandbyNames.Method.PRIORITY && parameter.count() == active.size());
        if (active.equals(voters) && parameterFits) {
            return new SyncStep.Done();
        }
        SortedSet<String> staying = Names.common(voters, confirmed);
        if (!staying.equals(voters)) {
            return new SyncStep.WriteKey(
                    0,
                    new ArrayList<>(staying),
                    "Updating /sync key temporarily from " + voters + " to " + staying,
                    false);
        }
        if (!parameterFits) {
            String value = StandbyNames.priority(active, active.size());
            return SpreadingReload.towards(parameter, value, SyncState.NOBODY, voters, 0);
        }
        if (!active.equals(confirmed) && !waited) {
            return new SyncStep.AwaitConfirmation();
        }
        return confirmed.isEmpty() || confirmed.equals(voters)
                ? new SyncStep.Done()
                : new SyncStep.WriteKey(
                        0, new ArrayList<>(confirmed), "Synchronous standby status assigned to " + confirmed, false);
    }
}

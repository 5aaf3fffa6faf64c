package io.matriarch.agent.cycle;

import io.matriarch.engine.Situation;
import io.matriarch.engine.slots.SlotUse;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.LogicalSlot;
import java.util.List;

/** Keeps replication slots as the members need them (contract replication.md 2). */
@FunctionalInterface
public interface SlotKeeper {

    /**
     * One round at the end of a cycle.
     *
     * @return logical slots that must be copied from the leader, which takes a job
     */
    List<LogicalSlot> synchronise(Situation s, Snapshot snapshot);

    /** What each slot holds back, as of the last round. Called by the cycle's thread only. */
    default List<SlotUse> uses() {
        return List.of();
    }
}

package io.matriarch.agent.cycle;

import io.matriarch.engine.Situation;
import io.matriarch.postgres.LocalFacts.Snapshot;

/** Keeps replication slots as the members need them (contract replication.md 2). */
public interface SlotKeeper {

    /** One round at the end of a cycle. */
    void synchronise(Situation s, Snapshot snapshot);
}

package io.matriarch.agent.cycle;

import io.matriarch.engine.LockOutcome;
import io.matriarch.engine.Situation;
import io.matriarch.model.SyncState;
import io.matriarch.postgres.LocalFacts.Snapshot;
import java.util.Optional;

/** Keeps the synchronous set and the sync key in step (contract replication.md 1). */
public interface SyncKeeper {

    /** One round of maintenance by a running primary that owns the lock. */
    void manage(Situation s, Optional<Snapshot> snapshot);

    /** What must be written before a promotion; refused when somebody else changed the key. */
    LockOutcome prepareForPromotion(Situation s);

    /** The promotion did not begin, and will not: the key of before is put back, if nobody else wrote it since. */
    void takeBack(SyncState key);
}

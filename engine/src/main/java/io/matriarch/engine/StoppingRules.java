package io.matriarch.engine;

import io.matriarch.model.PostgresState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL shuts down here without the lock, and no task of ours waits for it: an agent that has ended since, or a person, asked for
 * it. A shutdown may wait for ever, for a backend or a walsender; it is brought to its end, so that the node comes back. With the lock it
 * is waited for as for a start ({@link StartingRules}).
 */
final class StoppingRules {

    private StoppingRules() {}

    static @Nullable Verdict decide(Situation s) {
        boolean left = s.local().running() && s.local().state() == PostgresState.STOPPING;
        if (!left || s.hasLock() || s.isPaused() || s.memory().bootstrap() != Memory.BootstrapPhase.NONE) {
            return null;
        }
        // Sessions of a primary that shuts down slowly ("smart") can go on to write.
        return Verdict.end(
                Rule.STOPPING,
                new Step.FinishStop(s.local().mayAcceptWrites()),
                "finishing the shutdown of PostgreSQL",
                List.of(Reason.info("PostgreSQL is shutting down, and no task of this agent waits for it")));
    }
}

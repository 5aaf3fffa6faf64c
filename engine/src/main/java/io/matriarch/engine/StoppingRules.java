package io.matriarch.engine;

import io.matriarch.model.PostgresState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL shuts down, and no task of ours waits for it: an agent that has ended since, or a person, asked for it. A shutdown may wait
 * for ever, for a backend or a walsender; it is brought to its end, so that the node comes back.
 */
final class StoppingRules {

    private StoppingRules() {}

    static @Nullable Verdict decide(Situation s) {
        boolean left = s.local().running() && s.local().state() == PostgresState.STOPPING;
        if (!left || s.isPaused() || s.memory().bootstrap() != Memory.BootstrapPhase.NONE) {
            return null;
        }
        if (!s.hasLock()) {
            // Sessions of a server that shuts down slowly ("smart") can go on to write.
            return finish(s.local().mayAcceptWrites());
        }
        return switch (s.answers().renew()) {
            case NOT_TRIED -> Verdict.then(Rule.STOPPING, new Step.RenewLock(false));
            case REFUSED -> finish(true);
            case APPLIED, UNKNOWN -> finish(false);
        };
    }

    private static Verdict finish(boolean immediately) {
        return Verdict.end(
                Rule.STOPPING,
                new Step.FinishStop(immediately),
                "finishing the shutdown of PostgreSQL",
                List.of(Reason.info("PostgreSQL is shutting down, and no task of this agent waits for it")));
    }
}

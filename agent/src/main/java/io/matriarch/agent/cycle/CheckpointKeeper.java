package io.matriarch.agent.cycle;

import io.matriarch.model.Threads;
import io.matriarch.postgres.PostgresInstance;
import java.util.concurrent.atomic.AtomicBoolean;

/** Runs the checkpoint after a promotion beside everything else; its end wakes the cycle (contract ha-loop.md 9.1.5). */
final class CheckpointKeeper {

    private final PostgresInstance postgres;
    private final Threads threads;
    private final Runnable wakeUp;
    private final AtomicBoolean running = new AtomicBoolean();

    CheckpointKeeper(PostgresInstance postgres, Threads threads, Runnable wakeUp) {
        this.postgres = postgres;
        this.threads = threads;
        this.wakeUp = wakeUp;
    }

    void request() {
        if (running.compareAndSet(false, true)) {
            threads.start("checkpoint", () -> {
                boolean done = false;
                try {
                    done = postgres.checkpoint();
                } finally {
                    running.set(false);
                }
                if (done) {
                    wakeUp.run();
                }
            });
        }
    }
}

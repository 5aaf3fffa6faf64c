package io.matriarch.agent.cycle;

import org.jspecify.annotations.Nullable;

/**
 * The one background job that may run beside the cycle (contract ha-loop.md 2). A job works on PostgreSQL and the store;
 * what it learned for the cycle it returns as a {@link Completion}, which the cycle's thread runs when it collects the
 * job. Until then the job counts as running.
 */
public interface Jobs {

    /** What the cycle's memory learns from a finished job. */
    @FunctionalInterface
    interface Completion {
        void applyTo(NodeMemory memory);
    }

    /** The work. */
    @FunctionalInterface
    interface Work {
        Completion run() throws InterruptedException;
    }

    /**
     * Starts a job.
     *
     * @return null when it was started, else the name of the one that runs already
     */
    @Nullable
    String start(String name, Work work);

    /** Name of the job that runs or waits to be collected; null: none. */
    @Nullable
    String running();

    /** Runs the completion of a finished job, if there is one. */
    void collect(NodeMemory memory);

    /** Whether the running job was told to stop. */
    boolean isCancelled();

    /** Tells the running job to stop and waits for it, within a limit. */
    void cancelAndWait();

    /** The same, and no job is started from now on: the agent ends, and what it has stopped must stay so. */
    void end();
}

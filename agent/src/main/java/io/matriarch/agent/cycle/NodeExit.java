package io.matriarch.agent.cycle;

/** How a step ends the process. */
public interface NodeExit {

    /**
     * Ends the agent after this cycle.
     *
     * @param stopPostgres whether the normal shutdown stops PostgreSQL
     */
    void request(int code, boolean stopPostgres);

    /** The same with the contract's text for a failed bootstrap. */
    default void requestFailedBootstrap() {
        System.getLogger("patroni.__main__").log(System.Logger.Level.ERROR, "Failed to bootstrap cluster");
        request(1, true);
    }
}

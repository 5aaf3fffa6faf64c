package io.matriarch.engine;

/** How a primary steps down (contract ha-loop.md 11.1). */
public enum DemoteMode {
    /** Planned: fast stop after a checkpoint, the lock released with the final position. */
    GRACEFUL("graceful"),
    /** The lock is ours and given up at once. */
    IMMEDIATE("immediate"),
    /** The lock is lost already. */
    IMMEDIATE_NOLOCK("immediate-nolock"),
    /** The store is away: fast stop, the lock is left to expire. */
    OFFLINE("offline"),
    /** The cluster becomes a standby cluster: it steps down and follows the remote member, with the lock. */
    DEMOTE_CLUSTER("demote-cluster");

    private final String text;

    DemoteMode(String text) {
        this.text = text;
    }

    /** Whether this one must not wait for an orderly demotion that runs already: the lease is over, or ends soon. */
    public boolean isUrgent() {
        return this != GRACEFUL && this != DEMOTE_CLUSTER;
    }

    /** The word in the log line {@code Demoting self (<mode>)}. */
    @Override
    public String toString() {
        return text;
    }
}

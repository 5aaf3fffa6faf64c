package io.matriarch.agent.cycle;

/** What is known of the fence, for those who watch it. The order is that of the numbers in the metrics. */
public enum FenceState {
    /** Switched off, or not possible on this machine. */
    OFF,
    /** It is there and guards nothing. */
    READY,
    /** It stops PostgreSQL when the lease ends. */
    ARMED,
    /** It should be there, and does not answer. */
    LOST
}

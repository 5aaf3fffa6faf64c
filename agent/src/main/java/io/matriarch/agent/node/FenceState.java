package io.matriarch.agent.node;

/** What is known of the fence, for those who watch it. */
public enum FenceState {
    /** Switched off, or not possible on this machine. */
    OFF(0),
    /** It is there and guards nothing. */
    READY(1),
    /** It stops PostgreSQL when the lease ends. */
    ARMED(2),
    /** It should be there, and does not answer. */
    LOST(3);

    private final int code;

    FenceState(int code) {
        this.code = code;
    }

    /** Its number in the metrics. */
    public int code() {
        return code;
    }
}

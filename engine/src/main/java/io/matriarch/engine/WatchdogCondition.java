package io.matriarch.engine;

/** Whether the watchdog stands in the way of leading (contract watchdog-and-process.md 1). */
public enum WatchdogCondition {
    /** It runs, or nobody needs it. */
    READY,
    /** It is to be activated before this node leads. */
    IDLE,
    /** It is required and cannot be used: this node must not be primary. */
    UNUSABLE
}

package io.matriarch.postgres;

/** How a start ended. */
public enum StartOutcome {
    /** It accepts connections. */
    STARTED,
    /** The process lives and does not accept connections yet; the cycle goes on watching it. */
    STILL_STARTING,
    FAILED,
    /** It could not even be tried, for instance because the version is not known. */
    NOT_TRIED
}

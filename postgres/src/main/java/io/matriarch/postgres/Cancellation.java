package io.matriarch.postgres;

/**
 * Tells one long action that it is no longer wanted. Made for each action anew, shared by everything it runs; once set
 * it stays set.
 */
final class Cancellation {

    private volatile boolean requested;

    void request() {
        requested = true;
    }

    boolean isRequested() {
        return requested;
    }
}

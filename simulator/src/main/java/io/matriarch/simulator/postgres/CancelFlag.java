package io.matriarch.simulator.postgres;

/** Tells one long action that it is no longer wanted; once set it stays set. */
final class CancelFlag {

    private boolean requested;

    void request() {
        requested = true;
    }

    boolean isRequested() {
        return requested;
    }
}

package io.matriarch.simulator;

/** Something happened in a world that must never happen. */
public final class Violation extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public Violation(String what) {
        super(what);
    }
}

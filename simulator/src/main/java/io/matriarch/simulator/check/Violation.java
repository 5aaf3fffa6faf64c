package io.matriarch.simulator.check;

/** Something happened in a world that must never happen. */
public final class Violation extends AssertionError {

    private static final long serialVersionUID = 1L;

    private final Invariant invariant;

    public Violation(Invariant invariant, String what) {
        super(invariant + " " + invariant.meaning() + ": " + what);
        this.invariant = invariant;
    }

    public Invariant invariant() {
        return invariant;
    }
}

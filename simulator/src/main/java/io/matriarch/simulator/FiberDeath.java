package io.matriarch.simulator;

/**
 * Unwinds a fiber whose program is dead. An error, because production code handles exceptions; without a stack trace,
 * because it is no failure and happens often.
 */
final class FiberDeath extends Error {

    private static final long serialVersionUID = 1L;

    FiberDeath() {
        super("the program is dead", null, false, false);
    }
}

package io.matriarch.simulator;

import org.jspecify.annotations.Nullable;

/**
 * Something that is due at a time.
 *
 * @param at in nanoseconds since the world began
 * @param program whose it is; null: the world's
 * @param action what happens; null: {@code fiber} goes on
 * @param turn the wait of the fiber that this ends
 * @param timeout whether the wait ends because its time is over
 */
record Event(
        long at,
        String what,
        @Nullable Program program,
        @Nullable Runnable action,
        @Nullable Fiber fiber,
        long turn,
        boolean timeout) {

    static Event action(long at, String what, @Nullable Program program, Runnable action) {
        return new Event(at, what, program, action, null, 0, false);
    }

    static Event resume(long at, Fiber fiber, boolean timeout) {
        return new Event(at, "", fiber.program, null, fiber, fiber.turn, timeout);
    }

    Event at(long other) {
        return new Event(other, what, program, action, fiber, turn, timeout);
    }

    /** Whether it means nothing any more. */
    boolean isVoid() {
        return (program != null && !program.isAlive())
                || (fiber != null && (fiber.ended || fiber.killed || fiber.turn != turn));
    }
}

package io.matriarch.simulator;

import org.jspecify.annotations.Nullable;

/** Something that is due at a time. Events of the same time happen in the order of their numbers. */
final class Event implements Comparable<Event> {

    /** In nanoseconds since the world began. */
    final long at;

    private final long number;
    final String what;
    /** Whose it is; null: the world's. */
    final @Nullable Program program;
    /** What happens; null: {@link #fiber} goes on. */
    final @Nullable Runnable action;

    final @Nullable Fiber fiber;
    /** The wait of the fiber that this ends. */
    private final long turn;
    /** Whether the wait ends because its time is over. */
    final boolean timeout;

    private Event(
            long at,
            long number,
            String what,
            @Nullable Program program,
            @Nullable Runnable action,
            @Nullable Fiber fiber,
            long turn,
            boolean timeout) {
        this.at = at;
        this.number = number;
        this.what = what;
        this.program = program;
        this.action = action;
        this.fiber = fiber;
        this.turn = turn;
        this.timeout = timeout;
    }

    static Event action(long at, long number, String what, @Nullable Program program, Runnable action) {
        return new Event(at, number, what, program, action, null, 0, false);
    }

    /** The end of the fiber's present wait. */
    static Event resume(long at, long number, Fiber fiber, boolean timeout) {
        return new Event(at, number, "", fiber.program, null, fiber, fiber.turn, timeout);
    }

    /** The same at another time. */
    Event moved(long to, long newNumber) {
        return new Event(to, newNumber, what, program, action, fiber, turn, timeout);
    }

    /** Whether it means nothing any more. */
    boolean isVoid() {
        return (program != null && !program.isAlive())
                || (fiber != null && (fiber.ended || fiber.killed || fiber.turn != turn));
    }

    @Override
    public int compareTo(Event other) {
        return at != other.at ? Long.compare(at, other.at) : Long.compare(number, other.number);
    }
}

package io.matriarch.simulator;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One run of a program: fibers and pending events that freeze, thaw and die together, as the threads of a process do. A
 * program that is started again is another one.
 */
public final class Program {

    private final Scheduler scheduler;
    private final String name;
    private final List<Fiber> fibers = new ArrayList<>();
    private final List<Event> late = new ArrayList<>();
    private final List<Runnable> atEnd = new ArrayList<>();
    private boolean frozen;
    private boolean dead;

    Program(Scheduler scheduler, String name) {
        this.scheduler = scheduler;
        this.name = name;
    }

    public String name() {
        return name;
    }

    public boolean isAlive() {
        return !dead;
    }

    public boolean isFrozen() {
        return frozen;
    }

    /** Starts a fiber; it runs as soon as the one that calls this waits for something. */
    public void start(String fiberName, Runnable body) {
        requireAlive();
        var fiber = new Fiber(this, fiberName, body);
        fibers.add(fiber);
        scheduler.resume(fiber);
    }

    /** An event inside of this program: late while it is frozen, void when it is dead. */
    public void after(Duration delay, String what, Runnable event) {
        if (!dead) {
            scheduler.add(scheduler.at(delay), what, this, event);
        }
    }

    /** Runs once when this program is killed, for instance to break its connections. */
    public void atEnd(Runnable action) {
        atEnd.add(action);
    }

    /** From now on nothing of it runs; what was meant for it piles up. A fiber that runs stops where it next waits. */
    public void freeze() {
        frozen = true;
    }

    /** What piled up happens now, in its order. */
    public void thaw() {
        frozen = false;
        late.forEach(scheduler::addNow);
        late.clear();
    }

    /**
     * Ends it as SIGKILL does: nothing of it ever runs again. Its fibers unwind at once; what their {@code finally} blocks
     * ask of a port ends the same way, so nobody notices. Does not return when called by a fiber of this program.
     */
    public void kill() {
        if (dead) {
            return;
        }
        dead = true;
        late.clear();
        scheduler.unwind(List.copyOf(fibers));
        fibers.clear();
        atEnd.forEach(Runnable::run);
        atEnd.clear();
        scheduler.endIfKilled();
    }

    /** Throws in a dead program: ports call it first. */
    void requireAlive() {
        if (dead) {
            throw new FiberDeath();
        }
    }

    /** Keeps an event that falls due while the program is frozen; false: it is not. */
    boolean keepsForLater(Event event) {
        return frozen && late.add(event);
    }

    void ended(Fiber fiber) {
        if (!dead) {
            fibers.remove(fiber);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}

package io.matriarch.simulator;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One thread of a {@link Program}: a Java thread that runs only while it has the baton. All fields but {@link #baton}
 * are guarded by the baton itself: there is one in the world, and handing it over orders memory.
 */
final class Fiber {

    final @Nullable Program program;
    final String name;
    private final @Nullable Runnable body;
    private @Nullable Thread thread;
    private volatile boolean baton;

    /** Counts the waits; a resumption that was meant for an earlier wait finds another number, and is void. */
    long turn;
    /** How the last wait ended. */
    boolean timedOut;

    boolean killed;
    boolean ended;
    /** Who waits for the end of a killed fiber. */
    @Nullable
    Fiber killer;

    /** A fiber of a program. */
    Fiber(Program program, String name, Runnable body) {
        this.program = program;
        this.name = name;
        this.body = body;
    }

    /** The thread that drives the world from outside. */
    Fiber(Thread driver) {
        this.program = null;
        this.name = "driver";
        this.body = null;
        this.thread = driver;
    }

    boolean isStarted() {
        return thread != null;
    }

    @Nullable
    Thread thread() {
        return thread;
    }

    /** Gives the baton to this fiber; the caller must not touch the world any more unless it gets it back. */
    void hand(Scheduler scheduler) {
        baton = true;
        if (thread == null) {
            thread = Thread.ofVirtual()
                    .name(program == null ? name : program.name() + "/" + name)
                    .unstarted(() -> scheduler.runFiber(this));
            thread.start();
        } else {
            LockSupport.unpark(thread);
        }
    }

    /** Takes the baton if it was handed over. */
    boolean takeBaton() {
        if (!baton) {
            return false;
        }
        baton = false;
        return true;
    }

    void awaitBaton() {
        while (!takeBaton()) {
            LockSupport.park(this);
        }
    }

    void runBody() {
        if (body != null) {
            body.run();
        }
    }

    @Override
    public String toString() {
        return program == null ? name : program.name() + "/" + name;
    }
}

package io.matriarch.model;

import java.util.concurrent.locks.Lock;

/** The threads of a node, and what they wait on; a port, so that a simulated world can own them. */
public interface Threads {

    /** Runs {@code body} on a thread of its own that does not keep the process alive. */
    void start(String name, Runnable body);

    /** Mutual exclusion that may be held over a call of a port. */
    Lock newLock();

    Bell newBell();

    /** Threads of the Java virtual machine. */
    static Threads system() {
        return SystemThreads.INSTANCE;
    }
}

package io.matriarch.model;

import java.time.Duration;

/** Ends somebody's wait. Safe for any thread; one thread waits. */
public interface Bell {

    /** A ring while nobody waits is kept and ends the next wait at once. */
    void ring();

    /** Waits until it rings or the time is over; true when it rang. */
    boolean await(Duration limit) throws InterruptedException;
}

package io.matriarch.simulator;

import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Virtual time and what is to happen in it, as the twins see the scheduler. Everything runs on one thread at a time:
 * events one after the other, in the order of their time and, at the same time, of their arrival.
 */
public interface EventQueue {

    /** The world's own clock: no host's, and it never jumps. */
    MonotonicTime now();

    /**
     * Runs {@code event} when {@code delay} has passed. An event must not block.
     *
     * @param delay zero: after everything that is due now already; never negative
     * @param what a few words for the trace
     */
    void after(Duration delay, String what, Runnable event);

    /** The only source of chance, made from the world's seed. */
    RandomGenerator random();
}

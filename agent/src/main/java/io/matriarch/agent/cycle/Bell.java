package io.matriarch.agent.cycle;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Ends the wait between two cycles. A ring during a cycle is kept and ends the next wait at once. Safe for any thread.
 */
public final class Bell {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition rung = lock.newCondition();
    private boolean ringing;

    public void ring() {
        lock.lock();
        try {
            ringing = true;
            rung.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until it rings or the time is over; true when it rang. */
    public boolean await(Duration limit) throws InterruptedException {
        long left = Math.max(limit.toNanos(), 0);
        lock.lock();
        try {
            while (!ringing && left > 0) {
                left = rung.awaitNanos(left);
            }
            boolean result = ringing;
            ringing = false;
            return result;
        } finally {
            lock.unlock();
        }
    }
}

package io.matriarch.model;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/** {@link Threads} of the Java virtual machine. */
enum SystemThreads implements Threads {
    INSTANCE;

    @Override
    public void start(String name, Runnable body) {
        Thread.ofPlatform().name(name).daemon().start(body);
    }

    @Override
    public Lock newLock() {
        return new ReentrantLock();
    }

    @Override
    public Bell newBell() {
        return new SystemBell();
    }

    private static final class SystemBell implements Bell {

        private final ReentrantLock lock = new ReentrantLock();
        private final Condition rung = lock.newCondition();
        private boolean ringing;

        @Override
        public void ring() {
            lock.lock();
            try {
                ringing = true;
                rung.signalAll();
            } finally {
                lock.unlock();
            }
        }

        @Override
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
}

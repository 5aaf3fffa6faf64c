package io.matriarch.simulator;

import io.matriarch.model.Bell;
import io.matriarch.model.Threads;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/** The threads of one program: fibers, and what fibers wait on. */
public final class ProgramThreads implements Threads {

    private final Scheduler scheduler;
    private final Program program;

    public ProgramThreads(Scheduler scheduler, Program program) {
        this.scheduler = scheduler;
        this.program = program;
    }

    @Override
    public void start(String name, Runnable body) {
        program.start(name, body);
    }

    @Override
    public Lock newLock() {
        return new FiberLock();
    }

    @Override
    public Bell newBell() {
        return new FiberBell();
    }

    private final class FiberBell implements Bell {

        private boolean ringing;
        private @Nullable Fiber waiting;

        @Override
        public void ring() {
            program.requireAlive();
            ringing = true;
            if (waiting != null) {
                scheduler.resume(waiting);
            }
        }

        @Override
        public boolean await(Duration limit) {
            if (!ringing) {
                waiting = scheduler.caller();
                scheduler.await(limit);
                waiting = null;
            }
            boolean result = ringing;
            ringing = false;
            return result;
        }
    }

    /** Goes to those who wait in the order of their coming. */
    private final class FiberLock implements Lock {

        private final Deque<Fiber> waiting = new ArrayDeque<>();
        private @Nullable Fiber owner;
        private int depth;

        @Override
        public void lock() {
            Fiber me = scheduler.caller();
            if (owner == null || owner == me) {
                owner = me;
                depth++;
                return;
            }
            waiting.addLast(me);
            while (owner != me) {
                scheduler.await(null);
            }
        }

        @Override
        public void unlock() {
            Fiber me = scheduler.caller();
            if (owner != me) {
                throw new IllegalMonitorStateException(me + " does not own the lock, " + owner + " does");
            }
            depth--;
            if (depth == 0) {
                owner = waiting.pollFirst();
                if (owner != null) {
                    depth = 1;
                    scheduler.resume(owner);
                }
            }
        }

        @Override
        public boolean tryLock() {
            Fiber me = scheduler.caller();
            if (owner != null && owner != me) {
                return false;
            }
            lock();
            return true;
        }

        @Override
        public void lockInterruptibly() {
            lock();
        }

        @Override
        public boolean tryLock(long time, TimeUnit unit) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Condition newCondition() {
            throw new UnsupportedOperationException("wait for a bell");
        }
    }
}

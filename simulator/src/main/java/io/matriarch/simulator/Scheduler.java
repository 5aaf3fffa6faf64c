package io.matriarch.simulator;

import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.logging.LogRecord;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Virtual time, and the one baton of a world. Production code blocks, so each of its threads is a {@link Fiber}, and only
 * the one that has the baton runs. Whoever waits for something runs the next events on its own stack until it is its
 * turn again or another fiber's: a wait that nobody else cuts into costs no change of threads.
 *
 * <p>Events happen in the order of their time and, at the same time, of their arrival. Nothing else decides what comes
 * next: no clock of the machine, no thread scheduler, no hash of an identity.
 */
public final class Scheduler implements EventQueue, AutoCloseable {

    /** How often the driver looks, in real time, whether there is progress. */
    private static final Duration LOOK = Duration.ofSeconds(1);
    /**
     * After so many looks without any, a fiber must be stuck in a lock that the world does not know. Looks, not seconds: a
     * process that gets no processor time gets no looks either.
     */
    private static final int MOST_LOOKS = 20;

    private final PriorityQueue<Event> queue = new PriorityQueue<>();
    private final List<Program> programs = new ArrayList<>();
    private final Chance seed;
    private final Chance chance;
    private final Trace trace;
    private Runnable afterStep = () -> {};
    private long now;
    private long numbers;
    /** Written by whoever has the baton, looked at by the driver meanwhile. */
    private final AtomicLong steps = new AtomicLong();

    private long switches;
    private Fiber driver;
    /** Whose thread has the baton. */
    private Fiber holder;
    /** The fiber whose code runs; null while an event happens. */
    private @Nullable Fiber current;
    /** Whose event happens. */
    private @Nullable Program acting;

    private long limit;
    private BooleanSupplier until = () -> false;
    private boolean stopped = true;
    private @Nullable Throwable failure;

    public Scheduler(long seed, Trace trace) {
        this.seed = new Chance(seed);
        this.chance = this.seed.stream("events");
        this.trace = trace;
        this.driver = new Fiber(Thread.currentThread());
        this.holder = driver;
    }

    // ---- what twins use

    @Override
    public MonotonicTime now() {
        return new MonotonicTime(now);
    }

    @Override
    public void after(Duration delay, String what, Runnable event) {
        requireNotUnwinding();
        add(at(delay), what, null, event);
    }

    @Override
    public RandomGenerator random() {
        return chance;
    }

    /** Lots for one subject, independent of all others. */
    public RandomGenerator random(String subject) {
        return seed.stream(subject);
    }

    public Trace trace() {
        return trace;
    }

    /** Notes something in the trace at this moment. */
    public void note(String where, String what) {
        trace.add(now, where, what);
    }

    /** A line that production code logs in this world. */
    void log(LogRecord line) {
        if (trace.isWanted()) {
            Program program = running();
            trace.log(now, program == null ? "world" : program.name(), line);
        }
    }

    /** A new program. */
    public Program program(String name) {
        var program = new Program(this, name);
        programs.add(program);
        return program;
    }

    /** Whose code runs at this moment; null: the world's. */
    public @Nullable Program running() {
        Fiber fiber = current;
        return fiber == null ? acting : fiber.program;
    }

    // ---- driving

    /** Called after each event and each stretch of a fiber; what it throws ends the run. */
    public void afterStep(Runnable check) {
        afterStep = check;
    }

    /** Lets the world live for this long. */
    public void run(Duration duration) {
        runUntil(() -> false, duration);
    }

    /** Lets the world live until the condition holds; false when the time is over before that. */
    public boolean runUntil(BooleanSupplier condition, Duration atMost) {
        throwFailure();
        driver = new Fiber(Thread.currentThread());
        holder = driver;
        limit = now + atMost.toNanos();
        until = condition;
        stopped = false;
        try (var _ = Worlds.enter(this)) {
            loop(driver);
        }
        throwFailure();
        return condition.getAsBoolean();
    }

    /** A world in which something went wrong does not go on. */
    private void throwFailure() {
        if (failure instanceof Error e) {
            throw e;
        }
        if (failure instanceof RuntimeException e) {
            throw e;
        }
    }

    /** Ends all programs, so that no thread is left. */
    @Override
    public void close() {
        driver = new Fiber(Thread.currentThread());
        holder = driver;
        try (var _ = Worlds.enter(this)) {
            List.copyOf(programs).forEach(Program::kill);
        }
        programs.clear();
        queue.clear();
    }

    /** How many events and stretches of fibers there were. */
    public long steps() {
        return steps.getPlain();
    }

    /** How often another thread got the baton. */
    public long switches() {
        return switches;
    }

    // ---- waiting: for ports

    /** The fiber that calls a port; an event must not wait. */
    Fiber caller() {
        Fiber fiber = current;
        if (fiber == null) {
            throw new IllegalStateException("an event must not block");
        }
        if (fiber.killed) {
            throw new FiberDeath();
        }
        return fiber;
    }

    /** Waits until {@link #resume}; false when the time was over before. Null: for good. */
    boolean await(@Nullable Duration atMost) {
        Fiber me = caller();
        if (atMost != null) {
            queue.add(Event.resume(at(atMost.isNegative() ? Duration.ZERO : atMost), numbers++, me, true));
        }
        current = null;
        loop(me);
        return !me.timedOut;
    }

    /** Ends the present wait of a fiber, or starts it. */
    void resume(Fiber fiber) {
        queue.add(Event.resume(now, numbers++, fiber, false));
    }

    long nanos() {
        return now;
    }

    long at(Duration delay) {
        if (delay.isNegative()) {
            throw new IllegalArgumentException("an event in the past: " + delay);
        }
        return now + delay.toNanos();
    }

    void add(long at, String what, @Nullable Program program, Runnable action) {
        queue.add(Event.action(at, numbers++, what, program, action));
    }

    /** What was kept for later is due now. */
    void addNow(Event kept) {
        queue.add(kept.moved(now, numbers++));
    }

    /** Nothing that a dying fiber asks for happens. */
    void requireNotUnwinding() {
        Fiber fiber = current;
        if (fiber != null && fiber.killed) {
            throw new FiberDeath();
        }
    }

    // ---- the baton

    /** Runs events until it is the turn of {@code me}. For the driver that is when the run is over. */
    private void loop(Fiber me) {
        while (true) {
            step();
            if (me.killed && !me.ended) {
                current = me;
                throw new FiberDeath();
            }
            Event event = stopped ? null : next();
            if (event == null) {
                stopped = true;
                if (me == driver) {
                    return;
                }
                pass(me, driver);
                return;
            }
            Fiber fiber = event.fiber;
            if (fiber == null) {
                happen(event);
                continue;
            }
            fiber.turn++;
            fiber.timedOut = event.timeout;
            current = fiber;
            if (fiber != me) {
                pass(me, fiber);
            }
            return;
        }
    }

    private void step() {
        steps.setOpaque(steps.getPlain() + 1);
        if (stopped) {
            return;
        }
        try {
            afterStep.run();
            stopped = until.getAsBoolean();
        } catch (RuntimeException | Error e) {
            fail(e);
        }
    }

    private @Nullable Event next() {
        while (true) {
            Event event = queue.peek();
            if (event == null || event.at > limit) {
                now = Math.max(now, limit);
                return null;
            }
            queue.remove();
            if (!event.isVoid()) {
                now = event.at;
                if (event.program == null || !event.program.keepsForLater(event)) {
                    return event;
                }
            }
        }
    }

    private void happen(Event event) {
        current = null;
        acting = event.program;
        if (trace.wantsEvents()) {
            note(acting == null ? "world" : acting.name(), "event: " + event.what);
        }
        Runnable action = event.action;
        try {
            if (action != null) {
                action.run();
            }
        } catch (RuntimeException | Error e) {
            fail(e);
        } finally {
            acting = null;
        }
    }

    /** Gives the baton away; returns when it is the turn of {@code me} again, or at once when {@code me} has ended. */
    private void pass(Fiber me, Fiber next) {
        switches++;
        holder = next;
        next.hand(this);
        if (me.ended) {
            return;
        }
        if (me == driver) {
            awaitEndOfRun();
        } else {
            me.awaitBaton();
        }
        if (me.killed) {
            throw new FiberDeath();
        }
    }

    /** The driver's wait, which notices a fiber that never gives the baton back. */
    private void awaitEndOfRun() {
        long seen = -1;
        int looks = 0;
        while (!driver.takeBaton()) {
            LockSupport.parkNanos(this, LOOK.toNanos());
            long reached = steps.getOpaque();
            if (driver.takeBaton()) {
                return;
            }
            looks = reached == seen ? looks + 1 : 0;
            if (looks == MOST_LOOKS) {
                throw stuck();
            }
            seen = reached;
        }
    }

    private IllegalStateException stuck() {
        Fiber fiber = holder;
        var e = new IllegalStateException(
                fiber + " keeps the baton: it waits for something that the world does not know");
        Thread thread = fiber.thread();
        if (thread != null) {
            e.setStackTrace(thread.getStackTrace());
        }
        return e;
    }

    /** The life of a fiber's thread. */
    void runFiber(Fiber fiber) {
        fiber.awaitBaton();
        try (var _ = Worlds.enter(this)) {
            if (!fiber.killed) {
                fiber.runBody();
            }
        } catch (FiberDeath e) {
            if (!fiber.killed) {
                fail(e);
            }
        } catch (RuntimeException | Error e) {
            fail(e);
        }
        fiber.ended = true;
        if (fiber.program != null) {
            fiber.program.ended(fiber);
        }
        current = null;
        Fiber killer = fiber.killer;
        if (killer != null) {
            pass(fiber, killer);
        } else {
            loop(fiber);
        }
    }

    /** Lets the fibers of a dead program unwind, one after the other, before anything else happens. */
    void unwind(List<Fiber> fibers) {
        Fiber caller = current;
        Program actor = acting;
        Fiber me = holder;
        acting = null;
        for (Fiber fiber : fibers) {
            if (fiber.ended) {
                continue;
            }
            fiber.killed = true;
            if (fiber == me) {
                continue; // unwinds when the event or the call that killed it is over
            }
            if (!fiber.isStarted()) {
                fiber.ended = true;
                continue;
            }
            fiber.killer = me;
            current = fiber;
            holder = fiber;
            switches++;
            fiber.hand(this);
            me.awaitBaton();
            holder = me;
        }
        current = caller;
        acting = actor;
    }

    /** Ends the caller if it is a fiber that has just been killed. */
    void endIfKilled() {
        Fiber fiber = current;
        if (fiber != null && fiber.killed) {
            throw new FiberDeath();
        }
    }

    /**
     * Ends the run with this failure, which nobody on the way to the driver can catch; the first one counts. A fiber that
     * calls it goes on until it next waits.
     */
    public void fail(Throwable e) {
        if (failure == null) {
            failure = e;
        }
        stopped = true;
    }
}

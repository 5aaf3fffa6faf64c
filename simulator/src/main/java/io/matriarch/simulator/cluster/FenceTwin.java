package io.matriarch.simulator.cluster;

import io.matriarch.agent.cycle.LeaseGuard;
import io.matriarch.model.MonotonicTime;
import io.matriarch.postgres.Postmaster;
import io.matriarch.simulator.HostClock;
import io.matriarch.simulator.Program;
import io.matriarch.simulator.Scheduler;
import io.matriarch.simulator.postgres.PostgresHost;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The fence of a host (decisions/0002-fence.md): a program that ends the postmaster at the end of the lease. It outlives
 * the agent; only a frozen host freezes it. The clock of the host stands for CLOCK_BOOTTIME.
 */
public final class FenceTwin {

    /** As in fence.c. */
    private static final Duration QUIT_GRACE = Duration.ofMillis(100);

    private static final Duration LONGEST_START = Duration.ofMillis(80);
    private static final Duration LONGEST_MESSAGE = Duration.ofMillis(1);

    private final Scheduler scheduler;
    private final String host;
    private final HostClock clock;
    private final PostgresHost postgres;
    private final RandomGenerator lots;
    /** Null: it does not run. */
    private @Nullable Program process;

    private @Nullable Postmaster watched;
    private @Nullable MonotonicTime deadline;
    private @Nullable Client client;

    FenceTwin(Scheduler scheduler, String host, HostClock clock, PostgresHost postgres) {
        this.scheduler = scheduler;
        this.host = host;
        this.clock = clock;
        this.postgres = postgres;
        this.lots = scheduler.random("fence " + host);
    }

    /** What one run of the agent tells the fence, which is started if it does not run; the last run counts. Blocks. */
    LeaseGuard client(Program agent, Runnable wakeUp) {
        var next = new Client(agent, wakeUp);
        client = next;
        if (!runs()) {
            clock.sleep(lot(LONGEST_START));
            start();
        }
        return next;
    }

    /** For an agent that wants no fence: its first call disarms what an earlier one armed. */
    LeaseGuard disarming(Program agent) {
        return new LeaseGuard() {
            @Override
            public void holdUntil(Postmaster postmaster, MonotonicTime leaseEnd) {
                release();
            }

            @Override
            public void release() {
                agent.after(lot(LONGEST_MESSAGE), "fence message", () -> deadline = null);
            }
        };
    }

    /** Whether it will end this postmaster unless it hears something newer, and when; null: it will not. */
    public @Nullable MonotonicTime armedUntil() {
        return process == null ? null : deadline;
    }

    private boolean runs() {
        return process != null;
    }

    /** SIGKILL to the fence. The agent notices, if it is there. */
    public void kill() {
        if (process != null) {
            scheduler.note(host, "fence killed");
            process.kill();
            process = null;
            deadline = null;
            watched = null;
            if (client != null) {
                client.disconnected();
            }
        }
    }

    void freeze() {
        if (process != null) {
            process.freeze();
        }
    }

    void thaw() {
        if (process != null) {
            process.thaw();
        }
    }

    private Program start() {
        Program started = scheduler.program(host + "/fence");
        process = started;
        return started;
    }

    private void arm(Program here, Postmaster postmaster, MonotonicTime end) {
        if (!postmaster.equals(postgres.postmaster())) {
            return; // GONE
        }
        watched = postmaster;
        deadline = end;
        here.after(clock.until(end), "fence deadline", () -> fireIfDue(end));
    }

    private void limit(MonotonicTime end) {
        Program here = process;
        Postmaster guarded = watched;
        MonotonicTime present = deadline;
        if (here != null && guarded != null && present != null && end.isBefore(present)) {
            arm(here, guarded, end);
        }
    }

    /** A deadline that was replaced meanwhile means nothing. */
    private void fireIfDue(MonotonicTime end) {
        Postmaster target = watched;
        Program here = process;
        if (end.equals(deadline) && target != null && here != null) {
            deadline = null;
            if (target.equals(postgres.postmaster())) {
                scheduler.note(host, "fence stops postmaster " + target.pid());
                postgres.quit(target);
                here.after(QUIT_GRACE, "fence kills", () -> postgres.kill(target));
            }
        }
    }

    private Duration lot(Duration most) {
        return Duration.ofNanos(lots.nextLong(most.toNanos()));
    }

    /** The agent's side: keeps the latest wish and tells it as soon as its thread runs. */
    private final class Client implements LeaseGuard {

        private final Program agent;
        private final Runnable wakeUp;
        private @Nullable Postmaster postmaster;
        private @Nullable MonotonicTime leaseEnd;
        /** What this agent says itself is newer than what it limits. */
        private boolean told;

        Client(Program agent, Runnable wakeUp) {
            this.agent = agent;
            this.wakeUp = wakeUp;
        }

        @Override
        public void holdUntil(Postmaster guarded, MonotonicTime end) {
            postmaster = guarded;
            leaseEnd = end;
            tell();
        }

        @Override
        public void holdNoLongerThan(MonotonicTime end) {
            if (!told) {
                agent.after(lot(LONGEST_MESSAGE), "fence message", () -> limit(end));
            }
        }

        @Override
        public void release() {
            postmaster = null;
            leaseEnd = null;
            tell();
        }

        private void tell() {
            told = true;
            Duration delay = runs() ? lot(LONGEST_MESSAGE) : lot(LONGEST_START);
            agent.after(delay, "fence message", this::say);
        }

        private void say() {
            Postmaster guarded = postmaster;
            MonotonicTime end = leaseEnd;
            if (guarded == null || end == null) {
                deadline = null;
                return;
            }
            Program running = process;
            arm(running == null ? start() : running, guarded, end);
        }

        private void disconnected() {
            if (agent.isAlive() && postmaster != null) {
                tell();
            }
            agent.after(Duration.ZERO, "fence is gone", wakeUp);
        }
    }
}

package io.matriarch.simulator.cluster;

import io.matriarch.agent.watchdog.WatchdogDevice;
import io.matriarch.model.MonotonicTime;
import io.matriarch.simulator.Scheduler;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The watchdog of a host: hardware, so it goes on when everything else stands still, and what it does is to take the
 * power away. A process that ends without the magic close leaves it armed.
 */
final class WatchdogTwin {

    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration BOOT = Duration.ofSeconds(20);

    private final Scheduler scheduler;
    private final Host host;
    private Duration timeout = DEFAULT_TIMEOUT;
    /** Null: it is not armed. */
    private @Nullable MonotonicTime deadline;

    WatchdogTwin(Scheduler scheduler, Host host) {
        this.scheduler = scheduler;
        this.host = host;
    }

    /** What one run of an agent opens. */
    WatchdogDevice device() {
        return new Device();
    }

    /** The host is off: nothing is armed when it boots. */
    void reset() {
        deadline = null;
        timeout = DEFAULT_TIMEOUT;
    }

    private void arm() {
        MonotonicTime end = scheduler.now().plus(timeout);
        deadline = end;
        scheduler.after(timeout, "watchdog", () -> {
            if (end.equals(deadline)) {
                scheduler.note(host.name(), "watchdog fires");
                host.losePower();
                scheduler.after(BOOT, "boot", host::restorePower);
            }
        });
    }

    private final class Device implements WatchdogDevice {

        private boolean open;

        @Override
        public void open() {
            open = true;
            arm();
        }

        @Override
        public void keepAlive() {
            arm();
        }

        @Override
        public void close() {
            open = false;
            deadline = null;
        }

        @Override
        public boolean isOpen() {
            return open;
        }

        @Override
        public boolean canBeDisabled() {
            return true;
        }

        @Override
        public boolean canSetTimeout() {
            return true;
        }

        @Override
        public void setTimeout(int seconds) {
            timeout = Duration.ofSeconds(seconds);
            arm();
        }

        @Override
        public int timeout() {
            return (int) timeout.toSeconds();
        }

        @Override
        public String describe() {
            return "simulated watchdog";
        }

        @Override
        public boolean isUsable() {
            return true;
        }
    }
}

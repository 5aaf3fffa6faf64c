package io.matriarch.agent.watchdog;

import io.matriarch.agent.cycle.Watchdog;
import io.matriarch.engine.WatchdogCondition;
import io.matriarch.model.Timing;
import io.matriarch.model.config.WatchdogSettings;
import io.matriarch.model.config.WatchdogSettings.Mode;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Uses a watchdog device by the rules of contract watchdog-and-process.md 1. Its timeout is shorter than the lease by the
 * safety margin; a device that cannot be set up so is given up, and not tried again until other settings come.
 */
public final class DeviceWatchdog implements Watchdog {

    private static final Logger LOG = System.getLogger("patroni.watchdog.base");

    private final Function<WatchdogSettings, WatchdogDevice> devices;
    private WatchdogSettings settings;
    private Timing timing;
    private WatchdogDevice device;
    private boolean givenUp;
    private @Nullable Change waiting;

    private record Change(WatchdogSettings settings, Timing timing) {}

    /** On whatever device there is for the settings. */
    public DeviceWatchdog(
            Function<WatchdogSettings, WatchdogDevice> devices, WatchdogSettings settings, Timing timing) {
        this.devices = devices;
        this.settings = settings;
        this.timing = timing;
        this.device = devices.apply(settings);
        complain();
    }

    /** On the devices of this machine. */
    public static Watchdog of(WatchdogSettings settings, Timing timing) {
        return new DeviceWatchdog(NativeWatchdog::of, settings, timing);
    }

    private void complain() {
        if (!settings.problem().isEmpty()) {
            LOG.log(Level.WARNING, settings.problem());
        }
    }

    // ---- arithmetic (1.1)

    private int ttl() {
        return (int) timing.ttl().toSeconds();
    }

    private int loopWait() {
        return (int) timing.loopWait().toSeconds();
    }

    private int wantedTimeout() {
        return settings.safetyMargin().isNegative()
                ? ttl() / 2
                : ttl() - (int) settings.safetyMargin().toSeconds();
    }

    private int slack() {
        return wantedTimeout() - loopWait();
    }

    // ---- state

    @Override
    public synchronized boolean isHealthy() {
        return settings.mode() != Mode.REQUIRED || (!givenUp && slack() >= 0 && (device.isOpen() || device.isUsable()));
    }

    @Override
    public synchronized boolean isRunning() {
        return device.isOpen();
    }

    @Override
    public synchronized WatchdogCondition condition() {
        if (settings.mode() == Mode.OFF || device.isOpen()) {
            return WatchdogCondition.READY;
        }
        if (!isHealthy()) {
            return WatchdogCondition.UNUSABLE;
        }
        return givenUp ? WatchdogCondition.READY : WatchdogCondition.IDLE;
    }

    // ---- activation

    @Override
    public synchronized void activate() {
        adoptChange();
        if (settings.mode() == Mode.OFF || device.isOpen() || givenUp) {
            return;
        }
        try {
            givenUp = !setUp();
        } catch (IOException e) {
            LOG.log(
                    isRequired() ? Level.WARNING : Level.DEBUG,
                    "Could not activate {0}: {1}",
                    device.describe(),
                    message(e));
            abandon();
        }
        if (givenUp && isRequired()) {
            LOG.log(Level.ERROR, "Configuration requires watchdog, but watchdog could not be configured.");
        }
    }

    private boolean isRequired() {
        return settings.mode() == Mode.REQUIRED;
    }

    /** The order of 1.2; false: the device is given up. */
    private boolean setUp() throws IOException {
        if (slack() < 0) {
            LOG.log(
                    Level.WARNING,
                    "Watchdog not supported because leader TTL " + ttl() + " is less than 2x loop_wait " + loopWait());
            return false;
        }
        device.open();
        if (device.canSetTimeout()) {
            device.setTimeout(wantedTimeout());
        }
        int actual = device.timeout();
        if (actual < loopWait()) {
            LOG.log(
                    Level.ERROR,
                    "loop_wait of " + loopWait() + " seconds is too long for watchdog " + actual + " second timeout");
            if (device.canBeDisabled()) {
                LOG.log(Level.INFO, "Disabling watchdog due to unsafe timeout.");
                device.close();
                return false;
            }
        }
        if (!device.canBeDisabled()) {
            LOG.log(
                    Level.WARNING,
                    "Watchdog implementation can''t be disabled. Watchdog will trigger after Patroni loses leader"
                            + " key.");
        }
        if (actual > wantedTimeout()) {
            if (isRequired()) {
                LOG.log(
                        Level.ERROR,
                        "Configuration requires watchdog, but a safe watchdog timeout " + wantedTimeout()
                                + " could not be configured. Watchdog timeout is " + actual + ".");
                device.close();
                return false;
            }
            LOG.log(
                    Level.WARNING,
                    "Watchdog timeout " + actual + " seconds does not ensure safe termination within " + wantedTimeout()
                            + " seconds");
        }
        LOG.log(
                Level.INFO,
                device.describe() + " activated with " + actual + " second timeout, timing slack " + slack()
                        + " seconds");
        return true;
    }

    private void abandon() {
        givenUp = true;
        try {
            if (device.isOpen()) {
                device.close();
            }
        } catch (IOException e) {
            LOG.log(Level.ERROR, "Error while disabling watchdog: {0}", message(e));
        }
    }

    private static String message(IOException e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    // ---- in use

    @Override
    public synchronized void keepAlive() {
        if (device.isOpen()) {
            try {
                device.keepAlive();
            } catch (IOException e) {
                LOG.log(Level.ERROR, "Error while sending keepalive: {0}", message(e));
            }
        }
        adoptChange();
    }

    @Override
    public synchronized void disable() {
        if (!device.isOpen()) {
            return;
        }
        try {
            if (!device.canBeDisabled()) {
                device.keepAlive();
                LOG.log(
                        Level.WARNING,
                        "Watchdog implementation can''t be disabled. System will reboot after " + device.timeout()
                                + " seconds when watchdog times out.");
            }
            device.close();
        } catch (IOException e) {
            LOG.log(Level.ERROR, "Error while disabling watchdog: {0}", message(e));
        }
    }

    @Override
    public synchronized void configure(WatchdogSettings next, Timing nextTiming) {
        waiting = new Change(next, nextTiming);
        if (next.mode() == Mode.OFF || !device.isOpen()) {
            adoptChange();
        }
    }

    private void adoptChange() {
        Change change = waiting;
        waiting = null;
        if (change == null || (change.settings.equals(settings) && change.timing.equals(timing))) {
            return;
        }
        boolean wasOpen = device.isOpen();
        boolean otherDevice =
                !change.settings.device().equals(settings.device()) || change.settings.testing() != settings.testing();
        if (otherDevice || change.settings.mode() == Mode.OFF) {
            disable();
            givenUp = false;
        }
        settings = change.settings;
        timing = change.timing;
        complain();
        if (otherDevice) {
            device = devices.apply(settings);
        }
        if (wasOpen && device.isOpen()) {
            updateTimeout();
        } else if (wasOpen) {
            activate();
        }
    }

    private void updateTimeout() {
        try {
            int before = device.timeout();
            if (device.canSetTimeout() && before != wantedTimeout()) {
                device.setTimeout(wantedTimeout());
                LOG.log(
                        Level.INFO,
                        device.describe() + " updated with " + device.timeout() + " second timeout, timing slack "
                                + slack() + " seconds");
            }
        } catch (IOException e) {
            LOG.log(Level.ERROR, "Could not update the timeout of {0}: {1}", device.describe(), message(e));
        }
    }
}

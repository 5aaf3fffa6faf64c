package io.matriarch.agent.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.engine.WatchdogCondition;
import io.matriarch.model.Timing;
import io.matriarch.model.config.WatchdogSettings;
import io.matriarch.model.config.WatchdogSettings.Mode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Contract watchdog-and-process.md 1.1 and 1.2. */
class DeviceWatchdogTest {

    private static final class FakeDevice implements WatchdogDevice {
        final List<String> calls = new ArrayList<>();
        boolean open;
        boolean usable = true;
        boolean magicClose = true;
        boolean settable = true;
        boolean broken;
        int timeout = 60;

        @Override
        public void open() throws IOException {
            if (broken) {
                throw new IOException("no such device");
            }
            open = true;
            calls.add("open");
        }

        @Override
        public void keepAlive() {
            calls.add("1");
        }

        @Override
        public void close() {
            open = false;
            calls.add("V");
        }

        @Override
        public boolean isOpen() {
            return open;
        }

        @Override
        public boolean canBeDisabled() {
            return magicClose;
        }

        @Override
        public boolean canSetTimeout() {
            return settable;
        }

        @Override
        public void setTimeout(int seconds) {
            timeout = seconds;
            calls.add("timeout " + seconds);
        }

        @Override
        public int timeout() {
            return timeout;
        }

        @Override
        public String describe() {
            return "fake";
        }

        @Override
        public boolean isUsable() {
            return usable;
        }
    }

    private final FakeDevice device = new FakeDevice();

    private static WatchdogSettings settings(Mode mode, int margin) {
        return new WatchdogSettings(mode, Path.of("/dev/watchdog"), false, Duration.ofSeconds(margin), "");
    }

    private static Timing timing(int ttl, int loopWait) {
        return new Timing(Duration.ofSeconds(ttl), Duration.ofSeconds(loopWait), Duration.ofSeconds(3));
    }

    private DeviceWatchdog watchdog(Mode mode, int margin, int ttl, int loopWait) {
        return new DeviceWatchdog(_ -> device, settings(mode, margin), timing(ttl, loopWait));
    }

    @Test
    void itFiresTheMarginBeforeTheLeaseEnds() {
        var watchdog = watchdog(Mode.AUTOMATIC, 5, 30, 10);
        assertEquals(WatchdogCondition.IDLE, watchdog.condition());
        watchdog.activate();
        assertEquals(WatchdogCondition.READY, watchdog.condition());
        watchdog.keepAlive();
        watchdog.disable();
        assertEquals(List.of("open", "timeout 25", "1", "V"), device.calls);
        assertEquals(WatchdogCondition.IDLE, watchdog.condition());
    }

    @Test
    void aNegativeMarginMeansHalfOfTheLease() {
        watchdog(Mode.AUTOMATIC, -1, 31, 10).activate();
        assertEquals(15, device.timeout);
    }

    @Test
    void withoutSlackNoDeviceIsUsed() {
        var watchdog = watchdog(Mode.AUTOMATIC, 5, 30, 26);
        watchdog.activate();
        assertEquals(List.of(), device.calls);
        assertEquals(WatchdogCondition.READY, watchdog.condition());
        var required = watchdog(Mode.REQUIRED, 5, 30, 26);
        assertFalse(required.isHealthy());
        assertEquals(WatchdogCondition.UNUSABLE, required.condition());
    }

    @Test
    void aRequiredDeviceThatIsNotThereForbidsToLead() {
        device.usable = false;
        assertEquals(
                WatchdogCondition.UNUSABLE, watchdog(Mode.REQUIRED, 5, 30, 10).condition());
        assertTrue(watchdog(Mode.AUTOMATIC, 5, 30, 10).isHealthy());
    }

    @Test
    void aDeviceThatFailsIsGivenUpUntilAnotherComes() {
        device.broken = true;
        var watchdog = watchdog(Mode.REQUIRED, 5, 30, 10);
        watchdog.activate();
        assertEquals(WatchdogCondition.UNUSABLE, watchdog.condition());
        device.broken = false;
        watchdog.activate();
        assertEquals(List.of(), device.calls);

        watchdog.configure(
                new WatchdogSettings(Mode.REQUIRED, Path.of("/dev/watchdog1"), false, Duration.ofSeconds(5), ""),
                timing(30, 10));
        watchdog.activate();
        assertEquals(WatchdogCondition.READY, watchdog.condition());
    }

    @Test
    void aTimeoutThatCannotBeSetSafelyIsRefusedWhereItIsRequired() {
        device.settable = false;
        var required = watchdog(Mode.REQUIRED, 5, 30, 10);
        required.activate();
        assertEquals(WatchdogCondition.UNUSABLE, required.condition());
        assertEquals(List.of("open", "V"), device.calls);

        var automatic = watchdog(Mode.AUTOMATIC, 5, 30, 10);
        automatic.activate();
        assertTrue(device.open);
    }

    @Test
    void aTimeoutBelowLoopWaitWouldFireByItself() {
        device.settable = false;
        device.timeout = 5;
        watchdog(Mode.AUTOMATIC, 5, 30, 10).activate();
        assertEquals(List.of("open", "V"), device.calls);
    }

    @Test
    void whatCannotBeDisabledIsFedOnceMore() {
        device.magicClose = false;
        var watchdog = watchdog(Mode.AUTOMATIC, 5, 30, 10);
        watchdog.activate();
        watchdog.disable();
        assertEquals(List.of("open", "timeout 25", "1", "V"), device.calls);
    }

    @Test
    void changesCountAfterTheNextKeepalive() {
        var watchdog = watchdog(Mode.AUTOMATIC, 5, 30, 10);
        watchdog.activate();
        watchdog.configure(settings(Mode.AUTOMATIC, 5), timing(60, 10));
        assertEquals(25, device.timeout);
        watchdog.keepAlive();
        assertEquals(55, device.timeout);
        watchdog.configure(settings(Mode.OFF, 5), timing(60, 10));
        assertFalse(device.open);
    }
}

package io.matriarch.agent.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.config.WatchdogSettings;
import io.matriarch.model.config.WatchdogSettings.Mode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pipe of test rigs, and errors of the system, through the real functions. */
class NativeWatchdogTest {

    @TempDir
    private Path directory;

    private WatchdogDevice device(String name, boolean testing) {
        return NativeWatchdog.of(
                new WatchdogSettings(Mode.REQUIRED, directory.resolve(name), testing, Duration.ofSeconds(5), ""));
    }

    @Test
    void aRigReadsWhatHappens() throws Exception {
        Path pipe = directory.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        WatchdogDevice device = device("pipe", true);
        assertThrows(IOException.class, device::open); // nobody reads

        String script = "exec 3<>\"$0\"; echo ready; exec cat \"$0\"";
        Process reader = new ProcessBuilder("sh", "-c", script, pipe.toString()).start();
        try {
            assertEquals("ready", reader.inputReader().readLine());
            device.open();
            device.setTimeout(25);
            device.keepAlive();
            device.close();
            assertEquals("Ctimeout=25", reader.inputReader().readLine());
            assertEquals('1', reader.inputReader().read());
            assertEquals('V', reader.inputReader().read());
        } finally {
            reader.destroyForcibly();
            assertTrue(reader.waitFor(10, TimeUnit.SECONDS));
        }
        assertEquals(25, device.timeout());
    }

    @Test
    void errorsNameCallFileAndReason() {
        IOException missing =
                assertThrows(IOException.class, () -> device("missing", false).open());
        assertEquals("open " + directory.resolve("missing") + ": No such file or directory", missing.getMessage());
    }

    @Test
    void aFileIsNoWatchdog() throws IOException {
        Files.createFile(directory.resolve("file"));
        WatchdogDevice device = device("file", false);
        device.open();
        IOException refused = assertThrows(IOException.class, device::timeout);
        assertTrue(refused.getMessage().startsWith("ioctl "), refused.getMessage());
        device.close();
    }
}

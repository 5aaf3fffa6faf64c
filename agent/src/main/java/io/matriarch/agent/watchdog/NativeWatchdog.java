package io.matriarch.agent.watchdog;

import io.matriarch.model.config.WatchdogSettings;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A watchdog behind a file: the kernel's (contract watchdog-and-process.md 1.3), or the pipe of a test rig (1.4). */
final class NativeWatchdog implements WatchdogDevice {

    private static final Path USUAL = Path.of("/dev/watchdog");

    // linux/watchdog.h; the encoding of requests is that of x86-64 and arm64
    private static final long GET_SUPPORT = 0x80285700L;
    private static final long SET_TIMEOUT = 0xC0045706L;
    private static final long GET_TIMEOUT = 0x80045707L;
    private static final int OPTION_SET_TIMEOUT = 0x80;
    private static final int OPTION_MAGIC_CLOSE = 0x100;
    private static final int LONGEST_TIMEOUT = 65534;
    /** options, firmware version, identity. */
    private static final int SUPPORT_BYTES = 40;

    private static final int IDENTITY_OFFSET = 8;
    private static final int TESTING_TIMEOUT = 60;

    private final Path path;
    private final boolean testing;
    private @Nullable NativeFile file;
    private @Nullable Support support;
    private int testingTimeout = TESTING_TIMEOUT;

    private record Support(int options, int firmware, String identity) {}

    private NativeWatchdog(Path path, boolean testing) {
        this.path = path;
        this.testing = testing;
    }

    static WatchdogDevice of(WatchdogSettings settings) {
        return new NativeWatchdog(settings.device(), settings.testing());
    }

    @Override
    public void open() throws IOException {
        // Most hosts have no watchdog: calling open(2) to hear that would load the JDK's native linker, some 5 MB.
        if (!Files.exists(path)) {
            throw new IOException("open " + path + ": No such file or directory");
        }
        // A pipe without reader must not hold anybody up.
        file = NativeFile.openForWriting(path, testing);
    }

    @Override
    public void keepAlive() throws IOException {
        opened().write("1");
    }

    @Override
    public void close() throws IOException {
        NativeFile closing = opened();
        file = null;
        support = null;
        try {
            closing.write("V");
        } finally {
            closing.close();
        }
    }

    @Override
    public boolean isOpen() {
        return file != null;
    }

    @Override
    public boolean canBeDisabled() throws IOException {
        return (support().options & OPTION_MAGIC_CLOSE) != 0;
    }

    @Override
    public boolean canSetTimeout() throws IOException {
        return (support().options & OPTION_SET_TIMEOUT) != 0;
    }

    @Override
    public void setTimeout(int seconds) throws IOException {
        if (seconds < 1 || seconds > LONGEST_TIMEOUT) {
            throw new IOException(
                    "Invalid timeout " + seconds + ". Supported values are between 1 and " + LONGEST_TIMEOUT);
        }
        if (testing) {
            opened().write("Ctimeout=" + seconds + "\n");
            testingTimeout = seconds;
            return;
        }
        try (var arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocateFrom(ValueLayout.JAVA_INT, seconds);
            opened().control(SET_TIMEOUT, value);
        }
    }

    @Override
    public int timeout() throws IOException {
        if (testing) {
            return testingTimeout;
        }
        try (var arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(ValueLayout.JAVA_INT);
            opened().control(GET_TIMEOUT, value);
            return value.get(ValueLayout.JAVA_INT, 0);
        }
    }

    private Support support() throws IOException {
        Support known = support;
        if (known == null) {
            known = testing
                    ? new Support(OPTION_SET_TIMEOUT | OPTION_MAGIC_CLOSE, 0, "Watchdog test harness")
                    : askKernel();
            support = known;
        }
        return known;
    }

    private Support askKernel() throws IOException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(SUPPORT_BYTES, Integer.BYTES);
            opened().control(GET_SUPPORT, info);
            byte[] identity = info.asSlice(IDENTITY_OFFSET).toArray(ValueLayout.JAVA_BYTE);
            int length = 0;
            while (length < identity.length && identity[length] != 0) {
                length++;
            }
            return new Support(
                    info.get(ValueLayout.JAVA_INT, 0),
                    info.get(ValueLayout.JAVA_INT, Integer.BYTES),
                    new String(identity, 0, length, StandardCharsets.ISO_8859_1));
        }
    }

    private NativeFile opened() throws IOException {
        NativeFile present = file;
        if (present == null) {
            throw new IOException(path + " is not open");
        }
        return present;
    }

    @Override
    public String describe() {
        Support known = support;
        return (known == null ? "Linux watchdog device" : known.identity)
                + (known == null || known.firmware == 0 ? "" : " (firmware " + known.firmware + ")")
                + (path.equals(USUAL) ? "" : " at " + path);
    }

    @Override
    public boolean isUsable() {
        return Files.isWritable(path);
    }
}

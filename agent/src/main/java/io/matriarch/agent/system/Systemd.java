package io.matriarch.agent.system;

import io.matriarch.agent.cycle.ServiceManager;
import io.matriarch.model.TimeSource;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tells systemd how this process is, over the datagram socket in {@code NOTIFY_SOCKET} (sd_notify(3)). Datagram sockets
 * with a path are not in the JDK. A message that cannot be sent is lost; nobody waits for it.
 */
public final class Systemd implements ServiceManager {

    private static final Logger LOG = System.getLogger("patroni.daemon");

    private static final int UNIX = 1;
    /** SOCK_DGRAM, SOCK_NONBLOCK, SOCK_CLOEXEC. */
    private static final int DATAGRAM = 2 | 0x800 | 0x80000;

    private static final int LONGEST_PATH = 107;

    private final String socket;
    private final TimeSource time;
    private final @Nullable Duration watchdog;
    private final Calls calls = new Calls();

    /** Bound when a socket was named only: most processes never need them. */
    private static final class Calls {
        final MethodHandle socket = LibC.function(
                "socket",
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        final MethodHandle sendTo = LibC.function(
                "sendto",
                FunctionDescriptor.of(
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT,
                        ValueLayout.ADDRESS,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT,
                        ValueLayout.ADDRESS,
                        ValueLayout.JAVA_INT));
        final MethodHandle close =
                LibC.function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    }

    private Systemd(String socket, TimeSource time, @Nullable Duration watchdog) {
        this.socket = socket;
        this.time = time;
        this.watchdog = watchdog;
    }

    /** As the environment says; {@link ServiceManager#NONE} where it names no socket. */
    public static ServiceManager of(Map<String, String> environment, TimeSource time) {
        String socket = environment.getOrDefault("NOTIFY_SOCKET", "");
        if (!(socket.startsWith("/") || socket.startsWith("@")) || socket.length() > LONGEST_PATH) {
            return ServiceManager.NONE;
        }
        return new Systemd(socket, time, watchdog(environment));
    }

    /** Only when it is meant for this process. */
    private static @Nullable Duration watchdog(Map<String, String> environment) {
        String pid = environment.getOrDefault("WATCHDOG_PID", "");
        if (!pid.isEmpty() && !pid.equals(Long.toString(ProcessHandle.current().pid()))) {
            return null;
        }
        try {
            long micros = Long.parseLong(environment.getOrDefault("WATCHDOG_USEC", ""));
            return micros > 0 ? Duration.ofNanos(micros * 1000) : null;
        } catch (NumberFormatException _) {
            return null;
        }
    }

    @Override
    public void ready() {
        send("READY=1");
    }

    @Override
    public void reloading() {
        send("RELOADING=1\nMONOTONIC_USEC=" + time.now().nanos() / 1000);
    }

    @Override
    public void stopping() {
        send("STOPPING=1");
    }

    @Override
    public void status(String text) {
        send("STATUS=" + text.replace('\n', ' '));
    }

    @Override
    public Optional<Duration> keepAlivePeriod() {
        return Optional.ofNullable(watchdog).map(limit -> limit.dividedBy(2));
    }

    @Override
    public void keepAlive() {
        if (watchdog != null) {
            send("WATCHDOG=1");
        }
    }

    private void send(String message) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment state = LibC.callState(arena);
            int descriptor = (int) calls.socket.invokeExact(state, UNIX, DATAGRAM, 0);
            if (descriptor < 0) {
                throw LibC.failure("socket", state);
            }
            try {
                byte[] name = socket.getBytes(StandardCharsets.UTF_8);
                if (name[0] == '@') {
                    name[0] = 0; // an abstract one
                }
                MemorySegment address = arena.allocate(Short.BYTES + name.length + 1L);
                address.set(ValueLayout.JAVA_SHORT, 0, (short) UNIX);
                MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, Short.BYTES, name.length);
                byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
                MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
                long sent = (long) calls.sendTo.invokeExact(
                        state, descriptor, data, (long) bytes.length, 0, address, Short.BYTES + name.length);
                if (sent < 0) {
                    throw LibC.failure("sendto " + socket, state);
                }
            } finally {
                int _ = (int) calls.close.invokeExact(state, descriptor);
            }
        } catch (Throwable e) {
            IOException failed = LibC.passed(e);
            LOG.log(Level.DEBUG, "Could not notify the service manager: {0}", failed.getMessage());
        }
    }
}

package io.matriarch.agent.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.agent.cycle.ServiceManager;
import io.matriarch.model.TimeSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SystemdTest {

    /** Prints each datagram on a line of its own; perl is part of every Debian and needs no package. */
    private static final String RECEIVER = """
        use Socket; $| = 1;
        socket(my $s, PF_UNIX, SOCK_DGRAM, 0) or die $!; bind($s, sockaddr_un($ARGV[0])) or die $!;
        print "bound\n"; my $m;
        while (defined recv($s, $m, 4096, 0)) { $m =~ s/\n/|/g; print "$m\n"; }
        """;

    @TempDir
    private Path directory;

    @Test
    void messagesArriveAsSystemdWantsThem() throws Exception {
        String socket = directory.resolve("notify").toString();
        Process receiver = new ProcessBuilder("perl", "-e", RECEIVER, socket).start();
        try {
            assertEquals("bound", receiver.inputReader().readLine());
            ServiceManager systemd =
                    Systemd.of(Map.of("NOTIFY_SOCKET", socket, "WATCHDOG_USEC", "20000000"), TimeSource.system());
            systemd.ready();
            systemd.reloading();
            systemd.status("no action.\nreally");
            systemd.keepAlive();
            systemd.stopping();
            assertEquals("READY=1", receiver.inputReader().readLine());
            String reloading = receiver.inputReader().readLine();
            assertTrue(reloading.matches("RELOADING=1\\|MONOTONIC_USEC=[0-9]+"), reloading);
            assertEquals("STATUS=no action. really", receiver.inputReader().readLine());
            assertEquals("WATCHDOG=1", receiver.inputReader().readLine());
            assertEquals("STOPPING=1", receiver.inputReader().readLine());
            assertEquals(Optional.of(Duration.ofSeconds(10)), systemd.keepAlivePeriod());
        } finally {
            receiver.destroyForcibly();
            assertTrue(receiver.waitFor(10, TimeUnit.SECONDS));
        }
        // Nobody listens any more: nothing happens.
        Systemd.of(Map.of("NOTIFY_SOCKET", socket), TimeSource.system()).ready();
    }

    @Test
    void withoutSocketThereIsNobody() {
        assertSame(ServiceManager.NONE, Systemd.of(Map.of(), TimeSource.system()));
        assertSame(ServiceManager.NONE, Systemd.of(Map.of("NOTIFY_SOCKET", "vsock:2:1"), TimeSource.system()));
    }

    @Test
    void anotherProcessesWatchdogIsNotOurs() {
        Map<String, String> environment =
                Map.of("NOTIFY_SOCKET", "/nowhere", "WATCHDOG_USEC", "1000", "WATCHDOG_PID", "1");
        assertEquals(
                Optional.empty(), Systemd.of(environment, TimeSource.system()).keepAlivePeriod());
    }
}

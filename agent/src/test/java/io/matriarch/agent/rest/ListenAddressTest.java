package io.matriarch.agent.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.matriarch.agent.page.LivePage;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An address that a host loses and gets back, as one does that moves with a cluster manager. Needs root. */
class ListenAddressTest {

    /** Of the network for benchmarks (RFC 2544), which nobody uses. */
    private static final String ADDRESS = "198.18.7.1";

    private static final String[] ADDRESS_HERE = {"addr", "add", ADDRESS + "/32", "dev", "lo"};
    private static final String[] ADDRESS_GONE = {"addr", "del", ADDRESS + "/32", "dev", "lo"};
    /** So that nothing is sent anywhere while the address is not here. */
    private static final String[] NOT_ELSEWHERE = {"route", "add", "unreachable", ADDRESS + "/32"};

    private static final String[] ELSEWHERE = {"route", "del", "unreachable", ADDRESS + "/32"};

    private final FakeNode node = new FakeNode();
    private final RestServer server = new RestServer(
            node,
            new SilentPeers(),
            () -> Optional.of(Samples.primary()),
            new LivePage(TimeSource.system()),
            TimeSource.system());

    @BeforeEach
    void addAddress() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")) && ip(NOT_ELSEWHERE) && ip(ADDRESS_HERE));
    }

    @AfterEach
    void removeAddress() throws Exception {
        server.close();
        ip(ADDRESS_GONE);
        ip(ELSEWHERE);
    }

    private static boolean ip(String... arguments) throws IOException, InterruptedException {
        var command = Stream.concat(Stream.of("ip"), Arrays.stream(arguments)).toList();
        return new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }

    private String check() throws IOException {
        try (var socket = new Socket(InetAddress.ofLiteral(ADDRESS), server.port())) {
            RawClient.write(socket, "GET /primary HTTP/1.0\r\n\r\n");
            return RawClient.readAll(socket);
        }
    }

    @Test
    void itIsListenedOnAgainWhenItIsBack() throws Exception {
        server.start(RestServerTest.listening(Samples.http(), new HostPort(ADDRESS, 0)));
        server.testItself();
        assertEquals(Optional.empty(), node.apiHealth.silence());
        assertEquals(200, RawClient.status(check()));

        assertTrue(ip(ADDRESS_GONE));
        for (int i = 0; i < 4; i++) {
            server.testItself();
            assertTrue(node.apiHealth.silence().isPresent());
        }
        assertEquals(0, server.port(), "it cannot listen there");

        assertTrue(ip(ADDRESS_HERE));
        server.testItself();
        server.testItself();
        assertEquals(Optional.empty(), node.apiHealth.silence());
        assertEquals(200, RawClient.status(check()));
    }
}

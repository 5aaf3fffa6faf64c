package io.matriarch.agent.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.matriarch.http.RestClient;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.PeerStatus;
import io.matriarch.model.config.ClientSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class HttpPeersTest {

    private final HttpPeers peers =
            new HttpPeers(new RestClient(new ClientSettings(null, true, null, null, null, null), true));

    private static HttpServer member(int code, String body) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(code, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
        return server;
    }

    private static Member at(String name, int port) {
        return Member.parse(name, "{\"api_url\":\"http://127.0.0.1:" + port + "/patroni\"}");
    }

    @Test
    void everyMemberGivesOneAnswerWhateverTheOthersDo() throws IOException {
        HttpServer replica = member(503, "{\"role\":\"replica\",\"xlog\":{\"received_location\":9,\"replayed_location\":7}}");
        HttpServer down = member(503, "{\"role\":\"replica\",\"state\":\"starting\"}");
        // Accepts connections (the backlog does) and never says a word, like a frozen process.
        try (var frozen = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            int closed;
            try (var probe = new ServerSocket(0)) {
                closed = probe.getLocalPort();
            }
            List<PeerStatus> answers = peers.poll(List.of(
                    at("frozen", frozen.getLocalPort()),
                    at("replica", replica.getAddress().getPort()),
                    Member.parse("silent", "{\"state\":\"running\"}"),
                    at("down", down.getAddress().getPort()),
                    at("closed", closed)));
            assertEquals(List.of("frozen", "replica", "down", "closed"), answers.stream().map(PeerStatus::member).toList());
            assertInstanceOf(PeerStatus.Unreachable.class, answers.get(0));
            assertEquals(
                    new Lsn(9), assertInstanceOf(PeerStatus.Reachable.class, answers.get(1)).position());
            assertInstanceOf(PeerStatus.Unreachable.class, answers.get(2));
            assertInstanceOf(PeerStatus.Unreachable.class, answers.get(3));
        } finally {
            replica.stop(0);
            down.stop(0);
        }
    }

    @Test
    void anyAnswerMeansAlive() throws IOException {
        HttpServer sick = member(503, "");
        try {
            assertTrue(peers.isAlive(at("n1", sick.getAddress().getPort())));
        } finally {
            sick.stop(0);
        }
        assertFalse(peers.isAlive(at("n1", 1)));
        assertFalse(peers.isAlive(Member.parse("n1", "{}")));
    }
}

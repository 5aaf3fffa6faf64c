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
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
        HttpServer replica =
                member(503, "{\"role\":\"replica\",\"xlog\":{\"received_location\":9,\"replayed_location\":7}}");
        HttpServer down = member(503, "{\"role\":\"replica\",\"state\":\"starting\"}");
        // Accepts connections (the backlog does) and never says a word, like a frozen process.
        try (var frozen = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            int closed;
            try (var probe = new ServerSocket(0)) {
                closed = probe.getLocalPort();
            }
            List<PeerStatus> answers = peers.poll(
                    List.of(
                            at("frozen", frozen.getLocalPort()),
                            at("replica", replica.getAddress().getPort()),
                            Member.parse("silent", "{\"state\":\"running\"}"),
                            at("down", down.getAddress().getPort()),
                            at("closed", closed)),
                    Duration.ofSeconds(2));
            assertEquals(
                    List.of("frozen", "replica", "down", "closed"),
                    answers.stream().map(PeerStatus::member).toList());
            assertInstanceOf(PeerStatus.Unreachable.class, answers.get(0));
            assertEquals(
                    new Lsn(9),
                    assertInstanceOf(PeerStatus.Reachable.class, answers.get(1)).position());
            assertInstanceOf(PeerStatus.Unreachable.class, answers.get(2));
            assertInstanceOf(PeerStatus.Unreachable.class, answers.get(3));
        } finally {
            replica.stop(0);
            down.stop(0);
        }
    }

    @Test
    void onlyTheExactWordIsConsent() throws IOException {
        HttpServer yes = member(200, "Accepted");
        HttpServer leads = member(500, "Running as a leader");
        HttpServer odd = member(200, "<html>a proxy says hello</html>");
        try {
            List<Peers.Consent> answers = peers.askForConsent(
                    Map.of(
                            "yes", url(yes),
                            "leads", url(leads),
                            "odd", url(odd),
                            "gone", "http://127.0.0.1:1/patroni"),
                    "{}");
            assertEquals(
                    List.of("gone", "leads", "odd", "yes"),
                    answers.stream().map(Peers.Consent::member).toList());
            assertEquals(
                    List.of("yes"),
                    answers.stream()
                            .filter(Peers.Consent::given)
                            .map(Peers.Consent::member)
                            .toList());
            assertEquals("500 Running as a leader", answers.get(1).answer());
        } finally {
            yes.stop(0);
            leads.stop(0);
            odd.stop(0);
        }
    }

    private static String url(HttpServer server) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/patroni";
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

package io.matriarch.agent.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.agent.node.NodeControl.RestartAnswer;
import io.matriarch.agent.node.ScheduledRestart;
import io.matriarch.agent.page.LivePage;
import io.matriarch.agent.peers.Peers;
import io.matriarch.model.ClusterView;
import io.matriarch.model.FailoverRequest;
import io.matriarch.model.LeaderKey;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PeerStatus;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Revision;
import io.matriarch.model.SyncState;
import io.matriarch.model.Tags;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.BasicAuth;
import io.matriarch.model.config.HostPort;
import io.matriarch.model.config.RestSettings;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.store.Expectation;
import io.matriarch.store.WriteOutcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server on a real socket, asked by a client that sends bytes. */
class RestServerTest {

    private final FakeNode node = new FakeNode();
    private volatile Supplier<Optional<Snapshot>> query = () -> Optional.of(Samples.primary());
    private volatile List<PeerStatus> peerAnswers = List.of();
    private final LivePage page = new LivePage(TimeSource.system());
    private final RestServer server =
            new RestServer(node, new ScriptedPeers(), () -> query.get(), page, TimeSource.system());
    private int port;

    private final class ScriptedPeers implements Peers {
        @Override
        public List<PeerStatus> poll(Collection<Member> members, Duration limit) {
            return peerAnswers;
        }

        @Override
        public List<Consent> askForConsent(Map<String, String> members, String announcement) {
            return members.keySet().stream()
                    .map(n -> new Consent(n, false, "test", Lsn.NONE))
                    .toList();
        }

        @Override
        public List<Said> askForLease(
                Map<String, String> members, String body, Duration limit, Predicate<List<Said>> enough) {
            return List.of();
        }

        @Override
        public boolean isAlive(Member member) {
            throw new UnsupportedOperationException();
        }
    }

    @BeforeEach
    void start() throws RestServerException {
        server.start(Samples.http());
        port = server.port();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private String get(String path) throws IOException {
        return RawClient.request(port, "GET", path);
    }

    private String post(String path, String body) throws IOException {
        return RawClient.brief(RawClient.post(port, path, body));
    }

    // ---- form

    @ParameterizedTest
    @CsvSource({
        "HEAD, /primary, 200",
        "OPTIONS, /primary, 200",
        "HEAD, /, 200",
        "HEAD, /replica, 503",
        "HEAD, /patroni, 503",
        "OPTIONS, /liveness, 503",
        "GET, /liveness, 200",
        "GET, /readiness, 200"
    })
    void statusOnlyAnswersHaveNoBody(String method, String path, int code) throws IOException {
        String answer = RawClient.request(port, method, path);
        assertEquals(code, RawClient.status(answer));
        assertEquals("", RawClient.body(answer));
        assertFalse(answer.contains("X-Extra"), answer);
    }

    @Test
    void everyAnswerClosesTheConnection() throws IOException {
        // readAll returns only because the server closes, although the client asked to keep the connection.
        String answer = RawClient.request(port, "GET", "/patroni", "Connection: keep-alive");
        assertTrue(answer.toLowerCase(Locale.ROOT).contains("connection: close"), answer);
        assertTrue(answer.contains("Server: Patroni/4.1.4"), answer);
        assertTrue(answer.contains("Content-Type: application/json"), answer);
        assertTrue(answer.contains("X-Extra: plain"), answer);
    }

    @Test
    void anUnknownMethodIsAnErrorPageThatOldToolsUnderstand() throws IOException {
        String answer = RawClient.request(port, "BREW", "/coffee");
        assertEquals(501, RawClient.status(answer));
        assertTrue(answer.contains("Error code: 501"), answer);
        assertTrue(answer.contains("Message: Unsupported method ('BREW')."), answer);
        assertTrue(answer.contains("Error code explanation: 501 - Server does not support this operation."), answer);
        assertEquals(501, RawClient.status(RawClient.request(port, "POST", "/primary", "Content-Length: 0")));
    }

    @Test
    void onlyTheFirstPathSegmentSelectsTheEndpoint() throws IOException {
        assertEquals("200 {\"ttl\": 30}", RawClient.brief(get("/config/anything?x=1")));
        assertEquals(503, RawClient.status(get("/configuration")));
    }

    // ---- documents

    @Test
    void thePrimaryDescribesItself() throws IOException {
        String answer = get("/primary");
        assertEquals(200, RawClient.status(answer));
        assertTrue(RawClient.body(answer).startsWith("{\"state\": \"running\", \"postmaster_start_time\": "), answer);
    }

    @Test
    void losingTheLeaseChangesTheAnswerAtOnce() throws IOException {
        assertEquals(200, RawClient.status(get("/primary")));
        node.leader = false;
        assertEquals(503, RawClient.status(get("/primary")));
    }

    @Test
    void clusterIsReadFromTheStore() throws IOException {
        String body = RawClient.body(get("/cluster"));
        assertTrue(
                body.startsWith("{\"members\": [{\"name\": \"n1\", \"role\": \"leader\", \"state\": \"running\""),
                body);
        assertTrue(body.endsWith("\"scope\": \"demo\"}"), body);
    }

    @Test
    void aStoreThatCannotBeReadLeavesTheRequestWithoutAnswer() throws IOException {
        node.store.available = false;
        assertEquals("", get("/cluster"));
        assertEquals("", RawClient.post(port, "/switchover", "{\"leader\":\"n1\",\"candidate\":\"n2\"}"));
        assertEquals("", RawClient.request(port, "PATCH", "/config", "{\"ttl\":20}", new String[0]));
    }

    @Test
    void theJournalIsReadByOthers() throws IOException {
        assertEquals("200 {\"member\":\"n1\"}", RawClient.brief(get("/journal")).strip());
    }

    @Test
    void historyIsAnEmptyListWithoutTheKeyAndFailsafeAnError() throws IOException {
        assertEquals("200 []", RawClient.brief(get("/history")));
        assertEquals(502, RawClient.status(get("/failsafe")));
    }

    @Test
    void metricsEndWithANewline() throws IOException {
        String answer = get("/metrics");
        assertTrue(answer.contains("Content-Type: text/plain"), answer);
        assertTrue(answer.contains("\npatroni_failover_priority{scope=\"demo\",name=\"n1\"} 1\n"), answer);
        assertTrue(answer.matches("(?s).*\nmatriarch_open_files\\{scope=\"demo\",name=\"n1\"} \\d+\n"), answer);
    }

    // ---- bodies

    @Test
    void aRequiredBodyMustComeWithItsLength() throws IOException {
        String answer = RawClient.request(port, "PATCH", "/config");
        assertEquals(411, RawClient.status(answer));
        assertTrue(answer.contains("Error code explanation: 411 - Client must specify Content-Length."), answer);
        assertFalse(answer.contains("/failover"), answer);
        String failover = RawClient.request(port, "POST", "/failover");
        assertEquals(411, RawClient.status(failover));
        assertTrue(failover.contains("{\"candidate\": \"NAME\"} to /failover"), failover);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "[1]", "{\"ttl\":", "nonsense"})
    void aRequiredBodyMustBeAnObjectWithContent(String body) throws IOException {
        assertEquals(400, RawClient.status(RawClient.request(port, "PATCH", "/config", body, new String[0])));
        assertEquals(List.of(), node.store.writes);
    }

    @Test
    void anOptionalBodyMayBeMissingButNotBroken() throws IOException {
        assertEquals("200 restarted successfully", RawClient.brief(RawClient.request(port, "POST", "/restart")));
        assertEquals("200 restarted successfully", post("/restart", ""));
        assertTrue(post("/restart", "{\"role\"").startsWith("400 "));
        assertTrue(post("/restart", "[]").startsWith("400 "));
    }

    @Test
    void anOversizedBodyIsRefusedBeforeItIsRead() throws IOException {
        try (Socket socket = RawClient.open(port)) {
            int length = Request.LARGEST_BODY + 1;
            RawClient.write(socket, "PATCH /config HTTP/1.1\r\nHost: test\r\nContent-Length: " + length + "\r\n\r\n");
            byte[] answer = socket.getInputStream().readNBytes("HTTP/1.0 413".length());
            assertEquals("HTTP/1.0 413", new String(answer, StandardCharsets.US_ASCII));
        }
    }

    // ---- configuration

    @Test
    void patchMergesComparesAndWakesTheCycle() throws IOException {
        String answer = RawClient.request(port, "PATCH", "/config", "{\"pause\": true}", new String[0]);
        assertEquals("200 {\"ttl\": 30, \"pause\": true}", RawClient.brief(answer));
        assertEquals(List.of("config={\"ttl\":30,\"pause\":true}"), node.store.writes);
        assertEquals(List.of(new Expectation.Version(new Revision(7))), node.store.expectations);
        assertEquals(List.of("wake up"), node.asked);
    }

    @Test
    void patchWithoutChangeWritesNothing() throws IOException {
        String answer = RawClient.request(port, "PATCH", "/config", "{\"ttl\": 30}", new String[0]);
        assertEquals("200 {\"ttl\": 30}", RawClient.brief(answer));
        assertEquals(List.of(), node.store.writes);
    }

    @Test
    void aPatchThatLostTheRaceIsAConflict() throws IOException {
        node.store.outcome = new WriteOutcome.Refused("version");
        assertEquals(409, RawClient.status(RawClient.request(port, "PATCH", "/config", "{\"ttl\":20}", new String[0])));
    }

    @Test
    void anUnknownWriteIsSettledByReading() throws IOException {
        node.store.outcome = new WriteOutcome.Unknown("no answer");
        node.store.onWrite = () -> node.store.view = Samples.view("{\"ttl\":20}", SyncState.EMPTY, 0x5000060);
        String answer = RawClient.request(port, "PATCH", "/config", "{\"ttl\":20}", new String[0]);
        assertEquals("200 {\"ttl\": 20}", RawClient.brief(answer));
    }

    @Test
    void putReplacesUnlessEqual() throws IOException {
        assertEquals(
                "200 {\"ttl\": \"30\"}",
                RawClient.brief(RawClient.request(port, "PUT", "/config", "{\"ttl\":\"30\"}", new String[0])));
        assertEquals(List.of(), node.store.writes);
        assertEquals(
                "200 {\"loop_wait\": 5}",
                RawClient.brief(RawClient.request(port, "PUT", "/config", "{\"loop_wait\":5}", new String[0])));
        assertEquals(List.of("config={\"loop_wait\":5}"), node.store.writes);
        node.store.outcome = new WriteOutcome.Refused("down");
        assertEquals(502, RawClient.status(RawClient.request(port, "PUT", "/config", "{\"a\":1}", new String[0])));
    }

    // ---- controls

    @Test
    void simpleControls() throws IOException {
        assertEquals("202 reload scheduled", post("/reload", ""));
        assertEquals("202 shutdown scheduled", post("/sigterm", ""));
        assertEquals(List.of("reload"), node.asked);
        assertTrue(post("/failsafe", "{\"name\":\"n2\"}").startsWith("502 "));
        assertEquals(502, RawClient.status(RawClient.request(port, "POST", "/failsafe")), "the mode is off");
    }

    @Test
    void aPrimaryWithoutStoreIsAnsweredInFailsafeMode() throws IOException {
        node.status = new Samples.Node().config("{\"failsafe_mode\":true}").build();
        assertEquals("500 Running as a leader", post("/failsafe", "{\"name\":\"n2\"}"));
        node.leader = false;
        String answer = RawClient.post(port, "/failsafe", "{\"name\":\"n2\",\"slots\":{\"n1\":12}}");
        assertEquals("200 Accepted", RawClient.brief(answer));
        assertTrue(answer.toLowerCase(Locale.ROOT).contains("\nlsn: "), answer);
        assertTrue(post("/failsafe", "{\"slots\":{}}").startsWith("400 "));
        assertEquals(List.of("consent to n2", "consent to n2"), node.asked);
    }

    @Test
    void restartsNowOrLater() throws IOException {
        node.restartAnswer = new RestartAnswer(false, "restart conditions are not satisfied");
        assertEquals("503 restart conditions are not satisfied", post("/restart", "{\"role\":\"replica\"}"));
        assertEquals(List.of("restart {\"role\":\"replica\"}"), node.asked);
        String later = "{\"schedule\":\"2999-01-01T00:00+00\",\"restart_pending\":true}";
        assertEquals("202 Restart scheduled", post("/restart", later));
        ScheduledRestart scheduled = Objects.requireNonNull(node.scheduled);
        assertEquals(
                "{\"schedule\":\"2999-01-01T00:00:00+00:00\",\"restart_pending\":true}",
                scheduled.document().toString());
        assertEquals("2026-11-25 00:30:00.250000+00:00", scheduled.postmasterStartTime());
        assertEquals("409 Another restart is already scheduled", post("/restart", later));
        assertEquals("200 scheduled restart deleted", RawClient.brief(RawClient.request(port, "DELETE", "/restart")));
        assertEquals("404 no restarts are scheduled", RawClient.brief(RawClient.request(port, "DELETE", "/restart")));
    }

    @Test
    void theLeaderIsNotReinitialized() throws IOException {
        assertEquals("503 I am the leader, can not reinitialize", post("/reinitialize", ""));
        node.store.view = Samples.view().withLeader(null);
        assertEquals("503 Cluster has no leader, can not reinitialize", post("/reinitialize", ""));
        node.store.view = Samples.view().withLeader(new LeaderKey("n2", false, new Revision(4)));
        assertEquals("200 reinitialize started", post("/reinitialize", "{\"force\":true}"));
        assertEquals(List.of("reinitialize force=true fromLeader=false"), node.asked);
    }

    @Test
    void aClusterIsMadeOnRequestOnlyWhereThereIsNone() throws IOException {
        assertEquals("409 the cluster exists already", post("/bootstrap", ""));
        assertEquals(List.of(), node.asked);
        node.store.view = ClusterView.EMPTY;
        assertEquals("202 bootstrap scheduled", post("/bootstrap", ""));
        assertEquals(List.of("bootstrap"), node.asked);
    }

    private static PeerStatus fit(String name) {
        return new PeerStatus.Reachable(name, false, new Lsn(1), 3, Tags.NONE, false);
    }

    @Test
    void aSwitchoverWaitsForTheNewLeader() throws IOException {
        peerAnswers = List.of(fit("n2"));
        node.store.onWrite =
                () -> node.store.view = Samples.view().withLeader(new LeaderKey("n2", false, new Revision(4)));
        assertEquals(
                "200 Successfully switched over to \"n2\"",
                post("/switchover", "{\"leader\":\"n1\",\"candidate\":\"n2\"}"));
        assertEquals(List.of("failover={\"leader\":\"n1\",\"member\":\"n2\"}"), node.store.writes);
        assertEquals(List.of(Expectation.ANY), node.store.expectations);
        assertEquals(List.of("wake up"), node.asked);
    }

    @Test
    void anotherLeaderThanAskedForIsNamed() throws IOException {
        peerAnswers = List.of(fit("n2"));
        node.store.onWrite =
                () -> node.store.view = Samples.view().withLeader(new LeaderKey("n3", false, new Revision(4)));
        assertEquals("200 Failed over to \"n3\" instead of \"n2\"", post("/failover", "{\"candidate\":\"n2\"}"));
    }

    @Test
    void aRequestThatTheLeaderGaveUpHasFailed() throws IOException {
        peerAnswers = List.of(fit("n2"));
        assertEquals("503 Switchover failed", post("/switchover", "{\"leader\":\"n1\"}"));
        node.refusal = List.of("Member n2 exceeds maximum replication lag: it is at 0/1");
        assertEquals(
                "503 Switchover failed\nMember n2 exceeds maximum replication lag: it is at 0/1",
                post("/switchover", "{\"leader\":\"n1\"}"));
    }

    @Test
    void withoutAFitMemberNothingIsWritten() throws IOException {
        peerAnswers = List.of(
                new PeerStatus.Unreachable("n2", "refused"),
                new PeerStatus.Reachable("n3", false, new Lsn(1), 3, Tags.NONE, true));
        assertEquals(
                "412 switchover is not possible: no good candidates have been found\n"
                        + "n2: not reachable (refused)\nn3: not watchdog capable",
                post("/switchover", "{\"leader\":\"n1\"}"));
        assertEquals(List.of(), node.store.writes);
    }

    @Test
    void aScheduledSwitchoverIsWrittenAndDeleted() throws IOException {
        assertEquals(
                "202 Switchover scheduled",
                post("/switchover", "{\"leader\":\"n1\",\"scheduled_at\":\"2999-01-01T00:00:00Z\"}"));
        assertEquals(
                List.of("failover={\"leader\":\"n1\",\"scheduled_at\":\"2999-01-01T00:00:00+00:00\"}"),
                node.store.writes);
        String delete = RawClient.brief(RawClient.request(port, "DELETE", "/switchover"));
        assertEquals("404 no switchover is scheduled", delete);
        node.store.view = Samples.with(
                Samples.view(), new FailoverRequest("n1", null, "2999-01-01T00:00:00+00:00", new Revision(12)));
        assertEquals(
                "200 scheduled switchover deleted", RawClient.brief(RawClient.request(port, "DELETE", "/switchover")));
        assertEquals("failover={}", node.store.writes.getLast());
        assertEquals(new Expectation.Version(new Revision(12)), node.store.expectations.getLast());
    }

    // ---- protection

    private static String basic(String pair) {
        return "Authorization: Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void controlsWantThePassword() throws IOException {
        server.reload(Samples.settings(new BasicAuth("admin", "s3cret"), List.of(), null));
        String missing = RawClient.request(port, "POST", "/reload");
        assertEquals("401 no auth header received", RawClient.brief(missing));
        assertTrue(missing.toLowerCase(Locale.ROOT).contains("www-authenticate: basic realm=\"patroni\""));
        for (String wrong : List.of(basic("admin:wrong"), "Authorization: Bearer x", "Authorization: Basic ***")) {
            assertEquals("401 not authenticated", RawClient.brief(RawClient.request(port, "POST", "/reload", wrong)));
        }
        assertEquals(
                "202 reload scheduled",
                RawClient.brief(RawClient.request(port, "POST", "/reload", basic("admin:s3cret"))));
        assertEquals(200, RawClient.status(get("/patroni")));
    }

    @Test
    void theAccessCheckComesBeforeTheBody() throws IOException {
        server.reload(Samples.settings(new BasicAuth("admin", "s3cret"), List.of(), null));
        assertEquals(401, RawClient.status(RawClient.request(port, "PATCH", "/config")));
    }

    @Test
    void theAllowlistDecidesByAddress() throws IOException {
        server.reload(Samples.settings(null, List.of("10.0.0.0/8"), null));
        assertEquals("403 Access is denied", post("/reload", ""));
        assertEquals(200, RawClient.status(get("/primary")));
        server.reload(Samples.settings(null, List.of("10.0.0.0/8", "127.0.0.0/8"), null));
        assertEquals("202 reload scheduled", post("/reload", ""));
        server.reload(Samples.settings(null, List.of("127.0.0.1"), null));
        assertEquals("202 reload scheduled", post("/reload", ""));
    }

    // ---- trouble

    @Test
    void aHangingServerDoesNotHangHealthChecks() throws Exception {
        var release = new CountDownLatch(1);
        query = () -> {
            try {
                release.await();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
            return Optional.empty();
        };
        try {
            assertEquals(200, RawClient.status(get("/primary")));
            assertEquals(200, RawClient.status(RawClient.request(port, "HEAD", "/leader")));
            // The peer in a race learns that this node cannot tell its position.
            String body = RawClient.body(get("/patroni"));
            assertTrue(body.startsWith("{\"state\": \"unknown\", \"role\": \"primary\""), body);
            assertFalse(body.contains("xlog"), body);
            assertEquals(503, RawClient.status(get("/health")));
        } finally {
            release.countDown();
        }
    }

    @Test
    void aStoppedServerIsNotAsked() throws IOException {
        var stopped = new Samples.Node();
        stopped.state = PostgresState.STOPPED;
        stopped.snapshot = Optional.empty();
        node.status = stopped.build();
        query = () -> {
            throw new AssertionError("asked a stopped server");
        };
        String body = RawClient.body(get("/health"));
        assertTrue(body.startsWith("{\"state\": \"stopped\", \"role\": \"primary\", \"dcs_last_seen\""), body);
    }

    /** What answers is alive only if it answers: here every request waits for something that does not come. */
    @Test
    void aServerThatDoesNotAnswerItselfSaysSo() throws Exception {
        server.testItself();
        assertEquals(Optional.empty(), node.apiHealth.silence());
        var release = new CountDownLatch(1);
        node.onStatus = () -> {
            try {
                release.await();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        };
        try {
            server.testItself();
            String reason = node.apiHealth.silence().orElseThrow().reason();
            assertTrue(reason.contains("Read timed out"), reason);
        } finally {
            release.countDown();
        }
        node.onStatus = () -> {};
        server.testItself();
        assertEquals(Optional.empty(), node.apiHealth.silence());
    }

    @Test
    void livenessTellsOfAServerThatOthersCannotReach() throws IOException {
        MonotonicTime now = TimeSource.system().now();
        node.apiHealth.silent(now.minus(Duration.ofSeconds(20)), "test");
        assertEquals(200, RawClient.status(get("/liveness")));
        node.apiHealth.answered();
        node.apiHealth.silent(now.minus(Duration.ofSeconds(31)), "test");
        assertEquals(503, RawClient.status(get("/liveness")));
    }

    /** Somebody closed the socket under us. */
    @Test
    void aLostSocketIsOpenedAnew() throws IOException {
        server.loseSocket();
        server.testItself();
        assertTrue(node.apiHealth.silence().isPresent());
        server.testItself();
        assertEquals(Optional.empty(), node.apiHealth.silence());
        assertEquals(200, RawClient.status(RawClient.request(server.port(), "GET", "/primary")));
    }

    @Test
    void aPortInUseIsNamed() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var second = new RestServer(
                        node, new ScriptedPeers(), Optional::<Snapshot>empty, page, TimeSource.system())) {
            RestSettings settings = onPort(Samples.http(), taken.getLocalPort());
            var e = assertThrows(RestServerException.class, () -> second.start(settings));
            assertEquals(
                    "Couldn't start a service on '127.0.0.1:" + taken.getLocalPort()
                            + "', please check your `restapi.listen` configuration",
                    String.valueOf(e.getMessage()));
        }
    }

    @Test
    void theListenerMovesWhenItsAddressChanges() throws IOException {
        int free;
        try (var probe = new ServerSocket(0)) {
            free = probe.getLocalPort();
        }
        server.reload(onPort(Samples.http(), free));
        assertEquals(200, RawClient.status(RawClient.request(free, "GET", "/primary")));
        assertThrows(IOException.class, () -> RawClient.request(port, "GET", "/primary"));
    }

    @Test
    void aListenerThatCannotMoveStaysWhereItIs() throws IOException {
        int free;
        try (var probe = new ServerSocket(0)) {
            free = probe.getLocalPort();
        }
        server.reload(onPort(Samples.http(), free));
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            server.reload(onPort(Samples.http(), taken.getLocalPort()));
            assertEquals(200, RawClient.status(RawClient.request(free, "GET", "/primary")));
        }
    }

    private static RestSettings onPort(RestSettings s, int port) {
        return listening(s, new HostPort("127.0.0.1", port));
    }

    static RestSettings listening(RestSettings s, HostPort listen) {
        return new RestSettings(
                listen,
                s.connectAddress(),
                s.authentication(),
                s.certfile(),
                s.keyfile(),
                s.keyfilePassword(),
                s.cafile(),
                s.ciphers(),
                s.verifyClient(),
                s.allowlist(),
                s.allowlistIncludeMembers(),
                s.httpExtraHeaders(),
                s.httpsExtraHeaders(),
                s.requestQueueSize(),
                s.threadPoolSize(),
                s.serverTokens());
    }
}

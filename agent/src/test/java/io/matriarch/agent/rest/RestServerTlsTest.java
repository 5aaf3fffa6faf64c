package io.matriarch.agent.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.agent.page.LivePage;
import io.matriarch.agent.peers.HttpPeers;
import io.matriarch.http.RestCall;
import io.matriarch.http.RestClient;
import io.matriarch.http.RestResult;
import io.matriarch.http.RestResult.Answer;
import io.matriarch.http.RestResult.Failed;
import io.matriarch.model.Member;
import io.matriarch.model.PeerStatus;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.ClientSettings;
import io.matriarch.model.config.RestSettings;
import io.matriarch.model.config.RestSettings.VerifyClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** HTTPS with certificates made by openssl, called by the client that members and tools use. */
class RestServerTlsTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir
    static Path directory;

    static Certificates certificates;
    static String serverCertificate;
    static String clientCertificate;
    static String stranger;
    /** From another authority that calls itself by the same name: otherwise clients would not even present it. */
    static String forged;

    private final FakeNode node = new FakeNode();
    private final RestServer server = new RestServer(
            node,
            new HttpPeers(client(true, null, null)),
            () -> Optional.of(Samples.primary()),
            new LivePage(TimeSource.system()),
            TimeSource.system());

    @BeforeAll
    static void makeCertificates() throws Exception {
        certificates = new Certificates(directory);
        serverCertificate = certificates.issue("server", "IP:127.0.0.1");
        clientCertificate = certificates.issue("client", "DNS:client");
        stranger = certificates.selfSigned("stranger", "DNS:stranger");
        forged = new Certificates(Files.createDirectory(directory.resolve("impostor"))).issue("client", "DNS:client");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static RestClient client(boolean insecure, @Nullable String cacert, @Nullable String certificate) {
        return new RestClient(new ClientSettings(null, insecure, cacert, certificate, null, null), insecure);
    }

    private void start(String certificate, @Nullable String cafile, VerifyClient verify) throws RestServerException {
        server.start(settings(certificate, cafile, verify));
    }

    private static RestSettings settings(String certificate, @Nullable String cafile, VerifyClient verify) {
        return Samples.settings(null, List.of(), new Samples.Tls(certificate, cafile, verify));
    }

    private RestResult call(RestClient client, String method, String path) {
        return client.send(new RestCall(method, "https://127.0.0.1:" + server.port() + path, null, LIMIT));
    }

    private void assertStatus(int code, RestResult result) {
        assertEquals(code, assertInstanceOf(Answer.class, result).status());
    }

    @Test
    void aClientThatTrustsTheAuthorityGetsAnAnswer() throws Exception {
        start(serverCertificate, null, VerifyClient.NONE);
        assertStatus(200, call(client(false, certificates.authority(), null), "GET", "/primary"));
        assertStatus(200, call(client(true, null, null), "GET", "/primary"));
        assertInstanceOf(Failed.class, call(client(false, null, null), "GET", "/primary"));
    }

    @Test
    void theHostNameIsCheckedUnlessInsecure() throws Exception {
        start(
                certificates.issue("elsewhere", "DNS:elsewhere.example"),
                certificates.authority(),
                VerifyClient.REQUIRED);
        assertInstanceOf(
                Failed.class, call(client(false, certificates.authority(), clientCertificate), "GET", "/primary"));
        // With a client certificate insecure gives up the name only; the chain stays checked.
        assertStatus(200, call(client(true, certificates.authority(), clientCertificate), "GET", "/primary"));
        assertInstanceOf(Failed.class, call(client(true, stranger, clientCertificate), "GET", "/primary"));
    }

    @Test
    void requiredAppliesToEveryRequest() throws Exception {
        start(serverCertificate, certificates.authority(), VerifyClient.REQUIRED);
        assertInstanceOf(Failed.class, call(client(true, null, null), "GET", "/primary"));
        assertStatus(200, call(client(true, certificates.authority(), clientCertificate), "GET", "/primary"));
        assertStatus(202, call(client(true, certificates.authority(), clientCertificate), "POST", "/reload"));
    }

    @Test
    void optionalProtectsControlsAlone() throws Exception {
        start(serverCertificate, certificates.authority(), VerifyClient.OPTIONAL);
        assertStatus(200, call(client(true, null, null), "GET", "/primary"));
        var refusal = assertInstanceOf(Answer.class, call(client(true, null, null), "POST", "/reload"));
        assertEquals("403 client certificate required", refusal.status() + " " + refusal.body());
        assertStatus(202, call(client(true, certificates.authority(), clientCertificate), "POST", "/reload"));
        assertInstanceOf(Failed.class, call(client(true, certificates.authority(), forged), "GET", "/primary"));
    }

    @Test
    void withoutAuthorityNoCertificateIsGood() throws Exception {
        start(serverCertificate, null, VerifyClient.OPTIONAL);
        assertInstanceOf(
                Failed.class, call(client(true, certificates.authority(), clientCertificate), "GET", "/primary"));
        assertStatus(200, call(client(true, null, null), "GET", "/primary"));
    }

    @Test
    void oneSelfSignedCertificateMayDoEverything() throws Exception {
        String all = certificates.selfSigned("all", "IP:127.0.0.1");
        start(all, all, VerifyClient.REQUIRED);
        assertStatus(202, call(client(false, all, all), "POST", "/reload"));
    }

    @Test
    void aRenewedCertificateIsTakenOverByReload() throws Exception {
        Path current = directory.resolve("current.pem");
        Files.copy(Path.of(serverCertificate), current, StandardCopyOption.REPLACE_EXISTING);
        start(current.toString(), null, VerifyClient.NONE);
        int before = server.port();
        String renewed = certificates.selfSigned("renewed", "IP:127.0.0.1");
        Files.copy(Path.of(renewed), current, StandardCopyOption.REPLACE_EXISTING);
        server.reload(settings(current.toString(), null, VerifyClient.NONE));
        assertEquals(before, server.port(), "nobody is turned away for it");
        assertStatus(200, call(client(false, renewed, null), "GET", "/primary"));
    }

    /** As a tool does that writes certificate and key one after the other, and is interrupted in between. */
    @Test
    void certificatesThatAreReplacedAreTakenOverWhenTheyFitTogether() throws Exception {
        Path certificate = directory.resolve("watched.crt");
        Path key = directory.resolve("watched.key");
        String first = certificates.selfSigned("first", "IP:127.0.0.1");
        String second = certificates.selfSigned("second", "IP:127.0.0.1");
        put("first.crt", certificate);
        put("first.key", key);
        server.start(withKey(settings(certificate.toString(), null, VerifyClient.NONE), key));

        put("second.crt", certificate);
        server.lookAtCertificates();
        server.lookAtCertificates();
        assertStatus(200, call(client(false, first, null), "GET", "/primary"));

        Files.delete(key);
        server.lookAtCertificates();
        server.lookAtCertificates();
        assertStatus(200, call(client(false, first, null), "GET", "/primary"));

        put("second.key", key);
        server.lookAtCertificates();
        assertStatus(200, call(client(false, first, null), "GET", "/primary"));
        server.lookAtCertificates();
        assertStatus(200, call(client(false, second, null), "GET", "/primary"));
        assertInstanceOf(Failed.class, call(client(false, first, null), "GET", "/primary"));
    }

    private static void put(String file, Path place) throws IOException {
        Files.copy(directory.resolve(file), place, StandardCopyOption.REPLACE_EXISTING);
    }

    private static RestSettings withKey(RestSettings s, Path key) {
        return new RestSettings(
                s.listen(),
                s.connectAddress(),
                s.authentication(),
                s.certfile(),
                key.toString(),
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

    @Test
    void theServerReachesItselfWhateverItAsksOfClients() throws Exception {
        for (VerifyClient verify : VerifyClient.values()) {
            try (var one = new RestServer(
                    node,
                    new HttpPeers(client(true, null, null)),
                    () -> Optional.of(Samples.primary()),
                    new LivePage(TimeSource.system()),
                    TimeSource.system())) {
                one.start(settings(serverCertificate, null, verify)); // no authority: no client is good enough
                one.testItself();
                assertEquals(Optional.empty(), node.apiHealth.silence(), verify.toString());
            }
        }
    }

    @Test
    void aBrokenCertificateIsNamedAndLeavesTheOldListener() throws Exception {
        start(serverCertificate, null, VerifyClient.NONE);
        Path broken = Files.writeString(directory.resolve("broken.pem"), "no certificate");
        server.reload(settings(broken.toString(), null, VerifyClient.NONE));
        assertStatus(200, call(client(true, null, null), "GET", "/primary"));
        try (var second = new RestServer(
                node,
                new HttpPeers(client(true, null, null)),
                Optional::empty,
                new LivePage(TimeSource.system()),
                TimeSource.system())) {
            var e = assertThrows(
                    RestServerException.class,
                    () -> second.start(settings(broken.toString(), null, VerifyClient.NONE)));
            assertTrue(String.valueOf(e.getMessage()).contains("broken.pem"), e.toString());
        }
    }

    /** The client of our own tools has another way for this method. */
    @Test
    void configurationIsPatchedByOurClient() throws Exception {
        start(serverCertificate, null, VerifyClient.NONE);
        String url = "https://127.0.0.1:" + server.port() + "/config";
        RestResult result = client(true, null, null).send(new RestCall("PATCH", url, "{\"pause\":true}", LIMIT));
        assertEquals(new Answer(200, "{\"ttl\": 30, \"pause\": true}"), result);
    }

    @Test
    void peersAreAskedWithTheClientCertificate() throws Exception {
        start(serverCertificate, certificates.authority(), VerifyClient.REQUIRED);
        var peers = new HttpPeers(client(true, certificates.authority(), clientCertificate));
        Member member = Member.parse(
                "n1", "{\"api_url\":\"https://127.0.0.1:" + server.port() + "/patroni\",\"state\":\"running\"}");
        var answer = assertInstanceOf(
                PeerStatus.Reachable.class,
                peers.poll(List.of(member), Duration.ofSeconds(2)).getFirst());
        assertTrue(answer.isPrimary());
        assertEquals(3, answer.timeline());
        assertTrue(peers.isAlive(member));
    }
}

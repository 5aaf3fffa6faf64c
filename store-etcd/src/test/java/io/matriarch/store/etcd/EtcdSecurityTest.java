package io.matriarch.store.etcd;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.store.AgentStore;
import io.matriarch.store.ClusterStore;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreConfigurationException;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.WriteOutcome;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates and passwords against a real etcd. */
class EtcdSecurityTest {

    @TempDir
    Path directory;

    @Test
    void aClientCertificateOpensAServerThatDemandsOne() throws Exception {
        Certificates pki = Certificates.create(directory);
        try (EtcdServer server = EtcdServer.start(
                directory,
                "https",
                "--cert-file=" + pki.certificate("server"),
                "--key-file=" + pki.key("server"),
                "--trusted-ca-file=" + pki.authority(),
                "--client-cert-auth")) {
            String address = "\"protocol\":\"https\",\"host\":\"127.0.0.1:" + server.port() + "\",\"cacert\":\""
                    + pki.authority() + "\"";
            String identity = ",\"cert\":\"" + pki.certificate("client") + "\",\"key\":\"" + pki.key("client") + "\"";
            try (AgentStore store =
                    new EtcdStoreProvider().openForAgent(Sections.context("n0", "{" + address + identity + "}"))) {
                assertTrue(store.acquireLeader().isApplied());
                assertTrue(store.load().isLeader("n0"));
            }
            try (ClusterStore nobody = new EtcdStoreProvider().openForTool(Sections.context("", "{" + address + "}"))) {
                assertThrows(StoreUnavailableException.class, nobody::load);
            }
        }
    }

    @Test
    void aServerOfAnUnknownAuthorityIsNotBelieved() throws Exception {
        Certificates pki = Certificates.create(directory);
        try (EtcdServer server = EtcdServer.start(
                        directory,
                        "https",
                        "--cert-file=" + pki.certificate("server"),
                        "--key-file=" + pki.key("server"));
                ClusterStore store = new EtcdStoreProvider()
                        .openForTool(Sections.context(
                                "", "{\"protocol\":\"https\",\"host\":\"127.0.0.1:" + server.port() + "\"}"))) {
            assertThrows(StoreUnavailableException.class, store::load);
        }
    }

    @Test
    void aPasswordIsExchangedForATokenAndAgainWhenItIsNoLongerValid() throws Exception {
        try (EtcdServer server = EtcdServer.start(directory, "http")) {
            enableAuthentication(server);
            String section = section(server, "secret");
            try (AgentStore store = new EtcdStoreProvider().openForAgent(Sections.context("n0", section))) {
                assertTrue(store.acquireLeader().isApplied());
                assertTrue(store.load().isLeader("n0"));

                // Tokens of the simple kind live in the server's memory.
                server.kill();
                server.restart();
                ClusterView seen = loadPatiently(store);
                assertTrue(store.renewLeader(seen).isApplied());
                assertTrue(store.put(Key.CONFIG, "{}", Expectation.ANY).isApplied());
            }
        }
    }

    @Test
    void aWrongOrMissingPasswordIsSaidToBeTheConfigurationsFault() throws Exception {
        try (EtcdServer server = EtcdServer.start(directory, "http")) {
            enableAuthentication(server);
            for (String section :
                    new String[] {section(server, "guessed"), "{\"host\":\"127.0.0.1:" + server.port() + "\"}"}) {
                try (AgentStore store = new EtcdStoreProvider().openForAgent(Sections.context("n0", section))) {
                    var failure = assertThrows(StoreUnavailableException.class, store::load);
                    assertInstanceOf(StoreConfigurationException.class, failure.getCause());
                    assertFalse(String.valueOf(failure.getMessage()).contains("guessed"));
                    assertInstanceOf(WriteOutcome.Refused.class, store.acquireLeader());
                }
            }
        }
    }

    @Test
    void aPasswordThatAReloadMendsOpensTheStore() throws Exception {
        try (EtcdServer server = EtcdServer.start(directory, "http")) {
            enableAuthentication(server);
            try (AgentStore store =
                    new EtcdStoreProvider().openForAgent(Sections.context("n0", section(server, "guessed")))) {
                assertThrows(StoreUnavailableException.class, store::load);

                store.applyConfiguration(JsonParser.parseString("{\"etcd3\": " + section(server, "secret") + "}")
                        .getAsJsonObject());

                loadPatiently(store);
                assertTrue(store.acquireLeader().isApplied());
            }
        }
    }

    @Test
    void aPasswordForAServerWithoutAuthenticationIsIgnored() throws Exception {
        try (EtcdServer server = EtcdServer.start(directory, "http");
                AgentStore store =
                        new EtcdStoreProvider().openForAgent(Sections.context("n0", section(server, "any")))) {
            assertTrue(store.acquireLeader().isApplied());
            assertTrue(store.load().isLeader("n0"));
        }
    }

    private static void enableAuthentication(EtcdServer server) throws Exception {
        server.control("user", "add", "root:secret");
        server.control("user", "grant-role", "root", "root");
        server.control("auth", "enable");
    }

    private static String section(EtcdServer server, String password) {
        return "{\"host\":\"127.0.0.1:" + server.port() + "\",\"username\":\"root\",\"password\":\"" + password + "\"}";
    }

    private static ClusterView loadPatiently(AgentStore store) throws Exception {
        long end = System.nanoTime() + 30_000_000_000L;
        while (true) {
            try {
                return store.load();
            } catch (StoreUnavailableException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
            }
        }
    }
}

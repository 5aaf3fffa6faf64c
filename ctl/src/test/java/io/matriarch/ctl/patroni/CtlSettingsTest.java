package io.matriarch.ctl.patroni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.ctl.cli.CommandFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the tool finds its configuration, and which store it takes (contract ctl.md 1). */
class CtlSettingsTest {

    @TempDir
    Path directory;

    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void home() {
        environment.put("HOME", directory.toString());
    }

    @Test
    void withoutAFileTheEnvironmentAloneServes() throws Exception {
        environment.put("PATRONI_SCOPE", "batman");
        environment.put("PATRONI_ETCD3_HOST", "h:2379");
        CtlSettings settings = read(null, null);
        assertEquals("batman", settings.scope());
        assertEquals("service", settings.namespace());
        assertTrue(settings.document().has("etcd3"));
    }

    @Test
    void theUsersOwnFileIsFound() throws Exception {
        environment.put("PATRONICTL_CONFIG_FILE", "");
        write(".config/patroni/patronictl.yaml", "scope: own\n");
        assertEquals("own", read(null, null).scope());
        write("xdg/patroni/patronictl.yaml", "scope: xdg\n");
        environment.put("XDG_CONFIG_HOME", directory.resolve("xdg").toString());
        assertEquals("xdg", read(null, null).scope());
    }

    @Test
    void aNamedFileComesBeforeAllOthersAndTheEnvironmentOverIt() throws Exception {
        environment.put("PATRONICTL_CONFIG_FILE", write("a.yaml", "scope: a\nnamespace: /n/\n"));
        assertEquals("a", read(null, null).scope());
        assertEquals("b", read(write("b.yaml", "scope: b\n"), null).scope());
        environment.put("PATRONI_SCOPE", "over");
        assertEquals("over", read(null, null).scope());
        assertEquals("/n/", read(null, null).namespace());
    }

    @Test
    void aNamedFileThatIsMissingIsAnError() {
        String gone = directory.resolve("gone.yaml").toString();
        assertEquals(
                "Provided config file " + gone
                        + " not existing or no read rights. Check the -c/--config-file parameter",
                assertThrows(CommandFailure.class, () -> read(gone, null)).getMessage());
    }

    @Test
    void credentialsAndAuthoritiesAreInheritedFromTheDaemonsSection() throws Exception {
        String file = write("p.yaml", """
            scope: x
            restapi:
              cafile: /ca.pem
              authentication: {username: u, password: p}
            """);
        CtlSettings settings = CtlSettings.read(new CtlSettings.Options(file, null, true), environment);
        assertEquals("/ca.pem", settings.client().cacert());
        var authentication = settings.client().authentication();
        assertEquals("u", authentication == null ? null : authentication.username());
        assertTrue(settings.insecure());
    }

    @Test
    void aDcsUrlReplacesTheConfiguredStore() throws Exception {
        String file = write("p.yaml", "namespace: old\nzookeeper: {hosts: [z]}\netcd3: {host: a, cacert: x}\n");
        CtlSettings settings = read(file, "etcd3://b:1234/new");
        assertEquals("{\"host\":\"b:1234\"}", settings.document().get("etcd3").toString());
        assertNull(settings.document().get("zookeeper"));
        assertEquals("new", settings.namespace());
        environment.put("DCS_URL", "zookeeper://");
        assertEquals(
                "{\"hosts\":[\"localhost:2181\"]}",
                read(file, null).document().get("zookeeper").toString());
        assertEquals("old", read(file, null).namespace());
    }

    @Test
    void theSchemeOfADcsUrlIsGuessedByItsPort() throws Exception {
        assertEquals(new DcsUrl("zookeeper", "h", 2181, null), DcsUrl.parse("h:2181"));
        assertEquals(new DcsUrl("consul", "localhost", 8500, null), DcsUrl.parse(":8500"));
        assertEquals(new DcsUrl("exhibitor", "h", 8181, "ns/a"), DcsUrl.parse("h:8181/ns/a"));
        assertEquals(new DcsUrl("etcd", "h", 2379, null), DcsUrl.parse("h"));
        assertEquals(new DcsUrl("etcd3", "[::1]", 2379, null), DcsUrl.parse("etcd3://[::1]"));
        for (String unknown : new String[] {"ftp://h", "ftp://h:2379"}) {
            assertEquals(
                    "Unknown dcs scheme: ftp",
                    assertThrows(CommandFailure.class, () -> DcsUrl.parse(unknown))
                            .getMessage());
        }
        assertThrows(CommandFailure.class, () -> DcsUrl.parse("h:port"));
    }

    private CtlSettings read(@Nullable String file, @Nullable String dcsUrl) throws CommandFailure {
        return CtlSettings.read(new CtlSettings.Options(file, dcsUrl, false), environment);
    }

    private String write(String name, String text) throws Exception {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text).toString();
    }
}

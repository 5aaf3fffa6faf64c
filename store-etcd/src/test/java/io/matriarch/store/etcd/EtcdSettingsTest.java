package io.matriarch.store.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.Json;
import io.matriarch.store.StoreConfigurationException;
import io.matriarch.store.StoreProvider;
import java.net.URI;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** The {@code etcd3} section (contract config.md 2.6). */
class EtcdSettingsTest {

    @Test
    void hostHasADefaultPortAndScheme() throws Exception {
        assertEquals(
                List.of(URI.create("http://db1:2379")),
                parse("{\"host\":\"db1\"}").endpoints());
        assertEquals(
                List.of(URI.create("http://db1:4001")),
                parse("{\"host\":\"db1\",\"port\":4001}").endpoints());
        assertEquals(
                List.of(URI.create("https://db1:1")),
                parse("{\"host\":\"db1:1\",\"protocol\":\"https\"}").endpoints());
    }

    @Test
    void hostsAreAListOrATextAndGoBeforeHost() throws Exception {
        List<URI> both = List.of(URI.create("http://a:1"), URI.create("http://b:2379"));
        assertEquals(both, parse("{\"hosts\":[\"a:1\",\"b\"],\"host\":\"c\"}").endpoints());
        assertEquals(both, parse("{\"hosts\":\"a:1, b\"}").endpoints());
    }

    @Test
    void addressesOfVersionSixNeedNoBrackets() throws Exception {
        List<URI> expected = List.of(URI.create("http://[::1]:2379"));
        assertEquals(expected, parse("{\"host\":\"::1\"}").endpoints());
        assertEquals(expected, parse("{\"host\":\"[::1]\"}").endpoints());
        assertEquals(expected, parse("{\"host\":\"[::1]:2379\"}").endpoints());
    }

    @Test
    void urlCarriesSchemeAndCredentials() throws Exception {
        EtcdSettings settings = parse("{\"url\":\"https://u:p%40ss@db:5\",\"host\":\"other\"}");
        assertEquals(List.of(URI.create("https://db:5")), settings.endpoints());
        assertEquals(new EtcdSettings.Login("u", "p@ss"), settings.login());
        assertFalse(settings.toString().contains("p@ss"));
        assertTrue(settings.discover());
    }

    @Test
    void proxiesAreNotReplacedByMembers() throws Exception {
        assertFalse(parse("{\"proxy\":\"http://p:1\",\"url\":\"http://u:1\"}").discover());
        assertEquals(
                List.of(URI.create("http://p:1")),
                parse("{\"proxy\":\"http://p:1\",\"url\":\"http://u:1\"}").endpoints());
        assertFalse(parse("{\"hosts\":\"a:1\",\"use_proxies\":\"on\"}").discover());
        assertTrue(parse("{\"hosts\":\"a:1\"}").discover());
    }

    @Test
    void aDomainIsEnough() throws Exception {
        assertEquals(
                new EtcdSettings.Srv("example.org", "db"),
                parse("{\"discovery_srv\":\"example.org\",\"srv_suffix\":\"db\"}")
                        .srv());
        assertEquals(URI.create("https://e1.example.org:2379"), SrvLookup.target("https", "0 10 2379 e1.example.org."));
    }

    @Test
    void whatCannotWorkIsSaidWithoutSecrets() {
        assertThrows(StoreConfigurationException.class, () -> parse("{}"));
        assertThrows(StoreConfigurationException.class, () -> parse("{\"url\":\"ftp://a\"}"));
        var bad = assertThrows(StoreConfigurationException.class, () -> parse("{\"url\":\"http://u:se cret@a\"}"));
        assertFalse(String.valueOf(bad.getMessage()).contains("cret"));
        var missing = assertThrows(
                StoreConfigurationException.class, () -> parse("{\"host\":\"a\",\"cacert\":\"/does/not/exist\"}"));
        assertTrue(String.valueOf(missing.getMessage()).contains("/does/not/exist"));
    }

    @Test
    void theOldSectionIsAnsweredWithTheRemedy() {
        StoreProvider old = StreamSupport.stream(
                        ServiceLoader.load(StoreProvider.class).spliterator(), false)
                .filter(provider -> provider.sections().contains("etcd"))
                .findFirst()
                .orElseThrow();
        var refusal = assertThrows(
                StoreConfigurationException.class,
                () -> old.openForTool(Sections.context("", "{\"host\":\"localhost\"}")));
        assertNotNull(refusal.getMessage());
        assertTrue(refusal.getMessage().contains("etcd3"));
    }

    private static EtcdSettings parse(String section) throws StoreConfigurationException {
        return EtcdSettings.parse(Json.parseObject(section).orElseThrow());
    }
}

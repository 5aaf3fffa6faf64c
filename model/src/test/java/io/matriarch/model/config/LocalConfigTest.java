package io.matriarch.model.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.model.config.RestSettings.VerifyClient;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Contract config.md 1.2 and 2. */
class LocalConfigTest {

    private static final String MINIMAL = "{scope: batman, name: pg0, restapi: {listen: '127.0.0.1:8008'}";

    /** The smallest configuration with more keys. */
    private static LocalConfig with(String more) throws ConfigurationException {
        return LocalConfig.parse(ConfigTree.parseYaml("test", MINIMAL + (more.isEmpty() ? "" : ", " + more) + "}"));
    }

    private static LocalConfig restapi(String keys) throws ConfigurationException {
        return LocalConfig.parse(ConfigTree.parseYaml("test", "{scope: s, name: n, restapi: {" + keys + "}}"));
    }

    private static @Nullable String failure(String yaml) {
        return assertThrows(ConfigurationException.class, () -> LocalConfig.parse(ConfigTree.parseYaml("test", yaml)))
                .getMessage();
    }

    @Test
    void defaults_are_those_of_the_contract() throws ConfigurationException {
        LocalConfig config = with("");

        assertEquals("service", config.namespace());
        assertEquals("/service/batman", config.path().base());
        assertNull(config.bootstrap());
        assertTrue(config.fence().enabled());
        assertEquals(List.of(), config.notices());
        RestSettings rest = config.restapi();
        assertEquals(new HostPort("127.0.0.1", 8008), rest.connectAddress());
        assertEquals("http://127.0.0.1:8008/patroni", rest.apiUrl());
        assertEquals(VerifyClient.NONE, rest.verifyClient());
        assertEquals(5, rest.requestQueueSize());
        assertEquals(5, rest.threadPoolSize());
        assertEquals("original", rest.serverTokens());
        assertNull(rest.authentication());
        assertNull(config.ctl().authentication());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "scope: batman             | 5 | INFO Patroni global thread_pool_size = 5, INFO Using default value"
                        + " thread_stack_size = 524288",
                "thread_pool_size: 7       | 7 | INFO Patroni global thread_pool_size = 7, INFO Using default value"
                        + " thread_stack_size = 524288",
                "thread_stack_size: 1MB    | 5 | INFO Patroni global thread_pool_size = 5",
                "thread_pool_size: 4       | 5 | WARNING thread_pool_size: expected an integer of at least 5, using it,"
                        + " INFO Patroni global thread_pool_size = 5, INFO Using default value thread_stack_size ="
                        + " 524288",
                "thread_stack_size: little | 5 | INFO Patroni global thread_pool_size = 5, WARNING thread_stack_size:"
                        + " expected at least 65536 bytes. Using default value thread_stack_size = 524288",
            })
    void sizes_for_threads_are_announced(String line, int pool, String notices) throws ConfigurationException {
        ThreadSettings threads = ThreadSettings.of(with(line));

        assertEquals(pool, threads.poolSize());
        assertEquals(
                notices,
                threads.notices().stream()
                        .map(notice -> notice.severity() + " " + notice.text())
                        .collect(Collectors.joining(", ")));
    }

    @Test
    void the_message_for_a_missing_key_names_it() {
        assertEquals(
                "Can not find \"scope\" config: set it to the name of the cluster, for example main",
                failure("{name: a}"));
        assertEquals(
                "Can not find \"name\" config: set it to the name of this node, which no other node of the cluster has",
                failure("{scope: a}"));
        assertEquals(
                "Can not find \"restapi.listen\" config: set it to <HOST>:<PORT> of the REST API,"
                        + " for example 0.0.0.0:8008",
                failure("{scope: a, name: b}"));
        assertEquals(
                "Invalid \"restapi\" config: expected <HOST>:<PORT> for \"listen\", but got \"localhost\"",
                failure("{scope: a, name: b, restapi: {listen: localhost}}"));
        assertEquals(
                "Node 'name' can't be set to '__patroni_strict_sync_replica_placeholder__'",
                failure("{scope: a, name: __patroni_strict_sync_replica_placeholder__}"));
        assertEquals(
                "Can not find \"restapi.authentication.password\" config: set it to a text; Basic authentication needs"
                        + " username and password",
                failure("{scope: a, name: b, restapi: {listen: 'a:1', authentication: {username: u}}}"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "listen: ':8008'|http://:8008/patroni",
                "listen: '*:8008'|http://*:8008/patroni",
                "listen: '[::]:8008', connect_address: '[fe80::1]:80'|http://[fe80::1]:80/patroni",
                "listen: 'a:1', connect_address: host|http://host:80/patroni",
                "listen: 'a:1', connect_address: host, certfile: c|https://host:443/patroni",
            })
    void the_published_address_falls_back_to_the_one_listened_on(String keys, String url)
            throws ConfigurationException {
        assertEquals(url, restapi(keys).restapi().apiUrl());
    }

    @Test
    void what_is_not_recognised_is_said_and_replaced() throws ConfigurationException {
        LocalConfig config = restapi("listen: 'a:1', verify_client: Perhaps, server_tokens: None, thread_pool_size: 1,"
                + " request_queue_size: 9999");

        assertEquals(
                List.of(
                        Notice.error("Bad value in the \"restapi.verify_client\": Perhaps"),
                        Notice.warning("restapi.server_tokens is set to \"None\". Patroni will not modify the Server"
                                + " header. Valid values are: \"Minimal\", \"ProductOnly\".")),
                config.notices());
        assertEquals(VerifyClient.NONE, config.restapi().verifyClient());
        assertEquals(5, config.restapi().threadPoolSize());
        assertEquals(4096, config.restapi().requestQueueSize());
        assertEquals(
                VerifyClient.REQUIRED,
                restapi("listen: 'a:1', verify_client: REQUIRED").restapi().verifyClient());
        assertEquals(
                "minimal",
                restapi("listen: 'a:1', server_tokens: Minimal").restapi().serverTokens());
    }

    @Test
    void outgoing_requests_inherit_from_the_rest_api() throws ConfigurationException {
        LocalConfig inherited = restapi("listen: 'a:1', authentication: {username: u, password: 5}, cafile: /ca");
        assertEquals(new BasicAuth("u", "5"), inherited.ctl().authentication());
        assertEquals("/ca", inherited.ctl().cacert());

        JsonObject own = ConfigTree.parseYaml(
                "test",
                "{restapi: {auth: 'a:b:c'}, ctl: {insecure: 'on', authentication: {username: x, password: y}}}");
        assertEquals(new BasicAuth("x", "y"), ClientSettings.parse(own).authentication());
        assertTrue(ClientSettings.parse(own).insecure());
        own.remove("ctl");
        assertEquals(new BasicAuth("a", "b:c"), ClientSettings.parse(own).authentication());
    }

    @Test
    void an_empty_bootstrap_section_is_one() throws ConfigurationException {
        assertNotNull(with("bootstrap: null").bootstrap());
        BootstrapSettings bootstrap = with("bootstrap: {method: clone, clone: {command: c}, post_init: a,"
                        + " dcs: {ttl: 20}, pg_hba: [x], initdb: [data-checksums], users: {}}")
                .bootstrap();

        assertNotNull(bootstrap);
        assertEquals("clone", bootstrap.method());
        assertEquals("a", bootstrap.postBootstrap());
        assertEquals("{\"ttl\":20}", Json.compact(bootstrap.dcs().document()));
        BootstrapSettings unknown = with("bootstrap: {method: nothing, post_bootstrap: a, post_init: b}")
                .bootstrap();
        assertNotNull(unknown);
        assertEquals("initdb", unknown.method());
        assertEquals("a", unknown.postBootstrap());
    }

    @Test
    void users_in_bootstrap_are_refused_aloud() throws ConfigurationException {
        assertEquals(
                List.of(Notice.error("User creation is not be supported starting from v4.0.0. Please use"
                        + " \"bootstrap.post_bootstrap\" script to create users.")),
                with("bootstrap: {users: {admin: {}}}").notices());
    }

    @Test
    void citus_needs_a_group_and_a_database_and_bootstraps_with_quorum() throws ConfigurationException {
        LocalConfig citus = with("citus: {group: 0, database: c}");
        assertNotNull(citus.bootstrap());
        assertEquals(
                "{\"synchronous_mode\":\"quorum\"}",
                Json.compact(citus.bootstrap().dcs().document()));

        LocalConfig incomplete = with("citus: {group: 0}");
        assertNull(incomplete.bootstrap());
        assertFalse(incomplete.document().has("citus"));
    }

    @Test
    void exhibitor_inside_zookeeper_is_the_old_layout() throws ConfigurationException {
        LocalConfig config = with("zookeeper: {exhibitor: {hosts: [a], port: 1}}");

        assertFalse(config.document().has("zookeeper"));
        assertTrue(config.document().has("exhibitor"));
    }

    @Test
    void the_fence_can_be_switched_off() throws ConfigurationException {
        assertFalse(with("matriarch: {fence: {mode: off}}").fence().enabled());
        assertEquals(
                "/run/f",
                with("matriarch: {fence: {directory: /run/f}}").fence().directory());
        assertEquals(
                "matriarch.fence.mode: expected on or off, but got \"maybe\"",
                failure(MINIMAL + ", matriarch: {fence: {mode: maybe}}}"));
    }

    @Test
    void headers_and_allowlist_are_texts() throws ConfigurationException {
        RestSettings rest = restapi("listen: 'a:1', http_extra_headers: {X-A: 1, X-B: b}, allowlist: [a, 10.0.0.0/8],"
                        + " allowlist_include_members: true")
                .restapi();

        assertEquals(Map.of("X-A", "1", "X-B", "b"), rest.httpExtraHeaders());
        assertEquals(List.of("a", "10.0.0.0/8"), rest.allowlist());
        assertTrue(rest.allowlistIncludeMembers());
    }
}

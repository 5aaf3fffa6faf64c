package io.matriarch.model.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.model.DynamicConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Contract config.md 1.2, 2.8, 4.1, 4.2. */
class PostgresSettingsTest {

    private static final String MINIMAL = """
        scope: batman
        name: pg0
        restapi: {listen: '127.0.0.1:8008'}
        postgresql:
          listen: 127.0.0.1:5433
          data_dir: data/pg0
          authentication:
            replication: {username: replicator, password: rep-pass}
        """;

    private static LocalConfig local(String yaml) throws ConfigurationException {
        return LocalConfig.parse(ConfigTree.parseYaml("test", yaml));
    }

    private static DynamicConfig dynamic(String yaml) throws ConfigurationException {
        return new DynamicConfig(ConfigTree.parseYaml("dynamic", yaml));
    }

    private static PostgresSettings compose(String localYaml, String dynamicYaml) throws ConfigurationException {
        return local(localYaml).postgres(dynamic(dynamicYaml));
    }

    @Test
    void defaults_are_those_of_the_contract() throws ConfigurationException {
        PostgresSettings settings = local(MINIMAL).postgres(DynamicConfig.EMPTY);

        assertEquals("127.0.0.1", settings.listenAddresses());
        assertEquals(5433, settings.port());
        assertNull(settings.connectAddress());
        assertEquals("postgres", settings.database());
        assertEquals(Path.of("data/pg0"), settings.dataDir());
        assertEquals(settings.dataDir(), settings.configDir());
        assertEquals("postgresql", settings.configBaseName());
        assertEquals("", settings.binDir());
        assertEquals(Credentials.NONE, settings.superuser());
        assertEquals("replicator", settings.replication().username());
        assertTrue(settings.useSlots());
        assertFalse(settings.usePgRewind());
        assertEquals(List.of("basebackup"), settings.createReplicaMethods());
        assertEquals(Duration.ofSeconds(60), settings.pgCtlTimeout());
        assertNull(settings.pgHba());
    }

    @Test
    void controlled_parameters_stand_first_in_the_order_of_the_command_line() throws ConfigurationException {
        PostgresSettings settings = local(MINIMAL).postgres(DynamicConfig.EMPTY);

        var expected = """
            listen_addresses=127.0.0.1 port=5433 cluster_name=batman wal_level=replica hot_standby=on \
            max_connections=100 max_wal_senders=10 max_prepared_transactions=0 max_locks_per_transaction=64 \
            track_commit_timestamp=off max_replication_slots=10 max_worker_processes=8 wal_log_hints=on \
            wal_keep_size=128MB\
            """;
        assertEquals(expected, join(settings.parameters()));
        assertEquals(
                ControlledParameters.commandLine(),
                settings.parameters().keySet().stream().limit(13).toList());
    }

    @Test
    void controlled_parameters_come_from_the_dynamic_configuration_alone() throws ConfigurationException {
        PostgresSettings settings = compose(
                MINIMAL + "  parameters: {Max_Connections: 300, wal_level: logical, port: 1}\n",
                "postgresql: {parameters: {MAX_CONNECTIONS: '200', max_wal_senders: 0x10, WAL_LEVEL: Logical}}");

        assertEquals("200", settings.parameters().get("max_connections"));
        assertEquals("16", settings.parameters().get("max_wal_senders"));
        assertEquals("Logical", settings.parameters().get("wal_level"));
        assertEquals("5433", settings.parameters().get("port"));
        assertFalse(settings.parameters().containsKey("Max_Connections"));
    }

    @Test
    void a_refused_controlled_parameter_is_explained_and_falls_back() throws ConfigurationException {
        DynamicConfig dynamic = dynamic("""
            postgresql:
              parameters:
                max_connections: 24
                port: 5432
                wal_level: minimal
                hot_standby: off
                wal_keep_size: 15MB
                track_commit_timestamp: perhaps
                max_prepared_transactions: -1
            """);
        var texts = new ArrayList<String>();
        for (Notice notice : local(MINIMAL).noticesWith(dynamic)) {
            assertEquals(Notice.Severity.WARNING, notice.severity());
            texts.add(notice.text());
        }

        assertEquals(
                List.of(
                        "postgresql parameter max_connections=24 failed validation, defaulting to 100",
                        "postgresql parameter port=5432 failed validation, defaulting to None",
                        "postgresql parameter wal_level=minimal failed validation, defaulting to hot_standby",
                        "postgresql parameter hot_standby=False failed validation, defaulting to on",
                        "postgresql parameter wal_keep_size=15MB failed validation, defaulting to 128MB",
                        "postgresql parameter track_commit_timestamp=perhaps failed validation, defaulting to off",
                        "postgresql parameter max_prepared_transactions=-1 failed validation, defaulting to 0"),
                texts);
        assertEquals("100", local(MINIMAL).postgres(dynamic).parameters().get("max_connections"));
        assertEquals("5433", local(MINIMAL).postgres(dynamic).parameters().get("port"));
    }

    @Test
    void wal_keep_segments_become_megabytes_unless_a_size_is_given() throws ConfigurationException {
        assertEquals("1600MB", walKeepSize("{wal_keep_segments: 100}"));
        assertEquals("1GB", walKeepSize("{wal_keep_segments: 100, wal_keep_size: 1GB}"));
        assertEquals("64", walKeepSize("{wal_keep_size: 64}"));
    }

    private static @Nullable String walKeepSize(String parameters) throws ConfigurationException {
        PostgresSettings settings = compose(MINIMAL, "postgresql: {parameters: " + parameters + "}");
        assertFalse(settings.parameters().containsKey("wal_keep_segments"));
        return settings.parameters().get("wal_keep_size");
    }

    @Test
    void ordinary_parameters_are_merged_and_local_wins() throws ConfigurationException {
        PostgresSettings settings = compose(
                MINIMAL + "  parameters: {work_mem: 8MB, jit: off, hba_file: custom/hba.conf, log_destination: null}\n",
                "postgresql: {parameters: {Work_Mem: 4MB, shared_buffers: 1GB, log_destination: csvlog}}");

        assertEquals("8MB", settings.parameters().get("work_mem"));
        assertFalse(settings.parameters().containsKey("Work_Mem"));
        assertEquals("1GB", settings.parameters().get("shared_buffers"));
        assertEquals("False", settings.parameters().get("jit"));
        assertEquals("data/pg0/custom/hba.conf", settings.parameters().get("hba_file"));
        assertFalse(settings.parameters().containsKey("log_destination"));
    }

    @Test
    void synchronous_standby_names_are_ours_in_synchronous_mode() throws ConfigurationException {
        String yaml = MINIMAL + "  parameters: {synchronous_standby_names: '*'}\n";

        assertEquals("*", compose(yaml, "ttl: 30").parameters().get("synchronous_standby_names"));
        assertFalse(compose(yaml, "synchronous_mode: quorum").parameters().containsKey("synchronous_standby_names"));
    }

    @Test
    void a_local_key_replaces_the_dynamic_one_as_a_whole() throws ConfigurationException {
        PostgresSettings settings = compose(
                MINIMAL + "  pg_hba: [local all all trust]\n  callbacks: {on_start: /bin/local}\n  use_slots: true\n",
                """
                postgresql:
                  use_slots: 'off'
                  use_pg_rewind: 'on'
                  listen: 10.0.0.1:1
                  data_dir: /elsewhere
                  pg_hba: [host all all all md5]
                  callbacks: {on_stop: /bin/dynamic}
                  recovery_conf: {restore_command: cp}
                """);

        assertEquals(List.of("local all all trust"), settings.pgHba());
        assertEquals(Map.of("on_start", "/bin/local"), settings.callbacks());
        assertFalse(settings.useSlots());
        assertTrue(settings.usePgRewind());
        assertEquals(5433, settings.port());
        assertEquals(Path.of("data/pg0"), settings.dataDir());
        assertEquals("cp", settings.recoveryConf().get("restore_command").getAsString());
    }

    @Test
    void several_listen_addresses_share_one_port() throws ConfigurationException {
        PostgresSettings settings = compose(
                MINIMAL.replace("127.0.0.1:5433", "'10.0.0.1,[::1]'")
                        .concat("  connect_address: '[fe80::1]:6000'\n  proxy_address: proxy\n"),
                "ttl: 30");

        assertEquals("10.0.0.1,::1", settings.listenAddresses());
        assertEquals(5432, settings.port());
        assertEquals(new HostPort("fe80::1", 6000), settings.connectAddress());
        assertEquals(new HostPort("proxy", 5432), settings.proxyAddress());
        assertEquals(
                "10.0.0.1,::1",
                compose(MINIMAL.replace("127.0.0.1:5433", "'10.0.0.1,[::1]:5432'"), "ttl: 30")
                        .listenAddresses());
    }

    @Test
    void only_known_keys_of_a_user_survive_and_passwords_are_not_printed() throws ConfigurationException {
        PostgresSettings settings =
                compose(MINIMAL.replace("{username: replicator, password: rep-pass}", """

                              username: replicator
                              password: 0042
                              sslmode: verify-full
                              options: [create]
                        superuser: {username: su, password: secret}
                    """), "ttl: 30");

        assertEquals(Map.of("sslmode", "verify-full"), settings.replication().options());
        assertEquals("34", settings.replication().password());
        assertEquals(settings.superuser(), settings.rewind());
        assertFalse(settings.superuser().toString().contains("secret"));
    }

    @Test
    void users_directly_under_postgresql_are_the_old_layout() throws ConfigurationException {
        PostgresSettings settings = compose("""
            scope: batman
            restapi: {listen: '127.0.0.1:8008'}
            postgresql:
              name: pg0
              listen: 127.0.0.1
              data_dir: data
              replication: {username: replicator, password: p, network: 127.0.0.1/32}
              pg_rewind: {username: rewinder, password: r}
            """, "ttl: 30");

        assertTrue(settings.usePgRewind());
        assertEquals("replicator", settings.replication().username());
        assertEquals("rewinder", settings.superuser().username());
        assertEquals(Map.of(), settings.replication().options());
    }

    @Test
    void the_message_for_a_missing_key_names_it() {
        assertEquals(
                "Can not find \"postgresql.listen\" config: set it to <HOST>:<PORT> of PostgreSQL,"
                        + " for example 0.0.0.0:5432",
                failure(MINIMAL.replace("listen: 127.0.0.1:5433", "")));
        assertEquals(
                "Can not find \"postgresql.data_dir\" config: set it to the path of PostgreSQL's data directory",
                failure(MINIMAL.replace("data_dir", "datadir")));
        String users = """
            Can not find "postgresql.authentication.replication" config: PostgreSQL's users are not configured. \
            Add to the section postgresql:
              authentication:
                superuser:
                  username: postgres
                  password: <password>
                replication:
                  username: replicator
                  password: <another password>
            or "password_file: <path>" instead of a password\
            """;
        assertEquals(users, failure(MINIMAL.replace("replication:", "nobody:")));
        assertEquals(
                users,
                failure("{scope: b, name: a, restapi: {listen: 'a:1'}, postgresql: {listen: 'a:1',"
                        + " data_dir: /d, authentication: {replication: only-the-password}}}"));
        assertEquals(
                "postgresql.listen: expected <HOST>:<PORT>, but got \"127.0.0.1:high\"",
                failure(MINIMAL.replace("5433", "high")));
    }

    private static @Nullable String failure(String yaml) {
        return assertThrows(ConfigurationException.class, () -> compose(yaml, "ttl: 30"))
                .getMessage();
    }

    @Test
    void parameters_that_are_no_map_cannot_be_applied() {
        var failure =
                assertThrows(ConfigurationException.class, () -> compose(MINIMAL, "postgresql: {parameters: [a]}"));
        assertEquals("postgresql.parameters: expected a map, but got a list", failure.getMessage());
    }

    @Test
    void the_section_holds_what_has_no_field_and_the_documents_stay_as_they_were() throws ConfigurationException {
        JsonObject tree = ConfigTree.parseYaml("test", MINIMAL);
        DynamicConfig dynamic = dynamic("postgresql: {wal_e: {command: fetch}, parameters_primary: {a: 1}}");
        String before = tree + dynamic.document().toString();

        PostgresSettings settings = LocalConfig.parse(tree).postgres(dynamic);

        assertEquals(
                "fetch",
                settings.section().getAsJsonObject("wal_e").get("command").getAsString());
        assertEquals(
                1,
                settings.section()
                        .getAsJsonObject("parameters_primary")
                        .get("a")
                        .getAsInt());
        assertEquals(before, tree + dynamic.document().toString());
    }

    private static String join(Map<String, String> parameters) {
        return String.join(
                " ",
                parameters.entrySet().stream()
                        .map(e -> e.getKey() + "=" + e.getValue())
                        .toList());
    }
}

package io.matriarch.model.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.DynamicConfig;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Forms that guides teach although Patroni does not know them: each works, and one line names the better one. */
class GuideFormsTest {

    private static final String HEAD = """
        scope: postgres
        name: node-1
        restapi: {listen: '0.0.0.0:8008'}
        postgresql:
          listen: 0.0.0.0:5432
          data_dir: /data
          config_dir: /etc/postgresql/main
        """;

    private static final String USERS = """
          replication: {username: replicator, password: one}
          superuser: {username: postgres, password: two}
        """;

    private static LocalConfig local(String more) throws ConfigurationException {
        return LocalConfig.parse(ConfigTree.parseYaml("test", HEAD + more));
    }

    /** The lines about the configuration, alone and composed with a dynamic one. */
    private static List<String> lines(LocalConfig local, String dynamic) throws ConfigurationException {
        var lines = new ArrayList<Notice>(local.notices());
        lines.addAll(local.noticesWith(new DynamicConfig(ConfigTree.parseYaml("dynamic", dynamic))));
        return lines.stream()
                .map(notice -> notice.severity() + " " + notice.text())
                .toList();
    }

    @Test
    void users_stand_directly_under_postgresql() throws ConfigurationException {
        LocalConfig local = local(USERS + "  rewind: {username: rewinder, password: three}\n");
        PostgresSettings settings = local.postgres(DynamicConfig.EMPTY);

        assertEquals("replicator", settings.replication().username());
        assertEquals("two", settings.superuser().password());
        assertEquals("rewinder", settings.rewind().username());
        assertNull(settings.rewindOptions(), "a user is no option of pg_rewind");
        assertEquals(
                List.of("INFO postgresql.replication, postgresql.superuser, postgresql.rewind: taken for"
                        + " postgresql.authentication.replication, postgresql.authentication.superuser,"
                        + " postgresql.authentication.rewind, where users belong"),
                lines(local, "{}"));
    }

    @Test
    void rewind_without_a_user_name_holds_options() throws ConfigurationException {
        PostgresSettings settings =
                local(USERS + "  rewind: [{sync-method: syncfs}]\n").postgres(DynamicConfig.EMPTY);

        assertEquals("[{\"sync-method\":\"syncfs\"}]", String.valueOf(settings.rewindOptions()));
        assertEquals("postgres", settings.rewind().username());
    }

    @Test
    void pg_rewind_is_a_switch_wherever_the_users_stand() throws ConfigurationException {
        String proper = "  authentication: {replication: {username: r}}\n";
        for (String users : List.of(USERS, proper)) {
            LocalConfig on = local(users + "  pg_rewind: {enabled: true}\n");
            assertTrue(on.postgres(DynamicConfig.EMPTY).usePgRewind());
            assertTrue(lines(on, "{}")
                    .contains("INFO postgresql.pg_rewind.enabled: taken for postgresql.use_pg_rewind: true"));
            assertFalse(local(users + "  pg_rewind: {enabled: false}\n")
                    .postgres(DynamicConfig.EMPTY)
                    .usePgRewind());
        }
        PostgresSettings settings =
                local(proper + "  pg_rewind: {enabled: true}\n").postgres(DynamicConfig.EMPTY);
        assertNull(settings.superuser().username(), "the switch is not a superuser");
    }

    @Test
    void the_program_names_the_method_that_runs_it() throws ConfigurationException {
        LocalConfig local = local(USERS + "  create_replica_methods: [basebackup, pg_basebackup]\n");

        assertEquals(List.of("basebackup"), local.postgres(DynamicConfig.EMPTY).createReplicaMethods());
        assertTrue(lines(local, "{}")
                .contains("INFO postgresql.create_replica_methods: pg_basebackup is taken for the method basebackup,"
                        + " which runs it"));
        assertEquals(
                List.of("pg_basebackup", "basebackup"),
                local(USERS + "  create_replica_methods: [pg_basebackup, basebackup]\n"
                                + "  pg_basebackup: {command: /usr/local/bin/mine}\n")
                        .postgres(DynamicConfig.EMPTY)
                        .createReplicaMethods());
    }

    @Test
    void the_names_of_synchronous_standbys_are_honoured_while_no_synchronous_mode_is_on()
            throws ConfigurationException {
        LocalConfig local = local(USERS + "  parameters: {synchronous_standby_names: 'ANY 1 (node-2,node-3)'}\n");

        assertEquals(
                "ANY 1 (\"node-2\", \"node-3\")",
                local.postgres(DynamicConfig.EMPTY).parameters().get("synchronous_standby_names"));
        assertTrue(lines(local, "{}")
                .contains("WARNING postgresql.parameters.synchronous_standby_names is written as ANY 1 (\"node-2\","
                        + " \"node-3\"), and is passed on as it is: a standby that fails blocks commits, and a failover"
                        + " does not look at it. Use synchronous_mode with synchronous_node_count in the dynamic"
                        + " configuration instead"));
        assertTrue(lines(local, "{synchronous_mode: true}")
                .contains("INFO postgresql.parameters.synchronous_standby_names is not used: synchronous_mode is on and"
                        + " chooses the synchronous standbys"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a-b                     | \"a-b\"",
                "a, b                    | a, b",
                "*                       | *",
                "a-b,\"c-d\", e          | \"a-b\", \"c-d\", e",
                "FIRST 2 (\"x\"\"y\", z) | FIRST 2 (\"x\"\"y\", z)",
                "2 (a.b, c)              | 2 (\"a.b\", c)",
                "any 1(n-1)              | any 1(\"n-1\")",
                "first, last             | \"first\", last",
                "1a                      | \"1a\"",
            })
    void names_get_the_quotes_that_they_need(String written, String quoted) {
        assertEquals(quoted, StandbyNameList.quote(written));
        assertEquals(quoted, StandbyNameList.quote(quoted), "once is enough");
    }

    @Test
    void local_values_of_controlled_parameters_are_named_when_they_are_not_in_force() throws ConfigurationException {
        LocalConfig local = local(USERS + "  parameters: {max_connections: 200, max_wal_senders: 10, hot_standby: on,"
                + " wal_level: replica, shared_buffers: 256MB}\n");

        assertTrue(lines(local, "{}")
                .contains("INFO postgresql.parameters of the local configuration: not used: max_connections = 200. All"
                        + " members need the same; set it in the dynamic configuration (patronictl edit-config)"));
        assertEquals("100", local.postgres(DynamicConfig.EMPTY).parameters().get("max_connections"));
        assertEquals(
                1,
                lines(local, "{postgresql: {parameters: {max_connections: 200}}}")
                        .size());
    }

    @Test
    void recovery_conf_and_a_separate_directory_for_configuration_are_read() throws ConfigurationException {
        PostgresSettings settings = local(USERS + "  recovery_conf: {restore_command: 'cp /archive/%f %p'}\n")
                .postgres(DynamicConfig.EMPTY);

        assertEquals("/etc/postgresql/main", settings.configDir().toString());
        assertEquals(
                "{\"restore_command\":\"cp /archive/%f %p\"}",
                settings.recoveryConf().toString());
    }

    @Test
    void a_cluster_that_is_made_on_request_agrees_on_what_the_file_wanted() throws ConfigurationException {
        LocalConfig local = local(USERS + "  parameters: {max_connections: 200, port: 1, shared_buffers: 256MB}\n");
        assertNull(local.bootstrap());

        BootstrapSettings made = BootstrapSettings.onRequest(local);

        assertEquals(
                "{\"ttl\":30,\"loop_wait\":10,\"retry_timeout\":10,\"postgresql\":{\"parameters\":{\"max_connections\":200}}}",
                made.dcs().document().toString());
        assertEquals("[\"data-checksums\",{\"auth\":\"scram-sha-256\"}]", String.valueOf(made.initdb()));
        assertEquals(
                List.of("host all all all scram-sha-256", "host replication replicator all scram-sha-256"),
                made.pgHba());
        assertEquals(made, local.withBootstrap(made).bootstrap());
    }
}

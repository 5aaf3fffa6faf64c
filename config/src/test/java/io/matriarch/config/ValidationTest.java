package io.matriarch.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.config.ConfigTree;
import io.matriarch.model.config.HostPort;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Contract config.md 5.1. */
class ValidationTest {

    @TempDir
    Path directory;

    private final Set<HostPort> reachable = new HashSet<>(Set.of(new HostPort("10.0.0.9", 2379)));

    private final class FakeSurroundings implements Validation.Surroundings {

        @Override
        public boolean isReachable(HostPort address) {
            return reachable.contains(address);
        }

        @Override
        public Optional<String> versionOf(String program) {
            return Optional.of("postgres (PostgreSQL) 15.8 (Debian 15.8-1)\n");
        }

        @Override
        public Set<String> stores() {
            return Set.of("etcd3", "zookeeper", "embedded");
        }

        @Override
        public List<Path> searchPath() {
            return List.of();
        }
    }

    @BeforeEach
    void programs() throws Exception {
        Files.createDirectory(directory.resolve("bin"));
        for (String program :
                List.of("pg_ctl", "initdb", "pg_controldata", "pg_basebackup", "postgres", "pg_isready")) {
            Path file = Files.createFile(directory.resolve("bin").resolve(program));
            assertTrue(file.toFile().setExecutable(true));
        }
    }

    /** A file without a fault; tests change one line of it. */
    private String good() {
        return """
            scope: main
            name: host1
            restapi:
              listen: 0.0.0.0:8008
              connect_address: 10.0.0.1:8008
            etcd3:
              hosts: [10.0.0.9:2379]
            bootstrap:
              dcs:
                ttl: 30
            postgresql:
              listen: 0.0.0.0:5432
              connect_address: 10.0.0.1:5432
              data_dir: DIR/data
              authentication:
                replication: {username: replicator, password: secret}
                superuser: {username: postgres, password: secret}
              bin_dir: DIR/bin
            """;
    }

    private Validation.Result check(String yaml) throws Exception {
        return Validation.check(
                ConfigTree.parseYaml("test", yaml.replace("DIR", directory.toString())), new FakeSurroundings(), false);
    }

    private List<String> errors(String yaml) throws Exception {
        return check(yaml).errors().stream()
                .map(line -> line.replace(directory.toString(), "DIR"))
                .toList();
    }

    @Test
    void a_good_file_is_praised_by_silence() throws Exception {
        assertEquals(List.of(), check(good()).errors());
        assertEquals(List.of(), check(good()).warnings());
    }

    @Test
    void all_that_is_missing_is_reported_at_once() throws Exception {
        assertEquals(
                List.of(
                        "scope  is not defined. Set it to a name",
                        "name  is not defined. Set it to a name",
                        "restapi.listen  is not defined. Set it to <HOST>:<PORT>, for example 0.0.0.0:8008",
                        "restapi.connect_address  is not defined. Set it to the <HOST>:<PORT> that others reach this"
                                + " node at",
                        "etcd3  is not defined. A section of a store is needed, one of embedded, etcd3, zookeeper",
                        "postgresql.listen  is not defined. Set it to <HOST>:<PORT>, for example 0.0.0.0:5432",
                        "postgresql.connect_address  is not defined. Set it to the <HOST>:<PORT> that others reach this"
                                + " node at",
                        "postgresql.authentication.replication.username  is not defined. Set it to the name of the"
                                + " replication user",
                        "postgresql.authentication.superuser.username  is not defined. Set it to the name of the"
                                + " superuser user",
                        "postgresql.data_dir  is not defined. Set it to the path of PostgreSQL's data directory",
                        "postgresql.bin_dir DIR/none didn't pass validation: Directory 'DIR/none' does not exist. Set"
                                + " it to the directory with the server's programs"),
                errors("postgresql: {bin_dir: DIR/none}"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "scope: main | scope: 5 | scope 5 is not a string. Put quotes around it",
                "name: host1 | name: __patroni_strict_sync_replica_placeholder__ | name"
                        + " __patroni_strict_sync_replica_placeholder__ didn't pass validation: this name is reserved."
                        + " Choose another one",
                "scope: main | {scope: m, thread_pool_size: 3} | thread_pool_size 3 didn't pass validation: expected 5"
                        + " or more",
                "connect_address: 10.0.0.1:8008 | connect_address: localhost:8008 | restapi.connect_address"
                        + " localhost:8008 didn't pass validation: must not contain \"127.0.0.1\", \"0.0.0.0\", \"*\","
                        + " \"::1\", \"localhost\". Write the address that others reach this node at",
                "listen: 0.0.0.0:8008 | listen: 0.0.0.0 | restapi.listen 0.0.0.0 didn't pass validation: contains a"
                        + " wrong value. Write <HOST>:<PORT>, for example 0.0.0.0:8008",
                "listen: 0.0.0.0:5432 | listen: '*,10.0.0.1:5432' | postgresql.listen *,10.0.0.1:5432 didn't pass"
                        + " validation: expecting '*' alone",
                "[10.0.0.9:2379] | [10.0.0.8:2379] | etcd3.hosts.0 10.0.0.8:2379 didn't pass validation: 10.0.0.8:2379"
                        + " is not reachable",
                "[10.0.0.9:2379] | [{10.0.0.9: 2379}] | etcd3.hosts.0 {'10.0.0.9': 2379} is not a string. Write"
                        + " <HOST>:<PORT>, without a blank behind the colon",
                "[10.0.0.9:2379] | [] | etcd3.hosts  is an empty list",
                "ttl: 30 | ttl: 10 | bootstrap.dcs.ttl 10 didn't pass validation: expected 20 or more without"
                        + " \"matriarch: {profile: fast}\"",
                "ttl: 30 | ttl: 2 | bootstrap.dcs.ttl 2 didn't pass validation: expected 3 or more",
                "ttl: 30 | synchronous_mode: perhaps | bootstrap.dcs.synchronous_mode perhaps didn't pass validation:"
                        + " invalid value for synchronous_mode. Use on, off or quorum",
                "ttl: 30 | standby_cluster: {primary_slot_name: a} | bootstrap.dcs.standby_cluster primary_slot_name"
                        + " didn't pass validation: at least one of host, port, restore_command is needed",
                "ttl: 30 | postgresql: {parameters: {max_connections: 0}} |"
                        + " bootstrap.dcs.postgresql.parameters.max_connections 0 didn't pass validation: expected an"
                        + " integer from 1 to 262143",
                "ttl: 30 | primary_start_timeout: soon | bootstrap.dcs.primary_start_timeout soon is not an integer."
                        + " Use seconds, or a unit such as 30s or 5min",
                "bin_dir: DIR/bin | `bin_dir: DIR/bin\n"
                        + "  use_pg_rewind: perhaps` | postgresql.use_pg_rewind perhaps is not a boolean. Use true or"
                        + " false",
                "bin_dir: DIR/bin | `bin_dir: DIR/bin\n"
                    + "  pg_hba: [local all all peer, {a: b}]` | postgresql.pg_hba.1 {'a': 'b'} is not a string. Put"
                    + " quotes around the line",
                "bin_dir: DIR/bin | `bin_dir: DIR/bin\n  pg_hba: all` | postgresql.pg_hba all is not a list",
                "superuser: {username: postgres, password: secret} | `superuser: secret` |"
                        + " postgresql.authentication.superuser  is not a dictionary",
                "bin_dir: DIR/bin | `bin_dir: DIR/bin\n"
                        + "tags: {nofailover: true, failover_priority: 1}` | tags  Multiple of ('nofailover',"
                        + " 'failover_priority') provided. Keep one of them",
                "bin_dir: DIR/bin | `bin_dir: DIR/bin\n"
                        + "watchdog: {mode: maybe}` | watchdog.mode maybe didn't pass validation: expected one of off,"
                        + " automatic, required",
                "bin_dir: DIR/bin | `bin_dir: DIR/bin\n"
                    + "log: {level: LOUD}` | log.level LOUD didn't pass validation: expected one of DEBUG, INFO, WARN,"
                    + " WARNING, ERROR, FATAL, CRITICAL",
            })
    void each_fault_is_named_with_path_value_and_remedy(String good, String bad, String error) throws Exception {
        String yaml =
                good().replace(good, bad.replace("{scope: m, thread_pool_size: 3}", "scope: m\nthread_pool_size: 3"));
        assertTrue(errors(yaml).contains(error), () -> "expected " + error);
    }

    @Test
    void a_port_in_use_can_be_ignored() throws Exception {
        reachable.add(new HostPort("127.0.0.1", 5432));
        assertEquals(
                List.of("postgresql.listen 0.0.0.0:5432 didn't pass validation: Port 5432 is already in use. Stop who"
                        + " uses it, choose another one, or give -i when it is this node itself"),
                errors(good()));
        assertEquals(
                List.of(),
                Validation.check(
                                ConfigTree.parseYaml("test", good().replace("DIR", directory.toString())),
                                new FakeSurroundings(),
                                true)
                        .errors());
    }

    @Test
    void the_data_directory_must_be_one() throws Exception {
        Path data = Files.createDirectory(directory.resolve("data"));
        assertEquals(List.of(), errors(good()));
        Files.createFile(data.resolve("diary.txt"));
        assertEquals(
                List.of("postgresql.data_dir DIR/data didn't pass validation: doesn't look like a valid data"
                        + " directory. Set another one, or empty it"),
                errors(good()));
        Files.writeString(data.resolve("PG_VERSION"), "14\n");
        assertEquals(
                List.of(
                        "postgresql.data_dir DIR/data didn't pass validation: data dir for the cluster is not empty,"
                                + " but doesn't contain \"pg_wal\" directory",
                        "postgresql.data_dir DIR/data didn't pass validation: data_dir directory postgresql version"
                                + " (14) doesn't match with 'postgres --version' output (15). Set postgresql.bin_dir to"
                                + " the programs of version 14"),
                errors(good()));
        assertTrue(directory.resolve("bin/pg_ctl").toFile().delete());
        assertTrue(errors(good())
                .contains("postgresql.bin_dir DIR/bin didn't pass validation: does not contain 'pg_ctl' in 'DIR/bin'"));
    }

    @Test
    void unknown_names_are_warned_about_with_the_nearest_known_one() throws Exception {
        Validation.Result result =
                check(good().replace("ttl: 30", "ttl: 30\n    maximum_lag_on_failovr: 1\n    listen: x")
                        + "  lisen: x\n"
                        + "  create_replica_methods: [wal_g, basebackup]\n"
                        + "  wal_g: {threads: 4}\n"
                        + "  barman: {command: recover}\n"
                        + "  use_slots: false\n"
                        + "  replication_slots: 5\n"
                        + "scop: y\n"
                        + "loop_wait: 5\n"
                        + "tags: {zone: a}\n"
                        + "zookeeper: {pasword: a}\n");

        assertEquals(List.of(), result.errors());
        assertEquals(
                List.of(
                        "warning: bootstrap.dcs.maximum_lag_on_failovr is not known. Did you mean"
                                + " bootstrap.dcs.maximum_lag_on_failover?",
                        "warning: bootstrap.dcs.listen is not known and has no effect",
                        "warning: postgresql.lisen is not known. Did you mean postgresql.listen?",
                        "warning: postgresql.use_slots is not used here: it belongs to the dynamic configuration"
                                + " (patronictl edit-config, or bootstrap.dcs.postgresql.use_slots for a new cluster)",
                        "warning: postgresql.replication_slots is not known and has no effect",
                        "warning: scop is not known. Did you mean scope?",
                        "warning: loop_wait is not used here: it belongs to the dynamic configuration (patronictl"
                                + " edit-config, or bootstrap.dcs.loop_wait for a new cluster)",
                        "warning: zookeeper.pasword is not known and has no effect"),
                result.warnings());
    }

    @Test
    void forms_of_guides_are_accepted_and_named() throws Exception {
        Validation.Result result = check("""
            scope: postgres
            name: node-1
            restapi: {listen: '0.0.0.0:8008', connect_address: '10.0.0.1:8008'}
            etcd3: {hosts: '10.0.0.9:2379'}
            postgresql:
              listen: 0.0.0.0:5432
              connect_address: 10.0.0.1:5432
              data_dir: DIR/data
              bin_dir: DIR/bin
              pg_rewind: {enabled: true}
              basebackup: {max-rate: 100M, retry-times: 3}
              replication: {username: replicator, password: '${PW}'}
              superuser: {username: postgres, password_file: /pw}
              rewind: {username: postgres, password: b}
            """);
        assertEquals(List.of(), result.errors());
        assertEquals(2, result.warnings().size(), result.warnings().toString());
        assertFalse(
                result.warnings().toString().contains("not known"),
                result.warnings().toString());
    }
}

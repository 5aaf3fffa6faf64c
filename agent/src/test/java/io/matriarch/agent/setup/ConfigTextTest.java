package io.matriarch.agent.setup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.config.ConfigTree;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.postgres.RunningInstance;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Contract config.md 5.2 and 5.3. */
class ConfigTextTest {

    @Test
    void a_sample_marks_what_somebody_must_decide() throws Exception {
        String text = ConfigText.of(SampleConfig.of(
                "host1",
                "10.0.0.1",
                Map.of(
                        "PATRONI_ETCD3_HOST",
                        "10.0.0.9:2379",
                        "PATRONI_REPLICATION_USERNAME",
                        "rep",
                        "PATRONI_NAMESPACE",
                        "/ns/")));

        assertEquals("""
            scope: '#FIXME'
            namespace: /ns/
            name: host1

            log:
              format: '%(asctime)s %(levelname)s: %(message)s'
              level: INFO
              max_queue_size: 1000
              traceback_level: ERROR
              type: plain

            restapi:
              connect_address: 10.0.0.1:8008
              listen: 10.0.0.1:8008

            etcd3:
              host: 10.0.0.9:2379

            # Only read while the cluster has not been made: dcs becomes the dynamic configuration, which is changed by
            # patronictl edit-config later on. Parameters of PostgreSQL that all members must agree on belong there.
            bootstrap:
              dcs:
                loop_wait: 10
                postgresql:
                  parameters:
                    hot_standby: 'on'
                    max_connections: 100
                    max_locks_per_transaction: 64
                    max_prepared_transactions: 0
                    max_replication_slots: 10
                    max_wal_senders: 10
                    max_worker_processes: 8
                    track_commit_timestamp: 'off'
                    wal_keep_size: 128MB
                    wal_level: replica
                    wal_log_hints: 'on'
                  use_pg_rewind: true
                  use_slots: true
                retry_timeout: 10
                ttl: 30

            postgresql:
              authentication:
                replication:
                  password: '#FIXME'
                  username: rep
                rewind:
                  password: '#FIXME'
                  username: rewind_user
                superuser:
                  password: '#FIXME'
                  username: postgres
              bin_dir: ''
              connect_address: 10.0.0.1:5432
              data_dir: '#FIXME'
              listen: 10.0.0.1:5432
              parameters:
                password_encryption: scram-sha-256
              pg_hba:
              - host all all all scram-sha-256
              - host replication rep all scram-sha-256

            tags:
              clonefrom: true
              failover_priority: 1
              noloadbalance: false
              nostream: false
              nosync: false
              sync_priority: 1\
            """, text);
    }

    @Test
    void the_configuration_of_a_server_says_what_it_runs_with(@TempDir Path data) throws Exception {
        Files.writeString(data.resolve("pg_hba.conf"), "# comment\n\nlocal all all peer\n");
        Files.writeString(
                data.resolve("postmaster.pid"), ProcessHandle.current().pid() + "\n");
        var places = new LinkedHashMap<String, String>();
        places.put("data_directory", data.toString());
        places.put("hba_file", data.resolve("pg_hba.conf").toString());
        places.put("ident_file", "/etc/elsewhere/pg_ident.conf");
        places.put("config_file", "/etc/elsewhere/postgresql.conf");
        places.put("listen_addresses", "10.0.0.1");
        places.put("port", "5433");
        places.put("cluster_name", "main");
        var settings = Map.of("work_mem", "8MB", "archive_command", "cp", "port", "5433", "max_connections", "200");
        JsonObject config = SampleConfig.of("host1", "10.0.0.1", Map.of());

        InstanceConfig.fill(
                config, new RunningInstance(settings, places, true), Map.of("user", "dba", "password", "p"));

        LocalConfig local = LocalConfig.parse(ConfigTree.parseYaml("generated", ConfigText.of(config)));
        assertEquals("main", local.scope());
        var postgres = local.postgres(
                local.bootstrap() == null
                        ? DynamicConfig.EMPTY
                        : local.bootstrap().dcs());
        assertEquals("10.0.0.1", postgres.listenAddresses());
        assertEquals(5433, postgres.port());
        assertEquals("10.0.0.1:5433", String.valueOf(postgres.connectAddress()));
        assertEquals(data, postgres.dataDir());
        assertEquals("/etc/elsewhere", postgres.configDir().toString());
        assertEquals("dba", postgres.superuser().username());
        assertEquals("200", postgres.parameters().get("max_connections"));
        assertEquals("8MB", postgres.parameters().get("work_mem"));
        assertEquals("cp", postgres.parameters().get("archive_command"));
        assertEquals(List.of("local all all peer"), postgres.pgHba());
        assertEquals("#FIXME", postgres.replication().username());
        assertTrue(Files.isExecutable(Path.of(postgres.binDir(), "java")), "the program of the pid's process");
    }
}

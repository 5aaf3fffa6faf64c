package io.matriarch.agent.setup;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.config.ConfigTree;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.EnvironmentConfig;
import io.matriarch.model.config.LocalConfig;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A configuration to start from (contract config.md 5.2): what is known here is filled in, the rest is marked. */
final class SampleConfig {

    /** Where somebody has to think. */
    static final String FIXME = "#FIXME";

    private static final Set<String> STORES =
            Set.of("consul", "embedded", "etcd", "etcd3", "exhibitor", "kubernetes", "raft", "zookeeper");

    private SampleConfig() {}

    /**
     * The tree; values of the environment go before everything else.
     *
     * @param host the name of this host
     * @param address an address of it
     */
    static JsonObject of(String host, String address, Map<String, String> environment) throws ConfigurationException {
        JsonObject patch = EnvironmentConfig.read(environment).patch();
        JsonObject sample = ConfigTree.parseYaml("sample", """
            scope: '#FIXME'
            name: HOST
            log:
              type: plain
              level: INFO
              traceback_level: ERROR
              format: '%(asctime)s %(levelname)s: %(message)s'
              max_queue_size: 1000
            restapi: {listen: 'ADDRESS:8008', connect_address: 'ADDRESS:8008'}
            bootstrap:
              dcs:
                ttl: 30
                loop_wait: 10
                retry_timeout: 10
                postgresql: {use_pg_rewind: true, use_slots: true}
            postgresql:
              listen: ADDRESS:5432
              connect_address: ADDRESS:5432
              data_dir: '#FIXME'
              bin_dir: ''
              authentication:
                superuser: {username: postgres, password: '#FIXME'}
                replication: {username: replicator, password: '#FIXME'}
                rewind: {username: rewind_user, password: '#FIXME'}
              parameters: {password_encryption: scram-sha-256}
            tags:
              clonefrom: true
              failover_priority: 1
              noloadbalance: false
              nostream: false
              nosync: false
              sync_priority: 1
            """.replace("HOST", host)
                .replace("ADDRESS", address.indexOf(':') < 0 ? address : "[" + address + "]"));
        if (patch.keySet().stream().noneMatch(STORES::contains)) {
            ConfigText.map(sample, "etcd3").add("hosts", ConfigText.list(List.of(FIXME)));
        }
        JsonObject config = ConfigTree.combine(List.of(sample, patch));
        ConfigText.map(config, "bootstrap.dcs.postgresql").add("parameters", agreed(config));
        String replicator = Json.string(ConfigText.map(config, "postgresql.authentication.replication"), "username")
                .orElse(FIXME);
        ConfigText.map(config, "postgresql").add("pg_hba", lines(replicator));
        return config;
    }

    private static JsonArray lines(String replicator) {
        return ConfigText.list(
                List.of("host all all all scram-sha-256", "host replication " + replicator + " all scram-sha-256"));
    }

    /** The parameters that all members agree on, as they are by default. */
    private static JsonObject agreed(JsonObject config) throws ConfigurationException {
        var parameters = new JsonObject();
        LocalConfig local = LocalConfig.parse(config);
        local.postgres(DynamicConfig.EMPTY).parameters().forEach((name, value) -> {
            if (!Set.of("listen_addresses", "port", "cluster_name", "password_encryption")
                    .contains(name)) {
                if (value.matches("\\d+")) {
                    parameters.addProperty(name, Long.valueOf(value));
                } else {
                    parameters.addProperty(name, value);
                }
            }
        });
        return parameters;
    }
}

package io.matriarch.simulator.cluster;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import java.util.List;

/**
 * The local configuration of a node, as the file on its host says it.
 *
 * @param document the content of {@code patroni.yml}
 */
public record NodeConfig(String name, JsonObject document) {

    /** The usual configuration of a node whose host has the same name. */
    static NodeConfig of(String name, World.Store store, List<String> members) {
        String section = switch (store) {
            case ETCD -> "etcd3";
            case ZOOKEEPER -> "zookeeper";
        };
        String port = switch (store) {
            case ETCD -> ":2379";
            case ZOOKEEPER -> ":2181";
        };
        String hosts = String.join(",", members.stream().map(m -> m + port).toList());
        return new NodeConfig(
                name,
                Json.parseObject("""
                    {"scope": "%s", "name": "%s",
                     "%s": {"hosts": "%s"},
                     "watchdog": {"mode": "off"},
                     "restapi": {"listen": "%s:8008", "connect_address": "%s:8008"},
                     "bootstrap": {"dcs": {
                       "ttl": 30, "loop_wait": 10, "retry_timeout": 10, "maximum_lag_on_failover": 1048576,
                       "postgresql": {"use_pg_rewind": true, "use_slots": true,
                         "parameters": {"wal_log_hints": "on"}}}},
                     "postgresql": {
                       "listen": "%s:5432", "connect_address": "%s:5432", "data_dir": "/var/lib/postgresql/%s",
                       "bin_dir": "/usr/lib/postgresql/15/bin",
                       "remove_data_directory_on_rewind_failure": true,
                       "remove_data_directory_on_diverged_timelines": true,
                       "authentication": {
                         "superuser": {"username": "postgres", "password": "secret"},
                         "replication": {"username": "replicator", "password": "secret"}}}}
                    """.formatted(World.SCOPE, name, section, hosts, name, name, name, name, name))
                        .orElseThrow());
    }

    /** With another value in the dynamic configuration that a bootstrap begins with. */
    public NodeConfig dynamic(String key, JsonElement value) {
        JsonObject changed = document.deepCopy();
        changed.getAsJsonObject("bootstrap").getAsJsonObject("dcs").add(key, value);
        return new NodeConfig(name, changed);
    }

    /** With another value at the top of the document. */
    public NodeConfig with(String key, JsonElement value) {
        JsonObject changed = document.deepCopy();
        changed.add(key, value);
        return new NodeConfig(name, changed);
    }
}

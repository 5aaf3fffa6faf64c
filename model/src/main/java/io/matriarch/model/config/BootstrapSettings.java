package io.matriarch.model.config;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Timing;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@code bootstrap} section (contract config.md 2.3).
 *
 * @param dcs what is written to the {@code config} key by the node that initialises the cluster
 * @param method {@code initdb} or the name of a sibling section with a command
 * @param initdb options, list or map
 * @param pgHba lines to append after initialisation
 * @param postBootstrap null: none
 * @param section the whole section
 */
public record BootstrapSettings(
        DynamicConfig dcs,
        String method,
        @Nullable JsonElement initdb,
        List<String> pgHba,
        @Nullable String postBootstrap,
        JsonObject section) {

    /**
     * For a node whose configuration has no such section and that is asked to make the cluster: the times of the contract,
     * data checksums, passwords for everybody who connects, and those parameters of the local file that only the dynamic
     * configuration can set.
     */
    public static BootstrapSettings onRequest(LocalConfig local) {
        JsonObject postgresql = Json.object(local.document(), "postgresql").orElseGet(JsonObject::new);
        JsonObject users = Json.object(postgresql, "authentication").orElseGet(JsonObject::new);
        boolean hasPassword = Json.object(users, "superuser")
                .flatMap(user -> Json.string(user, "password"))
                .isPresent();
        String replicator = Json.object(users, "replication")
                .flatMap(user -> Json.string(user, "username"))
                .orElse("all");
        var initdb = new JsonArray();
        initdb.add("data-checksums");
        var lines = new ArrayList<String>();
        if (hasPassword) {
            var auth = new JsonObject();
            auth.addProperty("auth", "scram-sha-256");
            initdb.add(auth);
            lines.add("host all all all scram-sha-256");
            lines.add("host replication " + replicator + " all scram-sha-256");
        }
        return new BootstrapSettings(
                new DynamicConfig(dcs(Json.object(postgresql, "parameters").orElseGet(JsonObject::new))),
                "initdb",
                initdb,
                lines,
                null,
                new JsonObject());
    }

    private static JsonObject dcs(JsonObject localParameters) {
        var dcs = new JsonObject();
        dcs.addProperty("ttl", Timing.DEFAULT.ttl().toSeconds());
        dcs.addProperty("loop_wait", Timing.DEFAULT.loopWait().toSeconds());
        dcs.addProperty("retry_timeout", Timing.DEFAULT.retryTimeout().toSeconds());
        var agreed = new JsonObject();
        localParameters.entrySet().stream()
                .filter(entry -> ControlledParameters.isConfigurable(entry.getKey()))
                .forEach(entry -> agreed.add(entry.getKey(), entry.getValue().deepCopy()));
        if (!agreed.isEmpty()) {
            var postgresql = new JsonObject();
            postgresql.add("parameters", agreed);
            dcs.add("postgresql", postgresql);
        }
        return dcs;
    }
}

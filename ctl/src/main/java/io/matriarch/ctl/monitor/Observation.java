package io.matriarch.ctl.monitor;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.operator.MemberAnswers;
import io.matriarch.ctl.patroni.Cluster;
import io.matriarch.ctl.patroni.Session;
import io.matriarch.http.RestResult;
import io.matriarch.http.RestResult.Answer;
import io.matriarch.http.RestResult.Failed;
import io.matriarch.model.ClusterSummary;
import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Member;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was seen of a cluster.
 *
 * @param leader the owner of the leader key; null: nobody
 * @param config the dynamic configuration
 * @param roles of all members, as in {@code GET /cluster}
 * @param answers what each member said when it was asked just now
 */
record Observation(
        String cluster,
        @Nullable String leader,
        DynamicConfig config,
        Map<String, String> roles,
        MemberAnswers answers) {

    private static final Duration PATIENCE = Duration.ofSeconds(3);
    private static final int REST_PORT = 8008;

    Observation {
        roles = Map.copyOf(roles);
    }

    /** Reads the store and asks the members that it names. */
    static Observation ofStore(Session session, String name) throws CommandFailure {
        ClusterView view;
        try (Cluster opened = session.open(name, session.settings().citusGroup())) {
            view = opened.load();
        }
        var roles = new LinkedHashMap<String, String>();
        for (ClusterSummary.Row row : ClusterSummary.of(name, view).members()) {
            roles.put(row.name(), row.role());
        }
        return new Observation(name, view.leaderName(), view.dynamicConfig(), roles, MemberAnswers.ask(view, session));
    }

    /**
     * Asks members only: the first that answers says who the others are.
     *
     * @param nodes {@code host}, {@code host:port} or a URL
     * @throws CommandFailure when none of them answers
     */
    static Observation ofNodes(Session session, List<String> nodes) throws CommandFailure {
        List<Member> asked = nodes.stream().map(Observation::node).toList();
        JsonObject cluster = first(session, asked, "cluster");
        JsonObject config = first(session, asked, "config");
        var members = new ArrayList<Member>();
        var roles = new LinkedHashMap<String, String>();
        String leader = null;
        for (JsonElement element : cluster.get("members") instanceof JsonArray array ? array : new JsonArray()) {
            if (element instanceof JsonObject row) {
                String name = Json.string(row, "name").orElse("?");
                String role = Json.string(row, "role").orElse("");
                roles.put(name, role);
                leader = role.equals("leader") || role.equals("standby_leader") ? name : leader;
                members.add(new Member(name, row));
            }
        }
        return new Observation(
                Json.string(cluster, "scope").orElse("?"),
                leader,
                new DynamicConfig(config),
                roles,
                MemberAnswers.ask(members, session));
    }

    private static Member node(String given) {
        String url = given;
        if (!given.contains("://")) {
            boolean hasPort = given.lastIndexOf(':') > given.lastIndexOf(']');
            url = "http://" + given + (hasPort ? "" : ":" + REST_PORT) + "/";
        }
        var data = new JsonObject();
        data.addProperty("api_url", url);
        return new Member(given, data);
    }

    private static JsonObject first(Session session, List<Member> nodes, String path) throws CommandFailure {
        String last = "there is no node to ask";
        for (RestResult result : session.members().getFromAll(nodes, path, PATIENCE)) {
            switch (result) {
                case Answer(int status, String body, var _) -> {
                    JsonObject document = Json.parseObject(body).orElse(null);
                    if (status == 200 && document != null) {
                        return document;
                    }
                    last = "GET /" + path + " was answered with " + status;
                }
                case Failed(String reason, boolean _) -> last = reason;
            }
        }
        throw new CommandFailure("none of the nodes answers: " + last);
    }
}

package io.matriarch.ctl.demo;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.http.RestCall;
import io.matriarch.http.RestClient;
import io.matriarch.http.RestResult;
import io.matriarch.model.Json;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The cluster as its agents describe it at one moment, read from {@code GET /cluster} of any node that answers.
 *
 * @param members by name; empty when no node answered
 */
record ClusterPicture(Map<String, MemberPicture> members) {

    /**
     * @param role as in {@code GET /cluster}: {@code leader}, {@code sync_standby}, {@code replica}, …
     * @param timeline empty when not known
     * @param lag text of the lag; empty for the leader
     */
    record MemberPicture(String role, String state, String timeline, String lag) {

        boolean leads() {
            return role.equals("leader");
        }

        boolean streams() {
            return state.equals("streaming");
        }
    }

    private static final Duration LIMIT = Duration.ofMillis(1500);
    private static final int HTTP_OK = 200;

    ClusterPicture {
        members = Map.copyOf(members);
    }

    static ClusterPicture take(RestClient client, List<DemoNode> nodes) {
        for (DemoNode node : nodes) {
            if (!node.isRunning()) {
                continue;
            }
            String url = "http://127.0.0.1:" + node.ports().rest() + "/cluster";
            if (client.send(RestCall.get(url, LIMIT)) instanceof RestResult.Answer(int status, String body, var _)
                    && status == HTTP_OK) {
                return Json.parseObject(body).map(ClusterPicture::read).orElseGet(ClusterPicture::none);
            }
        }
        return none();
    }

    private static ClusterPicture none() {
        return new ClusterPicture(Map.of());
    }

    static ClusterPicture read(JsonObject cluster) {
        var members = new TreeMap<String, MemberPicture>();
        if (cluster.get("members") != null && cluster.get("members").isJsonArray()) {
            for (JsonElement element : cluster.getAsJsonArray("members")) {
                JsonObject member = element.getAsJsonObject();
                String timeline =
                        Json.integer(member, "timeline").map(String::valueOf).orElse("");
                members.put(
                        Json.string(member, "name").orElse("?"),
                        new MemberPicture(
                                Json.string(member, "role").orElse(""),
                                Json.string(member, "state").orElse(""),
                                timeline,
                                lag(member)));
            }
        }
        return new ClusterPicture(members);
    }

    private static String lag(JsonObject member) {
        return Json.integer(member, "lag")
                .map(bytes -> bytes < 10_000 ? bytes + " B" : bytes / 1024 + " kB")
                .or(() -> Json.string(member, "lag"))
                .orElse("");
    }

    Optional<String> leader() {
        return members.entrySet().stream()
                .filter(member ->
                        member.getValue().leads() && member.getValue().state().equals("running"))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    /** A leader runs, all other nodes stream from it on its timeline, and one of them confirms each commit. */
    boolean isWhole(int nodes) {
        Optional<String> leader = leader();
        if (leader.isEmpty() || members.size() != nodes) {
            return false;
        }
        String timeline = members.getOrDefault(leader.get(), new MemberPicture("", "", "", ""))
                .timeline();
        boolean allFollow = members.values().stream()
                .allMatch(member -> member.timeline().equals(timeline) && (member.leads() || member.streams()));
        return allFollow
                && members.values().stream().anyMatch(member -> member.role().equals("sync_standby"));
    }
}

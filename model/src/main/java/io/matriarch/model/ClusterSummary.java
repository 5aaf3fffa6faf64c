package io.matriarch.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.model.DynamicConfig.SynchronousMode;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A cluster as people look at it: the members with their roles and lags. {@code GET /cluster} and {@code patronictl
 * list} show the same values (contract rest-api.md 4).
 *
 * @param members sorted by name
 * @param scheduledSwitchover what waits for its time; null: nothing
 */
public record ClusterSummary(
        String scope,
        List<Row> members,
        boolean paused,
        @Nullable FailoverRequest scheduledSwitchover) {

    /** What stands in place of a position that a member did not publish. */
    public static final String UNKNOWN = "unknown";

    /** Fields that are shown as the member published them. */
    private static final String[] PUBLISHED = {
        "timeline", "pending_restart", "pending_restart_reason", "scheduled_restart", "tags"
    };

    /**
     * One member.
     *
     * @param role {@code leader standby_leader sync_standby quorum_standby replica}
     * @param state the replication state where there is one, else the published state
     * @param address null when the member published none that can be read
     * @param progress null for the owner of the leader key
     */
    public record Row(
            Member member,
            String role,
            String state,
            @Nullable ConnUrl address,
            @Nullable Progress progress) {

        public String name() {
            return member.name();
        }
    }

    /**
     * How far a member is.
     *
     * @param received what it received
     * @param replayed what it replayed
     * @param overall the position that counts in a race
     */
    public record Progress(Position received, Position replayed, Position overall) {}

    /**
     * A position and its distance from the leader's published one.
     *
     * @param lsn {@link Lsn#NONE} when not published; then the lag means nothing
     * @param lagBytes never negative
     */
    public record Position(Lsn lsn, long lagBytes) {

        public boolean isKnown() {
            return lsn.isKnown();
        }

        static Position of(Lsn lsn, Lsn leader) {
            return new Position(lsn, leader.bytesAfter(lsn));
        }
    }

    public ClusterSummary {
        members = List.copyOf(members);
    }

    public static ClusterSummary of(String scope, ClusterView view) {
        DynamicConfig config = view.dynamicConfig();
        FailoverRequest request = view.failover();
        return new ClusterSummary(
                scope,
                view.members().values().stream().map(m -> row(m, view, config)).toList(),
                config.isPaused(),
                request != null && request.scheduledAt() != null ? request : null);
    }

    private static Row row(Member member, ClusterView view, DynamicConfig config) {
        boolean leads = view.isLeader(member.name());
        String role = role(member, leads, view, config);
        String state = Optional.of(member)
                .filter(_ -> !role.equals("leader"))
                .flatMap(Member::replicationState)
                .filter(s -> !s.isEmpty())
                .or(() -> Json.string(member.data(), "state"))
                .orElse("");
        Lsn optime = view.status().optime();
        Progress progress = leads
                ? null
                : new Progress(
                        Position.of(member.receiveLsn(), optime),
                        Position.of(member.replayLsn(), optime),
                        Position.of(member.position(), optime));
        return new Row(member, role, state, member.address(), progress);
    }

    private static String role(Member member, boolean leads, ClusterView view, DynamicConfig config) {
        if (leads) {
            return config.isStandbyCluster() ? "standby_leader" : "leader";
        }
        SynchronousMode mode = config.synchronousMode();
        if (mode == SynchronousMode.OFF || !view.sync().isVoter(member.name())) {
            return "replica";
        }
        return mode == SynchronousMode.QUORUM ? "quorum_standby" : "sync_standby";
    }

    /** The body of {@code GET /cluster}. */
    public JsonObject toJson() {
        var rows = new JsonArray();
        members.forEach(row -> rows.add(toJson(row)));
        var o = new JsonObject();
        o.add("members", rows);
        if (paused) {
            o.addProperty("pause", true);
        }
        if (scheduledSwitchover != null) {
            var scheduled = new JsonObject();
            scheduled.addProperty("at", scheduledSwitchover.scheduledAt());
            if (scheduledSwitchover.leader() != null) {
                scheduled.addProperty("from", scheduledSwitchover.leader());
            }
            if (scheduledSwitchover.candidate() != null) {
                scheduled.addProperty("to", scheduledSwitchover.candidate());
            }
            o.add("scheduled_switchover", scheduled);
        }
        o.addProperty("scope", scope);
        return o;
    }

    private static JsonObject toJson(Row row) {
        var o = new JsonObject();
        o.addProperty("name", row.name());
        o.addProperty("role", row.role);
        o.addProperty("state", row.state);
        o.addProperty("api_url", row.member.apiUrl().orElse(null));
        if (row.address != null) {
            o.addProperty("host", row.address.host());
            o.addProperty("port", row.address.port());
        }
        for (String field : PUBLISHED) {
            JsonElement value = row.member.data().get(field);
            if (value != null) {
                o.add(field, value);
            }
        }
        if (row.progress != null) {
            add(o, "receive_lag", "receive_lsn", row.progress.received);
            add(o, "replay_lag", "replay_lsn", row.progress.replayed);
            add(o, "lag", "lsn", row.progress.overall);
        }
        return o;
    }

    private static void add(JsonObject o, String lag, String lsn, Position position) {
        if (position.isKnown()) {
            o.addProperty(lag, position.lagBytes);
            o.addProperty(lsn, position.lsn.toString());
        } else {
            o.addProperty(lag, UNKNOWN);
            o.addProperty(lsn, UNKNOWN);
        }
    }
}

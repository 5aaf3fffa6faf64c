package io.matriarch.agent.page;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.matriarch.agent.node.LeaderFlag;
import io.matriarch.agent.node.NodeStatus;
import io.matriarch.engine.FollowRules;
import io.matriarch.engine.LeaderLoss;
import io.matriarch.engine.LeaderLoss.Prospect;
import io.matriarch.engine.Reason;
import io.matriarch.model.ClusterSummary;
import io.matriarch.model.ClusterSummary.Row;
import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.FailoverRequest;
import io.matriarch.model.History;
import io.matriarch.model.Member;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.SyncState;
import io.matriarch.postgres.LocalFacts.Slot;
import io.matriarch.postgres.LocalFacts.Snapshot;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The cluster as this node knows it at one moment: the document of the stream's event {@code cluster}. It starts with
 * the fields of {@code GET /cluster}, so that page and {@code patronictl list} say the same.
 *
 * @param leaderFlag this node's own; live
 */
record Scene(
        NodeStatus node,
        LeaderFlag leaderFlag,
        Milestones milestones,
        Optional<Surroundings> surroundings,
        Optional<Disks> disks,
        MonotonicTime now,
        Instant wallClock) {

    JsonObject document() {
        ClusterView view = node.view();
        var summary = ClusterSummary.of(node.scope(), view);
        JsonObject o = summary.toJson();
        for (int i = 0; i < summary.members().size(); i++) {
            extend(
                    o.getAsJsonArray("members").get(i).getAsJsonObject(),
                    summary.members().get(i));
        }
        o.addProperty("now", wallClock.toEpochMilli());
        o.addProperty("name", node.name());
        o.add("store", store());
        o.add("loop", loop());
        o.add("lease", lease());
        o.add("modes", modes());
        if (view.failover() != null) {
            o.add("request", request(view.failover()));
        }
        o.add("if_the_leader_dies", ifTheLeaderDies());
        o.add("timelines", timelines(view.history()));
        o.add("slots", slots());
        o.add("disks", disks.map(known -> known.document(now)).orElseGet(JsonArray::new));
        return o;
    }

    /** What moves between two cycles: the document of the event {@code pulse}. */
    JsonObject pulse() {
        var o = new JsonObject();
        o.addProperty("now", wallClock.toEpochMilli());
        o.add("store", store());
        o.add("loop", loop());
        o.add("lease", lease());
        return o;
    }

    private void extend(JsonObject row, Row summary) {
        Member member = summary.member();
        String upstream = FollowRules.upstream(member.name(), member.tags(), node.view());
        row.addProperty("follows", upstream);
        row.addProperty("page", page(member).orElse(null));
        milestones
                .behind(member.position(), now)
                .filter(_ -> summary.progress() != null)
                .ifPresent(behind -> row.addProperty("lag_seconds", behind.toSeconds()));
    }

    /** Only what is a web address: the store's content is not ours, and a browser would run a {@code javascript:} link. */
    private static Optional<String> page(Member member) {
        try {
            return member.apiUrl()
                    .map(URI::create)
                    .filter(url -> "http".equals(url.getScheme()) || "https".equals(url.getScheme()))
                    .map(url -> url.resolve("/ui/").toString());
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private JsonObject store() {
        JsonObject o =
                surroundings.map(known -> known.describe(new JsonObject())).orElseGet(JsonObject::new);
        MonotonicTime readAt = node.viewReadAt();
        o.addProperty("answers", readAt != null);
        if (readAt != null) {
            o.addProperty("age_ms", now.since(readAt).toMillis());
        } else if (!node.dcsLastSeen().equals(Instant.EPOCH)) {
            o.addProperty(
                    "age_ms", Duration.between(node.dcsLastSeen(), wallClock).toMillis());
        }
        return o;
    }

    private JsonObject loop() {
        var o = new JsonObject();
        o.addProperty("result", node.lastResult());
        o.addProperty("due_in_ms", node.nextCycle().since(now).toMillis());
        o.addProperty("loop_wait", node.timing().loopWait().toSeconds());
        o.addProperty("ttl", node.timing().ttl().toSeconds());
        return o;
    }

    private JsonObject lease() {
        var o = new JsonObject();
        o.addProperty("holder", node.view().leaderName());
        o.addProperty("ttl_ms", node.timing().ttl().toMillis());
        leaderFlag.deadline().ifPresent(end -> {
            o.addProperty("mine", true);
            o.addProperty("left_ms", end.since(now).toMillis());
        });
        return o;
    }

    private JsonObject modes() {
        DynamicConfig config = node.dynamic();
        SyncState sync = node.view().sync();
        var o = new JsonObject();
        o.addProperty("pause", config.isPaused());
        o.addProperty("failsafe_mode", config.failsafeMode());
        o.addProperty("failsafe_active", node.failsafeActive());
        o.addProperty("standby_cluster", config.isStandbyCluster());
        o.addProperty("watchdog_failed", node.watchdogFailed());
        o.addProperty("synchronous_mode", config.synchronousMode().name().toLowerCase(Locale.ROOT));
        o.addProperty("quorum", sync.quorum());
        o.add("synchronous_standbys", texts(sync.voters()));
        return o;
    }

    private static JsonArray texts(List<String> texts) {
        var list = new JsonArray();
        texts.forEach(list::add);
        return list;
    }

    private static JsonObject request(FailoverRequest request) {
        var o = new JsonObject();
        o.addProperty("action", request.action());
        o.addProperty("from", request.leader());
        o.addProperty("to", request.candidate());
        o.addProperty("at", request.scheduledAt());
        return o;
    }

    // ---- the forecast

    private JsonObject ifTheLeaderDies() {
        ClusterView view = node.view();
        List<Prospect> prospects = LeaderLoss.foresee(view, node.dynamic(), node.timing(), now, wallClock);
        List<String> takers = prospects.stream()
                .filter(Prospect::takesOver)
                .map(Prospect::member)
                .toList();
        var o = new JsonObject();
        o.addProperty("summary", summary(takers));
        o.add("takers", texts(takers));
        var members = new JsonArray();
        prospects.forEach(prospect -> members.add(document(prospect)));
        o.add("members", members);
        return o;
    }

    private String summary(List<String> takers) {
        if (node.dynamic().isPaused()) {
            return "Nobody takes over: the cluster is paused.";
        }
        if (takers.isEmpty()) {
            return "Nobody takes over: the rules let no member ask for the lease.";
        }
        String who =
                String.join(" or ", takers) + (takers.size() == 1 ? " takes over" : " takes over, whoever asks first");
        String when = node.view().isUnlocked()
                ? " now: there is no leader. "
                : " when the lease has ended, at most " + node.timing().ttl().toSeconds() + " s later. ";
        return who + when + loss(takers);
    }

    private String loss(List<String> takers) {
        ClusterView view = node.view();
        if (node.dynamic().isSynchronous() && !view.sync().isEmpty()) {
            return "It holds every commit that waited for a synchronous standby.";
        }
        long missing = takers.stream()
                .flatMap(name -> view.member(name).stream())
                .mapToLong(member -> view.status().optime().bytesAfter(member.position()))
                .max()
                .orElse(0);
        return missing == 0
                ? "By the positions published last it misses no WAL; replication is asynchronous, so newer commits may"
                        + " be lost."
                : "By the positions published last it may miss " + missing + " bytes of WAL, and newer commits.";
    }

    private static JsonObject document(Prospect prospect) {
        var o = new JsonObject();
        o.addProperty("name", prospect.member());
        o.addProperty("takes_over", prospect.takesOver());
        o.addProperty("rule", prospect.rule().sentence());
        o.addProperty("result", prospect.result());
        o.add("reasons", texts(prospect.reasons().stream().map(Reason::full).toList()));
        return o;
    }

    // ---- what this node knows of its own server

    private static JsonArray timelines(History history) {
        var list = new JsonArray();
        for (History.Entry entry : history.entries()) {
            var o = new JsonObject();
            o.addProperty("timeline", entry.timeline() + 1);
            o.addProperty("from", entry.switchPoint().toString());
            o.addProperty("reason", entry.reason());
            o.addProperty("at", entry.timestamp());
            o.addProperty("leader", entry.leader());
            list.add(o);
        }
        return list;
    }

    private JsonArray slots() {
        var list = new JsonArray();
        node.snapshot().ifPresent(server -> server.slots().forEach(slot -> list.add(document(slot, server))));
        return list;
    }

    private JsonObject document(Slot slot, Snapshot server) {
        var o = new JsonObject();
        o.addProperty("name", slot.name());
        o.addProperty("type", slot.type());
        o.addProperty("active", slot.active());
        o.addProperty("wal_status", slot.walStatus());
        if (slot.restartLsn().isKnown()) {
            o.addProperty("held_bytes", server.position().bytesAfter(slot.restartLsn()));
        }
        Long safe = slot.safeWalBytes();
        if (safe != null) {
            o.addProperty("safe_bytes", safe);
            milestones
                    .bytesPerSecond(now)
                    .filter(rate -> rate >= 1)
                    .ifPresent(rate -> o.addProperty("lost_in_ms", (long) (Math.max(0, safe) / rate * 1000)));
        }
        return o;
    }
}

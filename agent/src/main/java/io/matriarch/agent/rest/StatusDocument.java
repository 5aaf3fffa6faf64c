package io.matriarch.agent.rest;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.agent.meters.Meters.LogBacklog;
import io.matriarch.agent.node.NodeStatus;
import io.matriarch.agent.node.ScheduledRestart;
import io.matriarch.engine.Durability;
import io.matriarch.model.PublishedVersion;
import io.matriarch.model.TimeText;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.LocalFacts.WalSender;
import io.matriarch.postgres.PendingRestart;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The document that describes the node: to load balancers, exporters, {@code patronictl} and the other members. */
final class StatusDocument {

    /** So many records wait also when all is well. */
    private static final int USUAL_LOG_QUEUE = 2;

    private StatusDocument() {}

    /** Writes the fields in the order of contract rest-api.md 3. */
    static JsonObject of(Picture picture, LogBacklog log) {
        NodeStatus node = picture.node();
        Optional<Snapshot> server = picture.server();
        var o = new JsonObject();
        o.addProperty("state", picture.state());
        server.ifPresent(s -> o.addProperty("postmaster_start_time", TimeText.spaced(s.postmasterStartTime())));
        o.addProperty("role", picture.role().toString());
        server.ifPresent(s -> {
            o.addProperty("server_version", s.serverVersion());
            o.add("xlog", positions(s));
        });
        picture.syncDuty().ifPresent(duty -> o.addProperty(duty, true));
        if (server.isPresent()) {
            o.add("timeline", picture.timeline() == 0 ? JsonNull.INSTANCE : new JsonPrimitive(picture.timeline()));
        }
        picture.replicationState().ifPresent(state -> o.addProperty("replication_state", state));
        server.map(Snapshot::walSenders)
                .filter(senders -> !senders.isEmpty())
                .ifPresent(senders -> o.add("replication", replication(senders)));
        addFlag(o, "pause", picture.config().isPaused());
        addFlag(o, "cluster_unlocked", picture.isUnlocked());
        addFlag(o, "failsafe_mode_is_active", node.failsafeActive());
        o.addProperty("dcs_last_seen", node.dcsLastSeen().getEpochSecond());
        if (!node.tags().values().isEmpty()) {
            o.add("tags", node.tags().values());
        }
        if (node.systemIdentifier() != null) {
            o.addProperty("database_system_identifier", node.systemIdentifier());
        }
        if (!node.pendingRestart().isEmpty()) {
            o.addProperty("pending_restart", true);
            o.add("pending_restart_reason", reasons(node.pendingRestart()));
        }
        o.add("patroni", identity(node));
        ScheduledRestart restart = node.scheduledRestart();
        if (restart != null) {
            o.add("scheduled_restart", restart.document());
        }
        addFlag(o, "watchdog_failed", node.watchdogFailed());
        LogBacklog backlog = worthShowing(log);
        if (backlog.waiting() > 0) {
            o.addProperty("logger_queue_size", backlog.waiting());
            if (backlog.lost() > 0) {
                o.addProperty("logger_records_lost", backlog.lost());
            }
        }
        // Ours, for monitoring that reads the lag from the member itself; behind all that others look for.
        picture.replicaLagBytes().ifPresent(lag -> o.addProperty("lag", lag));
        node.findings().gate().ifPresent(why -> o.addProperty("post_crash_gate", why));
        node.findings().promises().words().ifPresent(words -> o.addProperty("member_lease", words));
        node.findings().durability().ifPresent(durability -> o.add("durability", durability(durability)));
        return o;
    }

    /** None, when no more records wait than always. */
    static LogBacklog worthShowing(LogBacklog log) {
        return log.waiting() > USUAL_LOG_QUEUE ? log : LogBacklog.NONE;
    }

    private static JsonObject durability(Durability durability) {
        var o = new JsonObject();
        o.addProperty("promise", durability.promise().toString());
        o.addProperty("statement", durability.statement());
        if (durability.from().isKnown()) {
            var risk = new JsonObject();
            risk.addProperty("from", durability.from().toString());
            risk.addProperty("to", durability.to().toString());
            o.add("at_risk", risk);
        }
        return o;
    }

    private static void addFlag(JsonObject o, String field, boolean value) {
        if (value) {
            o.addProperty(field, true);
        }
    }

    private static JsonObject positions(Snapshot server) {
        var o = new JsonObject();
        if (!server.inRecovery()) {
            o.addProperty("location", server.flushed().bytes());
            return o;
        }
        o.addProperty("received_location", Picture.received(server).bytes());
        o.addProperty("replayed_location", server.replayed().bytes());
        o.add(
                "replayed_timestamp",
                text(server.replayedTimestamp() == null ? null : TimeText.spaced(server.replayedTimestamp())));
        o.addProperty("paused", server.replayPaused());
        return o;
    }

    private static JsonArray replication(List<WalSender> senders) {
        var rows = new JsonArray();
        for (WalSender sender : senders) {
            var row = new JsonObject();
            row.addProperty("usename", sender.userName());
            row.addProperty("application_name", sender.applicationName());
            row.add("client_addr", text(sender.clientAddress()));
            row.addProperty("state", sender.state());
            row.addProperty("sync_state", sender.syncState());
            row.addProperty("sync_priority", sender.syncPriority());
            rows.add(row);
        }
        return rows;
    }

    private static JsonObject reasons(List<PendingRestart> pending) {
        var o = new JsonObject();
        for (PendingRestart parameter : pending) {
            var values = new JsonObject();
            values.addProperty("old_value", parameter.oldValue());
            values.addProperty("new_value", parameter.newValue());
            o.add(parameter.parameter(), values);
        }
        return o;
    }

    private static JsonObject identity(NodeStatus node) {
        var o = new JsonObject();
        o.addProperty("version", PublishedVersion.TEXT);
        o.addProperty("scope", node.scope());
        o.addProperty("name", node.name());
        return o;
    }

    private static JsonElement text(@Nullable String value) {
        return value == null ? JsonNull.INSTANCE : new JsonPrimitive(value);
    }
}

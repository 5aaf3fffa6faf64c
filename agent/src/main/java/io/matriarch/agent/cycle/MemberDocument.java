package io.matriarch.agent.cycle;

import com.google.gson.JsonObject;
import io.matriarch.agent.node.ScheduledRestart;
import io.matriarch.engine.lease.Electors;
import io.matriarch.engine.slots.SlotUse;
import io.matriarch.model.Json;
import io.matriarch.model.Lsn;
import io.matriarch.model.PostgresState;
import io.matriarch.model.PublishedVersion;
import io.matriarch.model.Role;
import io.matriarch.model.Tags;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.PendingRestart;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What this node publishes under {@code members/<name>} (contract dcs-etcd3.md 1.1); field order as there.
 *
 * @param checkpointPending this node leads and has not confirmed a checkpoint on its timeline
 * @param snapshot empty when PostgreSQL did not answer or must not be shown
 * @param gate why ordinary clients are kept out; null: they are not
 */
record MemberDocument(
        String connUrl,
        String apiUrl,
        PostgresState state,
        Role role,
        @Nullable String proxyUrl,
        boolean checkpointPending,
        Tags tags,
        List<PendingRestart> pendingRestart,
        Optional<Snapshot> snapshot,
        int timeline,
        @Nullable ScheduledRestart scheduledRestart,
        boolean paused,
        @Nullable String gate,
        List<SlotUse> slots) {

    /** Less is no news: a slot that keeps up holds parts of a segment or two. */
    private static final long WORTH_TELLING_BYTES = 64L << 20;

    String toJson() {
        var o = new JsonObject();
        o.addProperty("conn_url", connUrl);
        o.addProperty("api_url", apiUrl);
        o.addProperty("state", state.toString());
        o.addProperty("role", role.toString());
        o.addProperty("version", PublishedVersion.TEXT);
        if (proxyUrl != null) {
            o.addProperty("proxy_url", proxyUrl);
        }
        if (checkpointPending) {
            o.addProperty("checkpoint_after_promote", false);
        }
        if (!tags.values().isEmpty()) {
            o.add("tags", tags.values());
        }
        if (!pendingRestart.isEmpty()) {
            o.addProperty("pending_restart", true);
            var reasons = new JsonObject();
            for (PendingRestart p : pendingRestart) {
                var values = new JsonObject();
                values.addProperty("old_value", p.oldValue());
                values.addProperty("new_value", p.newValue());
                reasons.add(p.parameter(), values);
            }
            o.add("pending_restart_reason", reasons);
        }
        snapshot.ifPresent(s -> addPositions(o, s));
        if (timeline != 0) {
            o.addProperty("timeline", timeline);
        }
        if (scheduledRestart != null) {
            JsonObject document = scheduledRestart.document().deepCopy();
            document.addProperty("postmaster_start_time", scheduledRestart.postmasterStartTime());
            o.add("scheduled_restart", document);
        }
        if (paused) {
            o.addProperty("pause", true);
        }
        if (gate != null) {
            o.addProperty("post_crash_gate", gate);
        }
        o.addProperty(Electors.CAPABILITY, true);
        addSlots(o);
        return Json.compact(o);
    }

    /** Ours, for {@code patronictl list -e}: what slots hold back. */
    private void addSlots(JsonObject o) {
        var held = new JsonObject();
        for (SlotUse slot : slots) {
            Duration left = slot.left();
            if (slot.heldBytes() >= WORTH_TELLING_BYTES || slot.isInDanger()) {
                var values = new JsonObject();
                values.addProperty("held_bytes", slot.heldBytes());
                if (left != null) {
                    values.addProperty("minutes_left", left.toMinutes());
                    values.addProperty("limit", slot.limit().toString());
                }
                held.add(slot.slot(), values);
            }
        }
        if (!held.isEmpty()) {
            o.add("slots_held_wal", held);
        }
    }

    private static void addPositions(JsonObject o, Snapshot s) {
        o.addProperty("xlog_location", s.position().bytes());
        if (!s.inRecovery()) {
            return;
        }
        addKnown(o, "replay_lsn", s.replayed());
        addKnown(o, "receive_lsn", s.received());
        if ("streaming".equals(s.walReceiverState())) {
            o.addProperty("replication_state", "streaming");
        } else if (s.restoreCommandSet()) {
            o.addProperty("replication_state", "in archive recovery");
        }
    }

    private static void addKnown(JsonObject o, String field, Lsn position) {
        if (position.isKnown()) {
            o.addProperty(field, position.bytes());
        }
    }
}

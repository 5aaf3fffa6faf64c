package io.matriarch.model;

import com.google.gson.JsonObject;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A manual switchover or failover that waits in the {@code failover} key (contract dcs-etcd3.md 1.3).
 *
 * @param leader who is to step down; null for a failover
 * @param candidate who is to take over; null for "anybody fit"
 * @param scheduledAt the time as written, null for "now"
 * @param revision version of the key, to clear exactly this request
 */
public record FailoverRequest(
        @Nullable String leader,
        @Nullable String candidate,
        @Nullable String scheduledAt,
        Revision revision) {

    /** What an empty key looks like. */
    public static final String CLEARED = "{}";

    /** Reads the key's value; empty when it names neither leader nor candidate. */
    public static Optional<FailoverRequest> parse(String value, Revision revision) {
        JsonObject o = Json.parseObject(value).orElse(null);
        String leader;
        String candidate;
        String scheduledAt = null;
        if (o != null) {
            leader = Json.string(o, "leader").filter(s -> !s.isEmpty()).orElse(null);
            candidate = Json.string(o, "member")
                    .or(() -> Json.string(o, "candidate"))
                    .filter(s -> !s.isEmpty())
                    .orElse(null);
            scheduledAt =
                    Json.string(o, "scheduled_at").filter(s -> !s.isEmpty()).orElse(null);
        } else {
            int colon = value.indexOf(':');
            if (colon < 0 || value.indexOf('{') >= 0) {
                return Optional.empty();
            }
            leader = colon == 0 ? null : value.substring(0, colon);
            candidate = colon == value.length() - 1 ? null : value.substring(colon + 1);
        }
        if (leader == null && candidate == null) {
            return Optional.empty();
        }
        return Optional.of(new FailoverRequest(leader, candidate, scheduledAt, revision));
    }

    /** The word that messages use: {@code switchover} when the request names a leader, else {@code manual failover}. */
    public String action() {
        return leader != null ? "switchover" : "manual failover";
    }

    /** When it is due; empty for "now", and for a time that cannot be read or has no zone. */
    public Optional<Instant> dueTime() {
        if (scheduledAt == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    OffsetDateTime.parse(scheduledAt.replaceFirst(" ", "T")).toInstant());
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /** The value to write. */
    public String toJson() {
        var o = new JsonObject();
        if (leader != null) {
            o.addProperty("leader", leader);
        }
        if (candidate != null) {
            o.addProperty("member", candidate);
        }
        if (scheduledAt != null) {
            o.addProperty("scheduled_at", scheduledAt);
        }
        return Json.compact(o);
    }
}

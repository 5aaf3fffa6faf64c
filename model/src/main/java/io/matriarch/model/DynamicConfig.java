package io.matriarch.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The dynamic configuration and the meaning of its keys (contract config.md 3.2). Values that cannot be read count as
 * not set.
 *
 * @param document the JSON object as stored, in its order. Not to be modified
 */
public record DynamicConfig(JsonObject document) {

    public static final DynamicConfig EMPTY = new DynamicConfig(new JsonObject());

    /** How commits wait for standbys. */
    public enum SynchronousMode {
        OFF,
        PRIORITY,
        QUORUM
    }

    public boolean isPaused() {
        return flag("pause");
    }

    public boolean failsafeMode() {
        return flag("failsafe_mode");
    }

    public boolean checkTimeline() {
        return flag("check_timeline");
    }

    /** Never on while {@link #isStandbyCluster()}. */
    public SynchronousMode synchronousMode() {
        if (isStandbyCluster()) {
            return SynchronousMode.OFF;
        }
        JsonElement value = document.get("synchronous_mode");
        if (value instanceof JsonPrimitive p && p.getAsString().equalsIgnoreCase("quorum")) {
            return SynchronousMode.QUORUM;
        }
        return flag("synchronous_mode") ? SynchronousMode.PRIORITY : SynchronousMode.OFF;
    }

    public boolean isSynchronous() {
        return synchronousMode() != SynchronousMode.OFF;
    }

    public boolean synchronousModeStrict() {
        return flag("synchronous_mode_strict");
    }

    /** Whether clients wait outside after a crash of the primary until its synchronous set holds all its WAL. Ours. */
    public boolean postCrashGate() {
        return isSynchronous()
                && ours().flatMap(o -> Json.bool(o, "post_crash_gate")).orElse(false);
    }

    /** Times below Patroni's minima, with renewals between the cycles. Ours. */
    public boolean isFast() {
        return ours().flatMap(o -> Json.string(o, "profile"))
                .filter("fast"::equalsIgnoreCase)
                .isPresent();
    }

    /**
     * Whether a primary without store may lead on by promises of a part of the members (decision 0016). Ours; never in a
     * standby cluster, whose leader accepts no writes.
     */
    public boolean memberLease() {
        return !isStandbyCluster()
                && ours().flatMap(o -> Json.bool(o, "member_lease")).orElse(isFast());
    }

    /** Whether the leader renews its lease each {@link Timing#renewalPeriod}, and not only in its cycles. Ours. */
    public boolean renewsBetweenCycles() {
        return isFast() || memberLease();
    }

    /** How long the leader key must be missing before a member may lead without votes. Ours. */
    public Duration memberLeaseLimit() {
        long seconds = ours().map(o -> o.get("member_lease_limit"))
                .flatMap(value -> Coercion.integer(value, Unit.SECONDS))
                .orElse(30L);
        return Duration.ofSeconds(Math.max(seconds, 1));
    }

    private Optional<JsonObject> ours() {
        return Json.object(document, "matriarch");
    }

    public int synchronousNodeCount() {
        long count = number("synchronous_node_count", Unit.NONE).orElse(1L);
        return (int) Math.max(count, synchronousModeStrict() ? 1 : 0);
    }

    /** Bytes; empty when a failover does not look at lag between synchronous candidates. */
    public Optional<Long> maximumLagOnSyncnode() {
        return number("maximum_lag_on_syncnode", Unit.BYTES).filter(n -> n > 0);
    }

    /** Bytes. */
    public long maximumLagOnFailover() {
        return number("maximum_lag_on_failover", Unit.BYTES).orElse(1_048_576L);
    }

    public Duration primaryStartTimeout() {
        return seconds("primary_start_timeout", "master_start_timeout", 300);
    }

    /** Zero: no limit. Counts only in synchronous mode. */
    public Duration primaryStopTimeout() {
        return seconds("primary_stop_timeout", "master_stop_timeout", 0);
    }

    public Duration primaryRaceBackoff() {
        return seconds("primary_race_backoff", "primary_race_backoff", 0);
    }

    public Duration memberSlotsTtl() {
        return seconds("member_slots_ttl", "member_slots_ttl", 1800);
    }

    /** How many history entries to keep; 0 keeps all. */
    public int maxTimelinesHistory() {
        return (int) number("max_timelines_history", Unit.NONE).orElse(0L).longValue();
    }

    /** A {@code standby_cluster} section with at least one of host, port, restore_command. */
    public boolean isStandbyCluster() {
        return standbyCluster().isPresent();
    }

    public Optional<JsonObject> standbyCluster() {
        return Json.object(document, "standby_cluster")
                .filter(s -> Stream.of("host", "port", "restore_command")
                        .map(s::get)
                        .anyMatch(value -> value != null && Tags.isTruthy(value)));
    }

    /** The server outside that this standby cluster copies; empty: it is none. */
    public Optional<RemoteMember> remoteMember() {
        return standbyCluster().map(RemoteMember::of);
    }

    /** Permanent slots by name; the first of the three names that is a non-empty map wins. */
    public JsonObject permanentSlots() {
        for (String name : new String[] {"permanent_replication_slots", "permanent_slots", "slots"}) {
            Optional<JsonObject> found = Json.object(document, name).filter(o -> !o.isEmpty());
            if (found.isPresent()) {
                return found.get();
            }
        }
        return new JsonObject();
    }

    public JsonArray ignoreSlots() {
        return document.get("ignore_slots") instanceof JsonArray a ? a : new JsonArray();
    }

    /** The {@code postgresql} section; empty when there is none. */
    public JsonObject postgresql() {
        return Json.object(document, "postgresql").orElseGet(JsonObject::new);
    }

    /** True by default; anything present that is not true means off. */
    public boolean useSlots() {
        JsonElement value = postgresql().get("use_slots");
        return value == null || Coercion.bool(value).orElse(false);
    }

    private boolean flag(String key) {
        return Json.bool(document, key).orElse(false);
    }

    private Optional<Long> number(String key, Unit unit) {
        JsonElement value = document.get(key);
        return value == null ? Optional.empty() : Coercion.integer(value, unit);
    }

    private Duration seconds(String key, String legacyKey, long otherwise) {
        String present = document.has(key) ? key : legacyKey;
        return Duration.ofSeconds(Math.max(number(present, Unit.SECONDS).orElse(otherwise), 0));
    }
}

package io.matriarch.model.config;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.matriarch.model.Coercion;
import io.matriarch.model.PythonText;
import io.matriarch.model.Unit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The PostgreSQL parameters that must be alike on all members, so that any of them can follow any other. They are
 * taken from the dynamic configuration alone (contract config.md 4.1).
 */
public final class ControlledParameters {

    /** What a parameter may be set to; gives the value to use, or nothing for one that is refused. */
    private interface Rule {
        Optional<String> accept(JsonElement value);
    }

    private record Parameter(String name, String fallback, Rule rule) {}

    /** The text that warnings show for a parameter without default. */
    private static final String NO_DEFAULT = "None";

    private static final List<Parameter> PASSED = List.of(
            new Parameter("listen_addresses", NO_DEFAULT, _ -> Optional.empty()),
            new Parameter("port", NO_DEFAULT, _ -> Optional.empty()),
            new Parameter("cluster_name", NO_DEFAULT, _ -> Optional.empty()),
            new Parameter("wal_level", "hot_standby", oneOf("hot_standby", "replica", "logical")),
            new Parameter(
                    "hot_standby", "on", v -> Coercion.bool(v).filter(b -> b).map(_ -> PythonText.str(v))),
            new Parameter("max_connections", "100", atLeast(25)),
            new Parameter("max_wal_senders", "10", atLeast(3)),
            new Parameter("max_prepared_transactions", "0", atLeast(0)),
            new Parameter("max_locks_per_transaction", "64", atLeast(32)),
            new Parameter("track_commit_timestamp", "off", v -> Coercion.bool(v).map(_ -> PythonText.str(v))),
            new Parameter("max_replication_slots", "10", atLeast(4)),
            new Parameter("max_worker_processes", "8", atLeast(2)),
            new Parameter("wal_log_hints", "on", v -> Coercion.bool(v).map(_ -> PythonText.str(v))));

    private static final Parameter WAL_KEEP_SEGMENTS = new Parameter("wal_keep_segments", "8", atLeast(1));
    private static final Parameter WAL_KEEP_SIZE =
            new Parameter("wal_keep_size", "128MB", ControlledParameters::walKeepSize);

    /** PostgreSQL 13 counts in megabytes what was counted in segments of this size before. */
    private static final int SEGMENT_MEGABYTES = 16;

    private static final Map<String, Parameter> BY_NAME = byName();

    private ControlledParameters() {}

    /** The parameters that are passed to the postmaster as {@code --name=value}, in this order. */
    public static List<String> commandLine() {
        return PASSED.stream().map(Parameter::name).toList();
    }

    /** Whether the name is one of them, in any case. */
    public static boolean isControlled(String name) {
        return BY_NAME.containsKey(name.toLowerCase(Locale.ROOT));
    }

    /** Whether it is one of them that the dynamic configuration can set: the others follow from elsewhere. */
    static boolean isConfigurable(String name) {
        Parameter parameter = BY_NAME.get(name.toLowerCase(Locale.ROOT));
        return parameter != null && !parameter.fallback.equals(NO_DEFAULT);
    }

    /**
     * Their effective values in the order of {@link #commandLine()}, then {@code wal_keep_size}.
     *
     * @param dynamic {@code postgresql.parameters} of the dynamic configuration
     */
    static Map<String, String> effective(
            JsonObject dynamic, String listenAddresses, int port, String clusterName, List<Notice> notices) {
        Map<String, String> accepted = accepted(dynamic, notices);
        var values = new LinkedHashMap<String, String>();
        values.put("listen_addresses", listenAddresses);
        values.put("port", Integer.toString(port));
        values.put("cluster_name", clusterName);
        for (Parameter parameter : PASSED) {
            values.putIfAbsent(parameter.name, accepted.getOrDefault(parameter.name, parameter.fallback));
        }
        values.computeIfPresent("wal_level", (_, level) -> level.equalsIgnoreCase("hot_standby") ? "replica" : level);
        String segments = accepted.getOrDefault(WAL_KEEP_SEGMENTS.name, WAL_KEEP_SEGMENTS.fallback);
        String fromSegments = Long.parseLong(segments) * SEGMENT_MEGABYTES + "MB";
        values.put(WAL_KEEP_SIZE.name, accepted.getOrDefault(WAL_KEEP_SIZE.name, fromSegments));
        return values;
    }

    private static Map<String, String> accepted(JsonObject dynamic, List<Notice> notices) {
        var accepted = new LinkedHashMap<String, String>();
        for (var entry : dynamic.entrySet()) {
            Parameter parameter = BY_NAME.get(entry.getKey().toLowerCase(Locale.ROOT));
            if (parameter != null) {
                Optional<String> value = parameter.rule.accept(entry.getValue());
                value.ifPresentOrElse(
                        v -> accepted.put(parameter.name, v),
                        () -> notices.add(Notice.warning("postgresql parameter " + entry.getKey() + "="
                                + PythonText.str(entry.getValue()) + " failed validation, defaulting to "
                                + parameter.fallback)));
            }
        }
        return accepted;
    }

    private static Rule atLeast(long minimum) {
        return value -> value instanceof JsonNull
                ? Optional.empty()
                : Coercion.integer(value).filter(n -> n >= minimum).map(n -> Long.toString(n));
    }

    private static Rule oneOf(String... words) {
        return value -> Optional.of(PythonText.str(value))
                .filter(text -> List.of(words).contains(text.toLowerCase(Locale.ROOT)));
    }

    /** Kept as written when it carries a unit. */
    private static Optional<String> walKeepSize(JsonElement value) {
        Unit megabytes = Unit.parse("MB").orElseThrow();
        return Coercion.integer(value, megabytes)
                .filter(n -> n >= SEGMENT_MEGABYTES)
                .map(_ -> Coercion.integer(value).map(String::valueOf).orElse(PythonText.str(value)));
    }

    private static Map<String, Parameter> byName() {
        var map = new LinkedHashMap<String, Parameter>();
        PASSED.forEach(p -> map.put(p.name, p));
        map.put(WAL_KEEP_SEGMENTS.name, WAL_KEEP_SEGMENTS);
        map.put(WAL_KEEP_SIZE.name, WAL_KEEP_SIZE);
        return Collections.unmodifiableMap(map);
    }
}

package io.matriarch.ctl.operator;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Timing;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.ControlledParameters;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.model.config.PostgresSettings;
import io.matriarch.model.config.TimingRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a setting gets its value from (contract config.md 1.2, 3.1, 4.1).
 *
 * @param path the setting's full name
 * @param effective the value in force; null: none is set, PostgreSQL or the agent decides
 * @param layers each place that gives a value, the weakest first
 * @param rule what decides between them
 */
record SettingExplanation(String path, @Nullable String effective, List<Layer> layers, String rule) {

    /** A place that gives a value. */
    record Layer(String name, String value) {}

    private static final String PARAMETERS = "postgresql.parameters.";
    private static final String HIDDEN = "(hidden)";

    SettingExplanation {
        layers = List.copyOf(layers);
    }

    /**
     * Explains one setting.
     *
     * @param given a path as in the configuration file, or the name of a PostgreSQL parameter
     * @param files the configuration without the environment
     * @param local the configuration with the environment
     */
    static SettingExplanation of(String given, DynamicConfig dynamic, JsonObject files, JsonObject local)
            throws CommandFailure, ConfigurationException {
        String path = path(given, dynamic, local);
        boolean secret = isSecret(path);
        Map<String, String> defaults = dynamicDefaults();
        var layers = new ArrayList<Layer>();
        if (defaults.containsKey(path)) {
            layers.add(new Layer("default", defaults.get(path)));
        }
        String fromDynamic = text(dynamic.document(), path);
        String fromFiles = text(files, path);
        String fromLocal = text(local, path);
        addLayer(layers, "dynamic configuration", fromDynamic, secret);
        addLayer(layers, "configuration file", fromFiles, secret);
        if (fromLocal != null && !fromLocal.equals(fromFiles)) {
            addLayer(layers, "environment", fromLocal, secret);
        }
        if (path.startsWith(PARAMETERS)) {
            return ofParameter(path, dynamic, local, layers);
        }
        if (!path.startsWith("postgresql.") && defaults.containsKey(path)) {
            String value = fromDynamic == null ? defaults.get(path) : fromDynamic;
            return ofDynamic(path, dynamic, value, layers);
        }
        boolean mayBeDynamic = path.startsWith("postgresql.");
        String value = fromLocal != null ? fromLocal : mayBeDynamic ? fromDynamic : null;
        if (layers.isEmpty()) {
            throw new CommandFailure("Nothing sets " + given + ", and it is no setting with a default in the dynamic"
                    + " configuration. Write it as in the configuration file, for instance postgresql.use_pg_rewind");
        }
        String rule = mayBeDynamic
                ? "the local configuration comes before the dynamic one; the environment before files"
                : fromLocal == null
                        ? "the dynamic configuration does not know this setting, and nothing uses it"
                        : "a local setting: the environment comes before files, the dynamic configuration does not"
                                + " count";
        return new SettingExplanation(path, secret && value != null ? HIDDEN : value, layers, rule);
    }

    /** A bare name is a dynamic setting or a section where there is one, else a parameter of PostgreSQL. */
    private static String path(String given, DynamicConfig dynamic, JsonObject local) {
        boolean isSetting = given.startsWith("postgresql.")
                || dynamicDefaults().containsKey(given)
                || local.has(first(given))
                || (given.indexOf('.') < 0 && dynamic.document().has(given));
        return isSetting ? given : PARAMETERS + given;
    }

    private static String first(String path) {
        int dot = path.indexOf('.');
        return dot < 0 ? path : path.substring(0, dot);
    }

    private static boolean isSecret(String path) {
        String name = path.toLowerCase(Locale.ROOT);
        return name.contains("password")
                || name.endsWith(".auth")
                || name.contains("authentication")
                || name.endsWith("token")
                || name.contains("primary_conninfo");
    }

    private static SettingExplanation ofParameter(
            String path, DynamicConfig dynamic, JsonObject local, List<Layer> layers)
            throws CommandFailure, ConfigurationException {
        String parameter = path.substring(PARAMETERS.length()).toLowerCase(Locale.ROOT);
        PostgresSettings settings = LocalConfig.parse(local).postgres(dynamic);
        String effective = null;
        for (Map.Entry<String, String> entry : settings.parameters().entrySet()) {
            if (entry.getKey().equalsIgnoreCase(parameter)) {
                effective = entry.getValue();
            }
        }
        if (ControlledParameters.isControlled(parameter)) {
            if (effective != null
                    && layers.stream().noneMatch(layer -> layer.name().equals("dynamic configuration"))) {
                layers.add(0, new Layer("the manager's default", effective));
            }
            return new SettingExplanation(
                    path,
                    effective,
                    layers,
                    "must be alike on all members: only the dynamic configuration counts, the manager passes it to the"
                            + " postmaster, and ALTER SYSTEM or files cannot change it");
        }
        return new SettingExplanation(
                path,
                effective,
                layers,
                effective == null
                        ? "nothing sets it: PostgreSQL's default, a file of PostgreSQL or ALTER SYSTEM counts"
                        : "the local configuration comes before the dynamic one; ALTER SYSTEM before both");
    }

    /** The timing rule may lower what is written. */
    private static SettingExplanation ofDynamic(
            String path, DynamicConfig dynamic, @Nullable String value, List<Layer> layers)
            throws ConfigurationException {
        Timing timing = TimingRule.apply(dynamic).timing();
        String inForce = switch (path) {
            case "ttl" -> Long.toString(timing.ttl().toSeconds());
            case "loop_wait" -> Long.toString(timing.loopWait().toSeconds());
            case "retry_timeout" -> Long.toString(timing.retryTimeout().toSeconds());
            default -> value;
        };
        boolean adjusted = inForce != null && !inForce.equals(value);
        return new SettingExplanation(
                path,
                inForce,
                layers,
                adjusted
                        ? "only the dynamic configuration counts; adjusted so that loop_wait + 2 * retry_timeout <= ttl"
                        : "only the dynamic configuration counts, for all members alike; bootstrap.dcs is its first"
                                + " content and is not looked at later");
    }

    /** Contract config.md 3.2. */
    private static Map<String, String> dynamicDefaults() {
        return Map.ofEntries(
                Map.entry("ttl", "30"),
                Map.entry("loop_wait", "10"),
                Map.entry("retry_timeout", "10"),
                Map.entry("maximum_lag_on_failover", "1048576"),
                Map.entry("maximum_lag_on_syncnode", "-1"),
                Map.entry("max_timelines_history", "0"),
                Map.entry("primary_start_timeout", "300"),
                Map.entry("primary_stop_timeout", "0"),
                Map.entry("primary_race_backoff", "0"),
                Map.entry("synchronous_mode", "false"),
                Map.entry("synchronous_mode_strict", "false"),
                Map.entry("synchronous_node_count", "1"),
                Map.entry("failsafe_mode", "false"),
                Map.entry("check_timeline", "false"),
                Map.entry("pause", "false"),
                Map.entry("member_slots_ttl", "1800"));
    }

    private static void addLayer(List<Layer> layers, String name, @Nullable String value, boolean secret) {
        if (value != null) {
            layers.add(new Layer(name, secret ? HIDDEN : value));
        }
    }

    /** The value at a path; a parameter's name may have dots, and any case. */
    private static @Nullable String text(JsonObject document, String path) {
        if (path.startsWith(PARAMETERS)) {
            String parameter = path.substring(PARAMETERS.length());
            return Json.object(document, "postgresql")
                    .flatMap(postgresql -> Json.object(postgresql, "parameters"))
                    .flatMap(parameters -> parameters.entrySet().stream()
                            .filter(entry -> entry.getKey().equalsIgnoreCase(parameter))
                            .findFirst())
                    .map(entry -> text(entry.getValue()))
                    .orElse(null);
        }
        JsonElement at = document;
        for (String key : path.split("\\.", -1)) {
            at = at instanceof JsonObject map && map.has(key) ? map.get(key) : null;
            if (at == null) {
                return null;
            }
        }
        return text(at);
    }

    private static String text(JsonElement value) {
        return value.isJsonPrimitive() ? value.getAsString() : Json.spaced(value);
    }

    String text() {
        var out = new StringBuilder(path + " = " + (effective == null ? "(not set)" : effective) + "\n");
        for (Layer layer : layers) {
            out.append("  ")
                    .append(layer.name())
                    .append(": ")
                    .append(layer.value())
                    .append('\n');
        }
        return out.append("  rule: ").append(rule).append('\n').toString();
    }

    String json() {
        var o = new JsonObject();
        o.addProperty("name", path);
        o.addProperty("effective", effective);
        var array = new JsonArray();
        for (Layer layer : layers) {
            var l = new JsonObject();
            l.addProperty("layer", layer.name());
            l.addProperty("value", layer.value());
            array.add(l);
        }
        o.add("layers", array);
        o.addProperty("rule", rule);
        return Json.spaced(o) + "\n";
    }
}

package io.matriarch.agent.logging;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.model.Json;
import io.matriarch.model.PythonText;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;

/**
 * The {@code log} section (contract config.md 2.2).
 *
 * @param traceAtDebug traces are shown at level DEBUG only
 * @param maxQueueSize 0: no limit
 * @param directory null: standard error
 * @param mode permission bits of the log file, null: by the umask
 * @param fileSize bytes
 * @param warnings what in the section is not usable
 */
public record LogSettings(
        LogLevel level,
        boolean traceAtDebug,
        Layout layout,
        int maxQueueSize,
        @Nullable Path directory,
        @Nullable Integer mode,
        int fileNum,
        long fileSize,
        Map<String, LogLevel> loggers,
        boolean deduplicateHeartbeats,
        List<String> warnings) {

    private static final String DEFAULT_FORMAT = "%(asctime)s %(levelname)s: %(message)s";
    private static final List<JsonLayout.Column> DEFAULT_COLUMNS =
            List.of(column("asctime"), column("levelname"), column("message"));

    public LogSettings {
        loggers = Map.copyOf(loggers);
        warnings = List.copyOf(warnings);
    }

    /** What is in force until the configuration is read. */
    static LogSettings beforeConfiguration() {
        JsonObject log = new JsonObject();
        log.addProperty("level", LogLevel.DEBUG.name());
        return read(log, ZoneId.systemDefault());
    }

    /** Reads the section of a local configuration; never fails, since a log is needed to say what is wrong. */
    public static LogSettings parse(JsonObject document) {
        return read(Json.object(document, "log").orElseGet(JsonObject::new), ZoneId.systemDefault());
    }

    static LogSettings read(JsonObject log, ZoneId zone) {
        var warnings = new ArrayList<String>();
        var fields = new LogField(dateFormat(log.get("dateformat"), warnings), zone);
        boolean isJson =
                Json.string(log, "type").filter(t -> t.equalsIgnoreCase("json")).isPresent();
        Layout layout = isJson
                ? new JsonLayout(
                        columns(log.get("format"), warnings),
                        Json.object(log, "static_fields").orElseGet(JsonObject::new),
                        fields)
                : new PlainLayout(plainFormat(log.get("format"), warnings), fields);
        return new LogSettings(
                level(Json.string(log, "level").orElse("INFO"), warnings),
                Json.string(log, "traceback_level")
                        .filter(t -> t.equalsIgnoreCase("DEBUG"))
                        .isPresent(),
                layout,
                Math.clamp(Json.integer(log, "max_queue_size").orElse(1000L), 0, Integer.MAX_VALUE),
                Json.string(log, "dir")
                        .filter(dir -> !dir.isEmpty())
                        .map(Path::of)
                        .orElse(null),
                Json.integer(log, "mode").map(bits -> bits.intValue() & 0777).orElse(null),
                Math.clamp(Json.integer(log, "file_num").orElse(4L), 0, 10_000),
                Math.max(Json.integer(log, "file_size").orElse(25_000_000L), 0),
                loggers(log, warnings),
                Json.bool(log, "deduplicate_heartbeat_logs").orElse(false),
                warnings);
    }

    private static String dateFormat(@Nullable JsonElement value, List<String> warnings) {
        return switch (value) {
            case null -> "";
            case JsonNull _ -> "";
            case JsonPrimitive p when p.isString() -> p.getAsString();
            case JsonElement other -> {
                warnings.add("Expected log dateformat to be a string, but got \"" + typeName(other) + "\"");
                yield "";
            }
        };
    }

    private static String plainFormat(@Nullable JsonElement value, List<String> warnings) {
        return switch (value) {
            case null -> DEFAULT_FORMAT;
            case JsonNull _ -> DEFAULT_FORMAT;
            case JsonPrimitive p when p.isString() -> p.getAsString();
            case JsonElement other -> {
                warnings.add("Expected log format to be a string when log type is plain, but got \"" + typeName(other)
                        + "\"");
                yield DEFAULT_FORMAT;
            }
        };
    }

    private static List<JsonLayout.Column> columns(@Nullable JsonElement value, List<String> warnings) {
        List<JsonLayout.Column> columns = switch (value) {
            case null -> List.of();
            case JsonNull _ -> List.of();
            case JsonPrimitive p when p.isString() -> columnsOf(p.getAsString());
            case JsonArray items -> columnsOf(items, warnings);
            case JsonElement other -> {
                warnings.add("Expected log format to be a string or a list, but got \"" + typeName(other) + "\"");
                yield List.of();
            }
        };
        return columns.isEmpty() ? DEFAULT_COLUMNS : columns;
    }

    private static List<JsonLayout.Column> columnsOf(String format) {
        var columns = new ArrayList<JsonLayout.Column>();
        Matcher m = PlainLayout.PLACEHOLDER.matcher(format);
        while (m.find()) {
            if (m.group(1) != null) {
                columns.add(column(m.group(1)));
            }
        }
        return columns;
    }

    private static List<JsonLayout.Column> columnsOf(JsonArray items, List<String> warnings) {
        var columns = new ArrayList<JsonLayout.Column>();
        for (JsonElement item : items) {
            switch (item) {
                case JsonPrimitive p when p.isString() -> columns.add(column(p.getAsString()));
                case JsonObject renamed ->
                    renamed.entrySet().forEach(entry -> {
                        if (entry.getValue() instanceof JsonPrimitive p && p.isString()) {
                            columns.add(new JsonLayout.Column(entry.getKey(), p.getAsString()));
                        } else {
                            warnings.add("Expected renamed log field to be a string, but got \""
                                    + typeName(entry.getValue()) + "\"");
                        }
                    });
                default ->
                    warnings.add("Expected each item of log format to be a string or dictionary, but got \""
                            + typeName(item) + "\"");
            }
        }
        return columns;
    }

    private static JsonLayout.Column column(String field) {
        return new JsonLayout.Column(field, field);
    }

    private static LogLevel level(String name, List<String> warnings) {
        return LogLevel.parse(name).orElseGet(() -> {
            warnings.add("Unknown log level \"" + name + "\", using INFO");
            return LogLevel.INFO;
        });
    }

    private static Map<String, LogLevel> loggers(JsonObject log, List<String> warnings) {
        var loggers = new LinkedHashMap<String, LogLevel>();
        Json.object(log, "loggers")
                .ifPresent(map -> map.entrySet()
                        .forEach(entry ->
                                loggers.put(entry.getKey(), level(PythonText.str(entry.getValue()), warnings))));
        return loggers;
    }

    /** The name of a value's type in Python, which the warnings show. */
    private static String typeName(JsonElement value) {
        return switch (value) {
            case JsonObject _ -> "dict";
            case JsonArray _ -> "list";
            case JsonPrimitive p when p.isBoolean() -> "bool";
            case JsonPrimitive p
            when p.isNumber() ->
                p.getAsString().chars().allMatch(c -> c == '-' || Character.isDigit(c)) ? "int" : "float";
            case JsonPrimitive _ -> "str";
            default -> "NoneType";
        };
    }
}

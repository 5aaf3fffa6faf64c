package io.matriarch.model.config;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.model.Coercion;
import io.matriarch.model.Json;
import io.matriarch.model.Unit;
import io.matriarch.model.YamlReader;
import io.matriarch.model.YamlSyntaxException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The part of the local configuration that comes from {@code PATRONI_*} variables (contract environment.md).
 *
 * @param patch what to patch over the file
 * @param consumed the variables that were understood, which child processes must not inherit
 * @param notices what could not be read
 */
public record EnvironmentConfig(JsonObject patch, Set<String> consumed, List<Notice> notices) {

    /** The whole local configuration as YAML text, for a process without a file. */
    public static final String WHOLE_DOCUMENT = "PATRONI_CONFIGURATION";

    private static final String PREFIX = "PATRONI_";

    /** How the text of a variable becomes a value. */
    private enum Type {
        TEXT,
        BOOLEAN,
        INTEGER,
        REAL,
        LIST,
        MAP,
        /** A map whose text must not be shown. */
        SECRET_MAP,
        /** A list, unless it has a {@code %(field)}. */
        LOG_FORMAT
    }

    private record Variables(String section, Type type, String keys) {}

    /** The keys that have the same name in the environment, as {@code <section>_<key>}. */
    private static final List<Variables> NAMED = List.of(
            new Variables("", Type.TEXT, "name namespace scope thread_pool_size thread_stack_size"),
            new Variables("log", Type.TEXT, "type level traceback_level dateformat dir"),
            new Variables("log", Type.LOG_FORMAT, "format"),
            new Variables("log", Type.INTEGER, "max_queue_size mode file_size file_num"),
            new Variables("log", Type.MAP, "static_fields loggers"),
            new Variables("log", Type.BOOLEAN, "deduplicate_heartbeat_logs"),
            new Variables("restapi", Type.TEXT, """
                listen connect_address certfile keyfile keyfile_password cafile ciphers verify_client \
                server_tokens\
                """),
            new Variables("restapi", Type.MAP, "http_extra_headers https_extra_headers"),
            new Variables("restapi", Type.LIST, "allowlist"),
            new Variables("restapi", Type.BOOLEAN, "allowlist_include_members"),
            new Variables("restapi", Type.INTEGER, "request_queue_size thread_pool_size"),
            new Variables("ctl", Type.BOOLEAN, "insecure"),
            new Variables("ctl", Type.TEXT, "cacert certfile keyfile keyfile_password"),
            new Variables("postgresql", Type.TEXT, """
                listen connect_address proxy_address config_dir data_dir pgpass bin_dir\
                """),
            new Variables("raft", Type.TEXT, "data_dir self_addr bind_addr password"),
            new Variables("raft", Type.LIST, "partner_addrs"),
            new Variables("raft", Type.REAL, """
                min_timeout max_timeout connection_timeout append_entries_period connection_retry_time \
                leader_fallback_timeout\
                """),
            new Variables("consul", Type.TEXT, "scheme"));

    private static final Map<String, String> OLD_NAMES =
            Map.of("LOGLEVEL", "LOG_LEVEL", "LOGFORMAT", "LOG_FORMAT", "LOG_DATEFMT", "LOG_DATEFORMAT");

    private static final List<String> BINARIES =
            List.of("pg_ctl", "initdb", "pg_controldata", "pg_basebackup", "postgres", "pg_isready", "pg_rewind");

    private static final List<Variables> SUFFIXES = List.of(
            new Variables("", Type.TEXT, """
                host protocol srv srv_suffix url proxy cacert cert key group database token dc consistency \
                service_check_interval service_check_tls_server_name namespace context scope_label role_label \
                pod_ip key_password use_ssl leader_label_value follower_label_value standby_leader_label_value \
                tmp_role_label\
                """),
            new Variables("", Type.INTEGER, "port"),
            new Variables("", Type.LIST, "hosts ports checks service_tags retriable_http_codes"),
            new Variables("", Type.MAP, "labels set_acls bootstrap_labels"),
            new Variables("", Type.SECRET_MAP, "auth_data"),
            new Variables("", Type.BOOLEAN, "use_proxies register_service use_endpoints bypass_api_service verify"));

    private static final Pattern FORMAT_FIELD = Pattern.compile("%\\(\\w+\\)");

    public EnvironmentConfig {
        consumed = Set.copyOf(consumed);
        notices = List.copyOf(notices);
    }

    /** Reads all variables that have a meaning; {@link #WHOLE_DOCUMENT} is not one of them. */
    public static EnvironmentConfig read(Map<String, String> environment) {
        return new Reader(environment).read();
    }

    /** Takes variables one by one, so that none is read twice. */
    private static final class Reader {

        private final TreeMap<String, String> left = new TreeMap<>();
        private final Set<String> consumed = new TreeSet<>();
        private final List<Notice> notices = new ArrayList<>();
        private final JsonObject tree = new JsonObject();

        Reader(Map<String, String> environment) {
            environment.forEach((name, value) -> {
                if (name.startsWith(PREFIX) && !name.equals(WHOLE_DOCUMENT)) {
                    left.put(name.substring(PREFIX.length()), value);
                }
            });
        }

        EnvironmentConfig read() {
            OLD_NAMES.forEach((old, present) -> take(old).ifPresent(value -> left.putIfAbsent(present, value)));
            for (Variables variables : NAMED) {
                for (String key : variables.keys.split(" ")) {
                    String prefix = variables.section.isEmpty() ? "" : variables.section + "_";
                    take(prefix + key)
                            .flatMap(text -> value(variables.type, text))
                            .ifPresent(value -> put(value, variables.section, key));
                }
            }
            for (String binary : BINARIES) {
                take("postgresql_bin_" + binary).ifPresent(text -> put(text, "postgresql", "bin_name", binary));
            }
            for (String section : List.of("ctl", "restapi")) {
                for (String key : List.of("username", "password")) {
                    take(section + "_" + key).ifPresent(text -> put(text, section, "authentication", key));
                }
            }
            for (String user : List.of("replication", "superuser", "rewind")) {
                for (String key : PresentLayout.USER_KEYS) {
                    take(user + "_" + key).ifPresent(text -> put(text, "postgresql", "authentication", user, key));
                }
            }
            take("retriable_http_codes")
                    .flatMap(text -> value(Type.LIST, text))
                    .ifPresent(value -> put(value, "kubernetes", "retriable_http_codes"));
            generic();
            for (String section : List.of("etcd", "etcd3")) {
                if (tree.has(section)) {
                    for (String key : List.of("username", "password")) {
                        take(section + "_" + key).ifPresent(text -> put(text, section, key));
                    }
                }
            }
            return new EnvironmentConfig(tree, consumed, notices);
        }

        /** {@code <section>_<suffix>}: the only variables whose empty value says something. */
        private void generic() {
            for (var variable : new TreeMap<>(left).entrySet()) {
                String name = variable.getKey();
                int underscore = name.indexOf('_');
                if (underscore > 0) {
                    String section = name.substring(0, underscore).toLowerCase(Locale.ROOT);
                    String key = name.substring(underscore + 1);
                    for (Variables variables : SUFFIXES) {
                        if (key.equals(key.toUpperCase(Locale.ROOT))
                                && List.of(variables.keys.split(" ")).contains(key.toLowerCase(Locale.ROOT))) {
                            left.remove(name);
                            consumed.add(PREFIX + name);
                            suffixed(variable.getValue(), section, key.toLowerCase(Locale.ROOT), variables.type);
                        }
                    }
                }
            }
        }

        private void suffixed(String text, String section, String key, Type type) {
            if (section.equals("citus")) {
                switch (key) {
                    case "group" -> value(Type.INTEGER, text).ifPresent(value -> put(value, section, key));
                    case "database" -> put(text, section, key);
                    default -> {
                        // no other key of the section has a variable
                    }
                }
            } else if (!text.isEmpty()) {
                value(type, text).ifPresent(value -> put(value, section, key));
            } else if (type == Type.MAP || type == Type.SECRET_MAP) {
                put(new JsonObject(), section, key);
            } else if (type != Type.BOOLEAN) {
                put(text, section, key);
            }
        }

        /** The value of a variable that is set and not empty. */
        private Optional<String> take(String lowerCaseName) {
            String name = lowerCaseName.toUpperCase(Locale.ROOT);
            String value = left.remove(name);
            if (value == null) {
                return Optional.empty();
            }
            consumed.add(PREFIX + name);
            return Optional.of(value).filter(s -> !s.isEmpty());
        }

        private Optional<JsonElement> value(Type type, String text) {
            return switch (type) {
                case TEXT -> Optional.of(new JsonPrimitive(text));
                case BOOLEAN -> Coercion.bool(text).map(JsonPrimitive::new);
                case INTEGER -> Coercion.integer(text, Unit.NONE).map(JsonPrimitive::new);
                case REAL -> real(text);
                case LIST -> list(text);
                case MAP -> map(text, text);
                case SECRET_MAP -> map(text, "***");
                case LOG_FORMAT ->
                    FORMAT_FIELD.matcher(text).find()
                            ? Optional.of(new JsonPrimitive(text))
                            : list(text).or(() -> Optional.of(new JsonPrimitive(text)));
            };
        }

        private static Optional<JsonElement> real(String text) {
            return Coercion.real(text, Unit.NONE)
                    .map(BigDecimal::stripTrailingZeros)
                    .map(JsonPrimitive::new);
        }

        private Optional<JsonElement> list(String text) {
            boolean isYaml = text.strip().startsWith("-") || text.contains("[");
            String yaml = isYaml ? text : "[" + text + "]";
            return yaml(yaml, "list " + yaml).filter(JsonArray.class::isInstance);
        }

        private Optional<JsonElement> map(String text, String shown) {
            boolean isYaml = text.strip().startsWith("{");
            return yaml(isYaml ? text : "{" + text + "}", "dict " + (isYaml ? shown : "{" + shown + "}"))
                    .filter(JsonObject.class::isInstance);
        }

        private Optional<JsonElement> yaml(String text, String shown) {
            try {
                return Optional.of(YamlReader.parse(text));
            } catch (YamlSyntaxException e) {
                notices.add(Notice.error("Exception when parsing " + shown + ": " + e.getMessage()));
                return Optional.empty();
            }
        }

        private void put(String text, String... path) {
            put(new JsonPrimitive(text), path);
        }

        private void put(JsonElement value, String... path) {
            JsonObject parent = tree;
            for (int i = 0; i < path.length - 1; i++) {
                if (!path[i].isEmpty()) {
                    JsonObject child = Json.object(parent, path[i]).orElseGet(JsonObject::new);
                    parent.add(path[i], child);
                    parent = child;
                }
            }
            parent.add(path[path.length - 1], value);
        }
    }
}

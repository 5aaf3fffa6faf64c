package io.matriarch.model.config;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.matriarch.model.Coercion;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.PythonText;
import io.matriarch.model.Unit;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Composes {@link PostgresSettings} from local and dynamic configuration (contract config.md 1.2, 2.8, 4.1, 4.2).
 *
 * <p>A local key of {@code postgresql} replaces the dynamic one as a whole; only {@code parameters} are merged, name by
 * name, and only {@code use_slots} is never local.
 */
final class PostgresSettingsReader {

    private static final Set<String> LOCAL_ONLY =
            Set.of("connect_address", "proxy_address", "listen", "config_dir", "data_dir", "pgpass", "authentication");

    private static final String PARAMETERS = "parameters";
    private static final String BASEBACKUP = "basebackup";
    private static final String PG_BASEBACKUP = "pg_basebackup";

    private final LocalConfig local;
    private final DynamicConfig dynamic;
    private final List<Notice> notices;

    private PostgresSettingsReader(LocalConfig local, DynamicConfig dynamic, List<Notice> notices) {
        this.local = local;
        this.dynamic = dynamic;
        this.notices = notices;
    }

    /** @param notices receives a warning for each parameter that was refused */
    static PostgresSettings read(LocalConfig local, DynamicConfig dynamic, List<Notice> notices)
            throws ConfigurationException {
        return new PostgresSettingsReader(local, dynamic, notices).read();
    }

    private PostgresSettings read() throws ConfigurationException {
        JsonObject localSection = Json.object(local.document(), "postgresql").orElseGet(JsonObject::new);
        JsonObject dynamicParameters = parameters(dynamic.postgresql());
        JsonObject localParameters = parameters(localSection);

        var section = new Section("postgresql", compose(localSection));
        String listen = section.required("listen", "<HOST>:<PORT> of PostgreSQL, for example 0.0.0.0:5432");
        HostPort address = HostPort.parse(listen, 5432).orElseThrow(() -> notAnAddress("listen", listen));
        Path dataDir = Path.of(section.required("data_dir", "the path of PostgreSQL's data directory"));
        Path configDir = Path.of(section.text("config_dir", dataDir.toString()));

        Section users = section.section("authentication");
        if (!(users.element("replication") instanceof JsonObject)) {
            throw noUsers();
        }
        String kerberos = section.text("krbsrvname");
        Credentials superuser = credentials(users, "superuser", kerberos);
        String listenAddresses = listenAddresses(address.host());

        Map<String, String> parameters = ControlledParameters.effective(
                dynamicParameters, listenAddresses, address.port(), local.scope(), notices);
        addOrdinary(parameters, dynamicParameters);
        addOrdinary(parameters, localParameters);
        explainUnused(localParameters, parameters);
        synchronousStandbyNames(parameters);
        for (String file : List.of("hba_file", "ident_file")) {
            parameters.computeIfPresent(
                    file, (_, path) -> configDir.resolve(path).toString());
        }
        section.map().add(PARAMETERS, asJson(parameters));
        for (String key : section.map().keySet()) {
            if (key.startsWith("pg_hba_") || key.startsWith("pg_ident_")) {
                section.lines(key);
            }
        }

        return new PostgresSettings(
                listenAddresses,
                address.port(),
                optionalAddress(section, "connect_address"),
                optionalAddress(section, "proxy_address"),
                section.text("database", "postgres"),
                dataDir,
                configDir,
                section.text("config_base_name", "postgresql"),
                section.text("bin_dir", ""),
                section.texts("bin_name"),
                Path.of(section.text("pgpass", System.getProperty("user.home") + "/pgpass")),
                superuser,
                credentials(users, "replication", kerberos),
                users.element("rewind") == null ? superuser : credentials(users, "rewind", kerberos),
                parameters,
                section.lines("pg_hba"),
                section.lines("pg_ident"),
                section.section("recovery_conf").map(),
                section.text("custom_conf"),
                dynamic.useSlots(),
                section.flag("use_pg_rewind"),
                section.element("rewind"),
                section.flag("remove_data_directory_on_rewind_failure"),
                section.flag("remove_data_directory_on_diverged_timelines"),
                replicaMethods(section),
                section.element(BASEBACKUP),
                section.texts("callbacks"),
                section.text("pre_promote"),
                section.text("before_stop"),
                Duration.ofSeconds(Math.max(section.integer("pg_ctl_timeout", Unit.SECONDS, 60), 0)),
                section.flag("use_unix_socket"),
                section.flag("use_unix_socket_repl"),
                section.map());
    }

    private JsonObject compose(JsonObject localSection) {
        var section = new JsonObject();
        for (var entry : dynamic.postgresql().entrySet()) {
            if (!LOCAL_ONLY.contains(entry.getKey())) {
                section.add(entry.getKey(), entry.getValue().deepCopy());
            }
        }
        for (var entry : localSection.entrySet()) {
            if (!entry.getKey().equals("use_slots")) {
                section.add(entry.getKey(), entry.getValue().deepCopy());
            }
        }
        return section;
    }

    private static JsonObject parameters(JsonObject section) throws ConfigurationException {
        return switch (section.get(PARAMETERS)) {
            case JsonObject o -> o;
            case JsonNull _ -> new JsonObject();
            case null -> new JsonObject();
            case JsonElement other ->
                throw new ConfigurationException("postgresql.parameters: expected a map, but got " + Shape.of(other));
        };
    }

    /** Puts the ordinary parameters over those that are there; names are compared without regard to case. */
    private static void addOrdinary(Map<String, String> parameters, JsonObject added) {
        for (var entry : added.entrySet()) {
            String name = entry.getKey();
            if (!ControlledParameters.isControlled(name)) {
                parameters.keySet().removeIf(other -> other.equalsIgnoreCase(name) && !other.equals(name));
                if (entry.getValue().isJsonNull()) {
                    parameters.remove(name);
                } else {
                    parameters.put(name, PythonText.str(entry.getValue()));
                }
            }
        }
    }

    /** A value that takes effect nowhere is hard to notice, unless it is the one in force anyway. */
    private void explainUnused(JsonObject localParameters, Map<String, String> effective) {
        List<String> unused = localParameters.entrySet().stream()
                .filter(entry -> ControlledParameters.isControlled(entry.getKey()))
                .filter(entry ->
                        !isSame(entry.getValue(), effective.get(entry.getKey().toLowerCase(Locale.ROOT))))
                .map(entry -> entry.getKey() + " = " + PythonText.str(entry.getValue()))
                .toList();
        if (!unused.isEmpty()) {
            notices.add(Notice.info("postgresql.parameters of the local configuration: not used: "
                    + String.join(", ", unused) + ". All members need the same; set it in the dynamic configuration"
                    + " (patronictl edit-config)"));
        }
    }

    private static boolean isSame(JsonElement written, @Nullable String effective) {
        if (effective == null || PythonText.str(written).equalsIgnoreCase(effective)) {
            return effective != null;
        }
        return Coercion.bool(written).isPresent() && Coercion.bool(written).equals(Coercion.bool(effective));
    }

    /** Only while no synchronous mode is on are they the user's. */
    private void synchronousStandbyNames(Map<String, String> parameters) {
        String written = parameters.get("synchronous_standby_names");
        if (written == null) {
            return;
        }
        String where = "postgresql.parameters.synchronous_standby_names";
        if (dynamic.isSynchronous()) {
            parameters.remove("synchronous_standby_names");
            notices.add(
                    Notice.info(where + " is not used: synchronous_mode is on and chooses the synchronous standbys"));
            return;
        }
        String quoted = StandbyNameList.quote(written);
        parameters.put("synchronous_standby_names", quoted);
        notices.add(Notice.warning(where + (quoted.equals(written) ? "" : " is written as " + quoted + ", and")
                + " is passed on as it is: a standby that fails blocks commits, and a failover does not look at it. Use"
                + " synchronous_mode with synchronous_node_count in the dynamic configuration instead"));
    }

    private static ConfigurationException noUsers() {
        return new ConfigurationException("""
            Can not find "postgresql.authentication.replication" config: PostgreSQL's users are not configured. \
            Add to the section postgresql:
              authentication:
                superuser:
                  username: postgres
                  password: <password>
                replication:
                  username: replicator
                  password: <another password>
            or "password_file: <path>" instead of a password\
            """);
    }

    private static JsonObject asJson(Map<String, String> parameters) {
        var object = new JsonObject();
        parameters.forEach(object::addProperty);
        return object;
    }

    /** Several hosts before one port are separated by commas, each may stand in brackets. */
    private static String listenAddresses(String hosts) {
        var addresses = new ArrayList<String>();
        for (String host : hosts.split(",")) {
            addresses.add(host.strip().replaceAll("^\\[|]$", ""));
        }
        return String.join(",", addresses);
    }

    private static @Nullable HostPort optionalAddress(Section section, String key) throws ConfigurationException {
        String text = section.text(key);
        return text == null ? null : HostPort.parse(text, 5432).orElseThrow(() -> notAnAddress(key, text));
    }

    private static ConfigurationException notAnAddress(String key, String text) {
        return new ConfigurationException("postgresql." + key + ": expected <HOST>:<PORT>, but got \"" + text + "\"");
    }

    private static Credentials credentials(Section users, String user, @Nullable String kerberos) {
        Map<String, String> options = new LinkedHashMap<>(users.texts(user));
        options.remove("username");
        options.remove("password");
        if (kerberos != null) {
            options.put("krbsrvname", kerberos);
        }
        Section section = users.section(user);
        return new Credentials(section.text("username"), section.text("password"), options);
    }

    /** The program's name is an alias of the method that runs it, unless the user made a method of it. */
    private List<String> replicaMethods(Section section) {
        List<String> methods = section.listOrEmpty("create_replica_methods");
        if (methods.isEmpty()) {
            methods = section.listOrEmpty("create_replica_method");
        }
        if (methods.contains(PG_BASEBACKUP)
                && section.section(PG_BASEBACKUP).map().isEmpty()) {
            notices.add(Notice.info("postgresql.create_replica_methods: " + PG_BASEBACKUP + " is taken for the method "
                    + BASEBACKUP + ", which runs it"));
            methods = methods.stream()
                    .map(method -> method.equals(PG_BASEBACKUP) ? BASEBACKUP : method)
                    .distinct()
                    .toList();
        }
        return methods.isEmpty() ? List.of(BASEBACKUP) : methods;
    }
}

package io.matriarch.postgres;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.model.PythonText;
import io.matriarch.model.Role;
import io.matriarch.model.config.ControlledParameters;
import io.matriarch.model.config.PostgresSettings;
import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the settings say for one role (contract config.md 2.8, 4.2).
 *
 * @param parameters ordinary and controlled ones, without those of recovery
 * @param recovery parameters of recovery that stand among the others; they replace {@code recovery_conf} as a whole
 * @param hba null: not managed
 * @param ident null: not managed
 */
record RoleSettings(
        Map<String, String> parameters,
        Map<String, String> recovery,
        @Nullable List<String> hba,
        @Nullable List<String> ident) {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.config");

    static RoleSettings of(PostgresSettings settings, Role role) {
        Optional<String> suffix = suffix(role);
        JsonObject section = settings.section();
        var all = new LinkedHashMap<>(settings.parameters());
        suffix.flatMap(s -> Json.object(section, "parameters" + s)).ifPresent(overrides -> override(all, overrides));
        var ordinary = new LinkedHashMap<String, String>();
        var recovery = new LinkedHashMap<String, String>();
        all.forEach((name, value) -> (RecoveryParameters.contains(name) ? recovery : ordinary).put(name, value));
        return new RoleSettings(
                ordinary,
                recovery,
                suffix.flatMap(s -> lines(section, "pg_hba" + s)).orElse(settings.pgHba()),
                suffix.flatMap(s -> lines(section, "pg_ident" + s)).orElse(settings.pgIdent()));
    }

    /** Whether anything depends on the role at all. */
    static boolean dependOnRole(PostgresSettings settings) {
        return settings.section().keySet().stream()
                .anyMatch(key -> key.matches("(parameters|pg_hba|pg_ident)_(primary|replica|standby_leader)"));
    }

    private static Optional<String> suffix(Role role) {
        return switch (role) {
            case PRIMARY, PROMOTED -> Optional.of("_primary");
            case REPLICA, DEMOTED -> Optional.of("_replica");
            case STANDBY_LEADER -> Optional.of("_standby_leader");
            case UNINITIALIZED -> Optional.empty();
        };
    }

    private static void override(Map<String, String> parameters, JsonObject overrides) {
        for (var entry : overrides.entrySet()) {
            String name = entry.getKey();
            if (ControlledParameters.isControlled(name)) {
                LOG.log(
                        Level.WARNING,
                        "Role-based config attempted to override protected parameter '" + name + "', ignoring");
            } else if (!entry.getValue().isJsonNull()) {
                parameters.keySet().removeIf(other -> other.equalsIgnoreCase(name));
                parameters.put(name, PythonText.str(entry.getValue()));
            }
        }
    }

    private static Optional<List<String>> lines(JsonObject section, String key) {
        return section.get(key) instanceof JsonArray lines
                ? Optional.of(lines.asList().stream().map(PythonText::str).toList())
                : Optional.empty();
    }
}

package io.matriarch.postgres;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.model.PythonText;
import io.matriarch.model.config.PostgresSettings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Puts together what a replica needs to know to follow another server (contract replication.md 4, 5). */
final class RecoverySettings {

    /** Emptied, because a target that is left over from a restore would end recovery. */
    private static final List<String> TARGETS = List.of(
            "recovery_target",
            "recovery_target_name",
            "recovery_target_time",
            "recovery_target_xid",
            "recovery_target_lsn");

    /** From this version on there is no trigger file any more. */
    private static final int NO_TRIGGER_FILE = 160000;

    private RecoverySettings() {}

    /**
     * @param amongParameters recovery parameters in {@code parameters}; any of them replaces {@code recovery_conf}
     * @param standbyCluster the section, when it is one
     * @param member our own name, which the upstream knows us by
     * @param version of the data directory
     */
    static Map<String, String> wanted(
            PostgresSettings settings,
            Map<String, String> amongParameters,
            @Nullable JsonObject standbyCluster,
            @Nullable Upstream upstream,
            String member,
            int version) {
        var wanted = new TreeMap<String, String>();
        Map<String, String> configured =
                amongParameters.isEmpty() ? texts(settings.recoveryConf(), version) : amongParameters;
        configured.forEach((name, value) -> {
            if (isOurs(name)) {
                wanted.put(name, value);
            }
        });
        wanted.put("recovery_target_timeline", "latest");
        TARGETS.forEach(target -> wanted.put(target, ""));
        if (standbyCluster != null) {
            copy(standbyCluster, "restore_command", wanted);
            copy(standbyCluster, "archive_cleanup_command", wanted);
        }
        if (upstream != null && upstream.standbyCluster() != null) {
            copy(upstream.standbyCluster(), "recovery_min_apply_delay", wanted);
        }
        if (upstream != null && !upstream.host().isEmpty()) {
            wanted.put(
                    RecoveryParameters.PRIMARY_CONNINFO,
                    conninfo(settings, upstream, member, version).toString());
            if (upstream.slotName() != null) {
                wanted.put(RecoveryParameters.PRIMARY_SLOT_NAME, upstream.slotName());
            }
        }
        return wanted;
    }

    /** Not the target of a restore, and not whom to follow: that is decided here. */
    private static boolean isOurs(String name) {
        return RecoveryParameters.contains(name)
                && !name.startsWith("recovery_target")
                && !name.equals(RecoveryParameters.PRIMARY_CONNINFO)
                && !name.equals(RecoveryParameters.PRIMARY_SLOT_NAME);
    }

    /** A {@code recovery_conf} section under the names that {@code version} knows. */
    static Map<String, String> texts(JsonObject recoveryConf, int version) {
        var texts = new LinkedHashMap<String, String>();
        for (var entry : recoveryConf.entrySet()) {
            JsonElement value = entry.getValue();
            String name = switch (entry.getKey()) {
                case "trigger_file" -> "promote_trigger_file";
                case "pause_at_recovery_target" -> "recovery_target_action";
                default -> entry.getKey();
            };
            boolean known = !name.equals("promote_trigger_file") || version < NO_TRIGGER_FILE;
            if (known && RecoveryParameters.contains(name) && !value.isJsonNull()) {
                texts.put(name, entry.getKey().equals("pause_at_recovery_target") ? action(value) : text(value));
            }
        }
        return texts;
    }

    private static String action(JsonElement pause) {
        return io.matriarch.model.Coercion.bool(pause).orElse(false) ? "pause" : "promote";
    }

    private static String text(JsonElement value) {
        return PythonText.str(value);
    }

    private static void copy(JsonObject from, String name, Map<String, String> to) {
        JsonElement value = from.get(name);
        if (value != null && !value.isJsonNull() && !text(value).isEmpty()) {
            to.put(name, text(value));
        }
    }

    static Conninfo conninfo(PostgresSettings settings, Upstream upstream, String member, int version) {
        Conninfo conninfo = Conninfo.to(upstream, settings.replication(), settings.database(), version)
                .with("application_name", member);
        if (settings.replication().password() != null) {
            conninfo = conninfo.withPassfile(settings.pgpass().toAbsolutePath());
        }
        boolean severalHosts = upstream.host().indexOf(',') >= 0;
        if (upstream.standbyCluster() != null && upstream.slotName() != null && severalHosts) {
            conninfo = conninfo.with("target_session_attrs", "read-write");
        }
        return conninfo;
    }
}

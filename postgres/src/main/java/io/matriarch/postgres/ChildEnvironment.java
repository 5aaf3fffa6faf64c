package io.matriarch.postgres;

import io.matriarch.model.config.EnvironmentConfig;
import io.matriarch.model.config.PostgresSettings;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What children inherit of the agent's environment (contract environment.md, "Rules"; postgres-control.md 2, step 6). A
 * script of the user's gets everything but the variables that were read as configuration, which may be passwords; it may
 * need {@code KUBERNETES_SERVICE_HOST}, for instance. PostgreSQL, which runs other people's code and outlives the agent, gets
 * less.
 */
final class ChildEnvironment {

    /** The whole document too when a file was used instead of it: it holds passwords in any case. */
    private static final Set<String> CONSUMED = consumed(System.getenv());

    private ChildEnvironment() {}

    /** The variables that make the configuration. */
    static Set<String> consumed(Map<String, String> variables) {
        var names = new TreeSet<>(EnvironmentConfig.read(variables).consumed());
        names.add(EnvironmentConfig.WHOLE_DOCUMENT);
        return names;
    }

    /** Takes out what a callback, a hook, a clone or bootstrap method must not see. */
    static void ofScript(Map<String, String> environment) {
        environment.keySet().removeAll(CONSUMED);
    }

    /** What every child is told besides (contract config.md 2.8, {@code krbsrvname}). */
    static Map<String, String> told(PostgresSettings settings) {
        String kerberos = settings.replication().options().get("krbsrvname");
        return kerberos == null ? Map.of() : Map.of("PGKRBSRVNAME", kerberos);
    }

    /** Takes out what PostgreSQL and its programs must not see. */
    static void ofPostgres(Map<String, String> environment) {
        environment
                .keySet()
                .removeIf(name ->
                        name.startsWith("PATRONI_") || name.startsWith("KUBERNETES_") || name.equals("NOTIFY_SOCKET"));
    }
}

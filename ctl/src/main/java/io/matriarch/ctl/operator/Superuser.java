package io.matriarch.ctl.operator;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.patroni.MemberLogin;
import io.matriarch.ctl.patroni.Session;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.Credentials;
import io.matriarch.model.config.LocalConfig;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How our own commands log in to PostgreSQL: on a node, its configuration says how the agent does. */
public final class Superuser {

    private Superuser() {}

    /**
     * The name that was given, else {@code PGUSER}, else the superuser of the configuration. The configuration's password
     * and TLS options go with its own name only; libpq's variables come before them.
     *
     * @param username null: none was given
     */
    public static MemberLogin login(Session session, DynamicConfig dynamic, @Nullable String username, String database)
            throws CommandFailure {
        Map<String, String> environment = session.environment();
        Credentials configured = configured(session, dynamic);
        String given = username == null ? environment.get("PGUSER") : username;
        String user = given == null || given.isEmpty() ? configured.username() : given;
        var variables = new HashMap<String, String>();
        String password = null;
        if (user != null && user.equals(configured.username())) {
            password = environment.containsKey("PGPASSWORD") ? null : configured.password();
            configured
                    .options()
                    .forEach((option, value) -> variables.put("PG" + option.toUpperCase(Locale.ROOT), value));
        }
        variables.putAll(environment);
        return new MemberLogin(user, password, database, variables);
    }

    /** Nothing when the configuration is one of a tool. */
    private static Credentials configured(Session session, DynamicConfig dynamic) throws CommandFailure {
        var document = session.settings().document();
        try {
            return document.has("postgresql")
                    ? LocalConfig.parse(document).postgres(dynamic).superuser()
                    : Credentials.NONE;
        } catch (ConfigurationException _) {
            return Credentials.NONE; // incomplete, as tools may have it
        }
    }
}

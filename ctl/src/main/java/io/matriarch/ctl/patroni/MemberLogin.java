package io.matriarch.ctl.patroni;

import io.matriarch.model.ConnUrl;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/**
 * How the tool logs in to PostgreSQL of members: what was given on the command line, else the variables of libpq, else
 * libpq's defaults (contract ctl.md 3, {@code query}). The password file {@code ~/.pgpass} is read by the driver.
 *
 * @param username null: {@code PGUSER}, else the user of this process
 * @param password null: {@code PGPASSWORD}, else the password file
 * @param database null: {@code PGDATABASE}, else the one named like the user
 */
public record MemberLogin(
        @Nullable String username,
        @Nullable String password,
        @Nullable String database,
        Map<String, String> environment) {

    private static final int CONNECT_TIMEOUT_SECONDS = 5;

    /** Variables of libpq and the driver's names for the same thing. */
    private static final Map<String, String> VARIABLES = Map.of(
            "PGOPTIONS", "options",
            "PGSSLMODE", "sslmode",
            "PGSSLROOTCERT", "sslrootcert",
            "PGSSLCERT", "sslcert",
            "PGSSLKEY", "sslkey");

    /** A record prints all its parts; the password must not get into a message. */
    @Override
    public String toString() {
        return "login of " + user();
    }

    private String user() {
        return firstNonEmpty(username, environment.get("PGUSER"), System.getProperty("user.name", "postgres"));
    }

    /** The database to connect to. */
    public String databaseName() {
        return firstNonEmpty(database, environment.get("PGDATABASE"), user());
    }

    /** Who connects, in the words of the driver; nothing about limits. */
    public Properties identity() {
        var properties = new Properties();
        properties.setProperty("user", user());
        String secret = password == null ? environment.get("PGPASSWORD") : password;
        if (secret != null && !secret.isEmpty()) {
            properties.setProperty("password", secret);
        }
        VARIABLES.forEach((variable, property) -> {
            String value = environment.get(variable);
            if (value != null && !value.isEmpty()) {
                properties.setProperty(property, value);
            }
        });
        properties.setProperty("ApplicationName", firstNonEmpty(environment.get("PGAPPNAME"), null, "Patroni ctl"));
        return properties;
    }

    /** Connects with autocommit. Whether it works is known within a few seconds. */
    Connection connect(ConnUrl member) throws SQLException {
        Properties properties = identity();
        properties.setProperty("connectTimeout", Integer.toString(CONNECT_TIMEOUT_SECONDS));
        properties.setProperty("loginTimeout", Integer.toString(CONNECT_TIMEOUT_SECONDS));
        // one message with all statements and all values as text, as libpq's plain queries
        properties.setProperty("preferQueryMode", "simple");
        // not through DriverManager, which would look for drivers on the whole class path
        Connection connection = new Driver().connect(url(member), properties);
        if (connection == null) {
            throw new SQLException("the driver did not take the address of the member");
        }
        return connection;
    }

    private String url(ConnUrl member) {
        String host = member.host().indexOf(':') >= 0 ? "[" + member.host() + "]" : member.host();
        return "jdbc:postgresql://" + host + ":" + member.port() + "/"
                + URLEncoder.encode(databaseName(), StandardCharsets.UTF_8);
    }

    private static String firstNonEmpty(@Nullable String first, @Nullable String second, String otherwise) {
        if (first != null && !first.isEmpty()) {
            return first;
        }
        return second == null || second.isEmpty() ? otherwise : second;
    }
}

package io.matriarch.postgres;

import io.matriarch.model.config.Credentials;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.util.PasswordUtil;

/**
 * Creates and alters the users that the agent itself needs (contract postgres-control.md 6.3).
 *
 * <p>A password never reaches the server: the verifier that {@code pg_authid} stores is computed here, so that neither
 * {@code pg_stat_activity} nor a log can show more than that. Statement logging is off nevertheless.
 */
final class DatabaseUsers {

    /** PostgreSQL manual, {@code scram_iterations}: the default, and the only value before 16. */
    private static final int SCRAM_ITERATIONS = 4096;

    private static final int SCRAM_SALT_BYTES = 16;

    /** A disk that has just been filled by initdb may take its time over a commit. */
    private static final Duration STATEMENT_LIMIT = Duration.ofMinutes(1);

    /** Settings for the transaction; those of modules that are not loaded do no harm. */
    private static final List<String> QUIETLY = List.of(
            "SET LOCAL statement_timeout = '" + STATEMENT_LIMIT.toSeconds() + "s'",
            "SET LOCAL synchronous_commit = 'local'",
            "SET LOCAL log_statement = 'none'",
            "SET LOCAL log_min_duration_statement = -1",
            "SET LOCAL log_min_duration_sample = -1",
            "SET LOCAL log_min_error_statement = 'panic'",
            "SET LOCAL pg_stat_statements.track_utility = 'off'",
            "SET LOCAL pgaudit.log = 'none'");

    /** What {@code pg_rewind} calls on the source (PostgreSQL manual, pg_rewind, "Notes"). */
    private static final List<String> REWIND_FUNCTIONS = List.of(
            "pg_catalog.pg_ls_dir(text, boolean, boolean)",
            "pg_catalog.pg_stat_file(text, boolean)",
            "pg_catalog.pg_read_binary_file(text)",
            "pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean)");

    private final Connection connection;

    /**
     * @param connection of a superuser, in autocommit mode
     */
    DatabaseUsers(Connection connection) {
        this.connection = connection;
    }

    void superuser(Credentials user) throws SQLException {
        inQuietTransaction(() -> createOrAlter(user, "SUPERUSER LOGIN"));
    }

    void replication(Credentials user) throws SQLException {
        inQuietTransaction(() -> createOrAlter(user, "REPLICATION LOGIN"));
    }

    void rewind(Credentials user) throws SQLException {
        inQuietTransaction(() -> {
            createOrAlter(user, "LOGIN");
            for (String function : REWIND_FUNCTIONS) {
                execute("GRANT EXECUTE ON FUNCTION " + function + " TO " + identifier(user.username()));
            }
        });
    }

    private interface Statements {
        void run() throws SQLException;
    }

    private void inQuietTransaction(Statements statements) throws SQLException {
        connection.setNetworkTimeout(
                Runnable::run, (int) STATEMENT_LIMIT.plusSeconds(1).toMillis());
        connection.setAutoCommit(false);
        try {
            for (String setting : QUIETLY) {
                execute(setting);
            }
            statements.run();
            connection.commit();
        } catch (SQLException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    private void createOrAlter(Credentials user, String attributes) throws SQLException {
        String verb = exists(user.username()) ? "ALTER" : "CREATE";
        String password = user.password() == null ? "" : " PASSWORD " + literal(verifier(user));
        execute(verb + " ROLE " + identifier(user.username()) + " WITH " + attributes + password);
    }

    private boolean exists(@Nullable String user) throws SQLException {
        try (PreparedStatement query =
                connection.prepareStatement("SELECT FROM pg_catalog.pg_roles WHERE rolname = ?")) {
            query.setString(1, user);
            try (ResultSet rows = query.executeQuery()) {
                return rows.next();
            }
        }
    }

    /** What {@code password_encryption} of the server would have made of the password. */
    private String verifier(Credentials user) throws SQLException {
        char[] password = String.valueOf(user.password()).toCharArray();
        if (setting("password_encryption", "scram-sha-256").equals("scram-sha-256")) {
            var salt = new byte[SCRAM_SALT_BYTES];
            new SecureRandom().nextBytes(salt);
            String iterations = setting("scram_iterations", Integer.toString(SCRAM_ITERATIONS));
            return PasswordUtil.encodeScramSha256(password, Integer.parseInt(iterations), salt);
        }
        return PasswordUtil.encodePassword(String.valueOf(user.username()), password, "md5");
    }

    private String setting(String name, String otherwise) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("SELECT pg_catalog.current_setting(?, true)")) {
            query.setString(1, name);
            try (ResultSet rows = query.executeQuery()) {
                String value = rows.next() ? rows.getString(1) : null;
                return value == null || value.isEmpty() ? otherwise : value;
            }
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private String identifier(@Nullable String name) throws SQLException {
        return connection.unwrap(PGConnection.class).escapeIdentifier(String.valueOf(name));
    }

    private String literal(String text) throws SQLException {
        return "'" + connection.unwrap(PGConnection.class).escapeLiteral(text) + "'";
    }
}

package io.matriarch.postgres;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A server that nobody manages yet, looked at to write a configuration for it (contract config.md 5.3).
 *
 * @param settings those that somebody has set, with units, by name
 * @param places {@code data_directory hba_file ident_file config_file listen_addresses port cluster_name}
 * @param superuser whether we are one; without that nothing else is filled
 */
public record RunningInstance(Map<String, String> settings, Map<String, String> places, boolean superuser) {

    /** The message of {@link #programs} for a pid that no process has. */
    public static final String NO_SUCH_PROCESS = "Obtained postmaster pid doesn't exist.";

    private static final String LIMIT_SECONDS = "10";

    private static final Map<String, String> VARIABLES = Map.of(
            "PGHOST", "host",
            "PGPORT", "port",
            "PGUSER", "user",
            "PGDATABASE", "dbname",
            "PGPASSWORD", "password",
            "PGSSLMODE", "sslmode",
            "PGSSLCERT", "sslcert",
            "PGSSLKEY", "sslkey",
            "PGSSLROOTCERT", "sslrootcert");

    /**
     * How the server is reached, by libpq's keywords: the variables of the environment with the DSN over them.
     *
     * @param dsn keywords or a URI; empty for none
     * @return empty when the DSN cannot be read
     */
    public static Optional<Map<String, String>> target(String dsn, Map<String, String> environment) {
        var target = new TreeMap<String, String>();
        VARIABLES.forEach((variable, keyword) -> {
            String value = environment.get(variable);
            if (value != null && !value.isEmpty()) {
                target.put(keyword, value);
            }
        });
        boolean isUri = dsn.startsWith("postgresql://") || dsn.startsWith("postgres://");
        Optional<Map<String, String>> given =
                isUri ? uri(dsn) : Conninfo.parse(dsn).map(Conninfo::settings);
        return given.map(more -> {
            target.putAll(more);
            return target;
        });
    }

    private static Optional<Map<String, String>> uri(String dsn) {
        try {
            var uri = new URI(dsn);
            var target = new LinkedHashMap<String, String>();
            put(target, "host", uri.getHost());
            put(target, "port", uri.getPort() < 0 ? null : Integer.toString(uri.getPort()));
            put(target, "dbname", uri.getPath() == null ? null : uri.getPath().replaceFirst("^/", ""));
            String user = uri.getRawUserInfo();
            int colon = user == null ? -1 : user.indexOf(':');
            put(target, "user", user == null ? null : decoded(colon < 0 ? user : user.substring(0, colon)));
            put(target, "password", user == null || colon < 0 ? null : decoded(user.substring(colon + 1)));
            for (String pair : uri.getRawQuery() == null
                    ? new String[0]
                    : uri.getRawQuery().split("&")) {
                int equals = pair.indexOf('=');
                if (equals < 0) {
                    return Optional.empty();
                }
                put(target, pair.substring(0, equals), decoded(pair.substring(equals + 1)));
            }
            return Optional.of(target);
        } catch (URISyntaxException | IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static void put(Map<String, String> target, String keyword, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            target.put(keyword, value);
        }
    }

    /** Looks at the server. */
    public static RunningInstance look(Map<String, String> target) throws SQLException {
        try (Connection connection = open(target);
                Statement statement = connection.createStatement()) {
            boolean superuser =
                    one(statement, "SELECT current_setting('is_superuser')").equals("on");
            var settings = new LinkedHashMap<String, String>();
            var places = new LinkedHashMap<String, String>();
            if (superuser) {
                try (ResultSet rows = statement.executeQuery("""
                    SELECT name, current_setting(name)
                      FROM pg_settings
                     WHERE context <> 'internal' AND setting <> '(disabled)'
                       AND source IN ('configuration file', 'command line', 'environment variable')
                       AND category <> 'Write-Ahead Log / Recovery Target'
                     ORDER BY name\
                    """)) {
                    while (rows.next()) {
                        settings.put(rows.getString(1), rows.getString(2));
                    }
                }
                for (String name : List.of(
                        "data_directory",
                        "hba_file",
                        "ident_file",
                        "config_file",
                        "listen_addresses",
                        "port",
                        "cluster_name")) {
                    places.put(name, one(statement, "SELECT current_setting('" + name + "')"));
                }
            }
            return new RunningInstance(settings, places, superuser);
        }
    }

    private static String one(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getString(1) : "";
        }
    }

    private static Connection open(Map<String, String> target) throws SQLException {
        var properties = new Properties();
        target.forEach((keyword, value) -> {
            switch (keyword) {
                case "host", "port", "dbname" -> {
                    // part of the address
                }
                default -> properties.setProperty(keyword, value);
            }
        });
        String user = target.getOrDefault("user", System.getProperty("user.name"));
        properties.setProperty("user", user);
        properties.setProperty("connectTimeout", LIMIT_SECONDS);
        properties.setProperty("loginTimeout", LIMIT_SECONDS);
        properties.setProperty("socketTimeout", LIMIT_SECONDS);
        properties.setProperty("options", "-c search_path=pg_catalog");
        String port = target.getOrDefault("port", "5432");
        String host = target.getOrDefault("host", "");
        Optional<Path> socket = socket(host, port);
        if (socket.isPresent()) {
            properties.setProperty("socketFactory", UnixSocketFactory.class.getName());
            properties.setProperty("socketFactoryArg", socket.get().toString());
            properties.setProperty("sslmode", "disable");
        }
        String address = socket.isPresent() || host.isEmpty() ? "localhost" : host;
        String database = target.getOrDefault("dbname", "postgres");
        return DriverManager.getConnection("jdbc:postgresql://" + address + ":" + port + "/" + database, properties);
    }

    /** A directory given as host, or where libpq looks when no host is given. */
    private static Optional<Path> socket(String host, String port) {
        List<String> directories = host.startsWith("/")
                ? List.of(host)
                : host.isEmpty() ? List.of("/var/run/postgresql", "/tmp") : List.of();
        return directories.stream()
                .map(directory -> Path.of(directory, ".s.PGSQL." + port))
                .filter(path -> host.startsWith("/") || Files.exists(path))
                .findFirst();
    }

    /** The directory of the program that the postmaster of {@code dataDirectory} runs. */
    public static Path programs(Path dataDirectory) throws IOException {
        List<String> lines = Files.readAllLines(dataDirectory.resolve("postmaster.pid"));
        long pid;
        try {
            pid = Long.parseLong(lines.isEmpty() ? "" : lines.getFirst().strip());
        } catch (NumberFormatException e) {
            throw new IOException("postmaster.pid does not start with a number", e);
        }
        String program = ProcessHandle.of(pid)
                .flatMap(process -> process.info().command())
                .orElseThrow(() -> new IOException(NO_SUCH_PROCESS));
        return Path.of(program).resolveSibling("");
    }

    /** Hides the settings, which may hold passwords. */
    @Override
    public String toString() {
        return "RunningInstance[" + places + "]";
    }
}

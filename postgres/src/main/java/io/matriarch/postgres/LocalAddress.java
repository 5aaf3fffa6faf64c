package io.matriarch.postgres;

import io.matriarch.model.config.PostgresSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the local server is reached (contract postgres-control.md 3).
 *
 * @param tcpHost a name or an address
 * @param socketDirectory null: it is reached over TCP
 */
record LocalAddress(String tcpHost, int port, @Nullable Path socketDirectory) {

    private static final Set<String> LOCAL = Set.of("*", "localhost", "0.0.0.0", "127.0.0.1");

    /** Where libpq looks when it is told nothing, by distribution. */
    private static final List<Path> USUAL_DIRECTORIES = List.of(Path.of("/var/run/postgresql"), Path.of("/tmp"));

    /** For ordinary connections. */
    static LocalAddress of(PostgresSettings settings) {
        return of(settings, settings.useUnixSocket());
    }

    /** For replication connections. */
    static LocalAddress forReplication(PostgresSettings settings) {
        return of(settings, settings.useUnixSocketRepl());
    }

    private static LocalAddress of(PostgresSettings settings, boolean bySocket) {
        return new LocalAddress(
                tcpHost(settings.listenAddresses()),
                settings.port(),
                bySocket ? socketDirectory(settings).orElse(null) : null);
    }

    private static String tcpHost(String listenAddresses) {
        List<String> addresses =
                List.of(listenAddresses.toLowerCase(Locale.ROOT).split("\\s*,\\s*"));
        return addresses.stream().anyMatch(LOCAL::contains) ? "localhost" : addresses.getFirst();
    }

    /** The first absolute directory; libpq's own when the parameter is not set. */
    private static Optional<Path> socketDirectory(PostgresSettings settings) {
        String configured = settings.parameters().get("unix_socket_directories");
        if (configured == null) {
            return USUAL_DIRECTORIES.stream()
                    .filter(directory -> Files.exists(directory.resolve(socketName(settings.port()))))
                    .findFirst()
                    .or(() -> Optional.of(USUAL_DIRECTORIES.getFirst()));
        }
        return List.of(configured.split(",")).stream()
                .map(String::strip)
                .filter(directory -> directory.startsWith("/"))
                .map(Path::of)
                .findFirst();
    }

    private static String socketName(int port) {
        return ".s.PGSQL." + port;
    }

    Optional<Path> socket() {
        return Optional.ofNullable(socketDirectory).map(directory -> directory.resolve(socketName(port)));
    }

    /** For libpq's {@code host}. */
    String host() {
        return socketDirectory == null ? tcpHost : socketDirectory.toString();
    }

    /** {@code host:port} for others; IPv6 in brackets. */
    String hostAndPort() {
        return (tcpHost.indexOf(':') >= 0 ? "[" + tcpHost + "]" : tcpHost) + ":" + port;
    }
}

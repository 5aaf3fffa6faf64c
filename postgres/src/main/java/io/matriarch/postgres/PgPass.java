package io.matriarch.postgres;

import io.matriarch.model.config.Credentials;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The password file that libpq reads (contract postgres-control.md 8, replication.md 4; PostgreSQL manual, "The
 * Password File"). It is replaced as a whole, so that a walreceiver that reconnects never reads half of it.
 */
final class PgPass {

    private static final String SERVICE = "matriarch";

    private final Path file;

    PgPass(Path file) {
        this.file = file;
    }

    /** One line a host; none when no password is needed. */
    static List<String> lines(String hosts, @Nullable Integer port, Credentials user) {
        var lines = new ArrayList<String>();
        if (user.password() == null) {
            return lines;
        }
        for (String host : hosts.split(",", -1)) {
            lines.add(line(host, port, user));
            if (host.startsWith("/")) {
                // libpq looks up the default socket directory as "localhost"
                lines.add(line("localhost", port, user));
            }
        }
        return lines;
    }

    private static String line(String host, @Nullable Integer port, Credentials user) {
        return String.join(
                ":",
                field(host),
                port == null ? "*" : port.toString(),
                "*",
                field(user.username()),
                field(user.password()));
    }

    private static String field(@Nullable String value) {
        return value == null || value.isEmpty()
                ? "*"
                : value.replace("\\", "\\\\").replace(":", "\\:");
    }

    /**
     * Writes the file with mode 0600; and a service file where the client's key has a password, for which libpq has no other place than that
     * and the command line ({@link Conninfo#toArgument}).
     *
     * @return the environment that makes libpq read them; empty when no password is needed
     */
    Map<String, String> write(String hosts, @Nullable Integer port, Credentials user) throws IOException {
        var environment = new HashMap<String, String>();
        List<String> lines = lines(hosts, port, user);
        if (!lines.isEmpty()) {
            write(file, lines);
            environment.put("PGPASSFILE", file.toString());
        }
        String keyPassword = user.options().get(Conninfo.KEY_PASSWORD);
        if (keyPassword != null && !keyPassword.isEmpty()) {
            Path services = file.resolveSibling(file.getFileName() + ".service");
            write(services, List.of("[" + SERVICE + "]", Conninfo.KEY_PASSWORD + "=" + keyPassword));
            environment.put("PGSERVICEFILE", services.toString());
            environment.put("PGSERVICE", SERVICE);
        }
        return environment;
    }

    private static void write(Path file, List<String> lines) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        Files.createDirectories(directory);
        Path temporary = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(temporary);
        var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try (var channel = FileChannel.open(temporary, options, mode)) {
            ByteBuffer content = StandardCharsets.UTF_8.encode(String.join("\n", lines) + "\n");
            while (content.hasRemaining()) {
                channel.write(content);
            }
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}

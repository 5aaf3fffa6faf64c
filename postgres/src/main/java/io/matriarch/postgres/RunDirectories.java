package io.matriarch.postgres;

import io.matriarch.model.config.PostgresSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The directories beside the data directory that a server needs (contract postgres-control.md 2, step 4). */
final class RunDirectories {

    private RunDirectories() {}

    /**
     * Makes those that are missing.
     *
     * @param parameters the effective ones
     * @param inside also those inside the data directory
     * @throws IOException with place and remedy when one cannot be made or written
     */
    static void make(PostgresSettings settings, Map<String, String> parameters, boolean inside) throws IOException {
        for (String name : List.of("unix_socket_directories", "stats_temp_directory")) {
            for (String written : parameters.getOrDefault(name, "").split(",")) {
                Path directory = settings.dataDir().resolve(written.strip());
                // an abstract socket has no directory
                boolean wanted = !written.isBlank() && !written.strip().startsWith("@");
                if (wanted && (inside || !directory.startsWith(settings.dataDir()))) {
                    make(directory, name, "postgresql.parameters." + name);
                }
            }
        }
        Path ofPasswords = settings.pgpass().toAbsolutePath().getParent();
        if (ofPasswords != null && !settings.section().has("krbsrvname")) {
            make(ofPasswords, "pgpass", "postgresql.pgpass");
        }
    }

    private static void make(Path directory, String name, String key) throws IOException {
        String is = "'" + directory + "' is defined in " + name + ", ";
        String remedy = ". Create it for user " + FileTrouble.user() + ", or set " + key
                + " to a place that this user may write";
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new IOException(is + FileTrouble.describe(e) + remedy, e);
        }
        if (!Files.isWritable(directory)) {
            throw new IOException(is + "it is not writable" + remedy);
        }
    }
}

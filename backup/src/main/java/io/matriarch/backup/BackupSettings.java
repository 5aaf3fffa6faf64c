package io.matriarch.backup;

import com.google.gson.JsonObject;
import io.matriarch.model.Coercion;
import io.matriarch.model.Json;
import io.matriarch.model.Unit;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/**
 * The section {@code matriarch.backup} of the local configuration.
 *
 * @param directory of the repository
 * @param compress level of gzip, 0 (none) to 9
 * @param retention what is kept
 * @param verify whether {@code pg_verifybackup} reads each backup
 * @param replicaMaxLagBytes a replica that is further behind is no source of backups
 * @param stanza of pgBackRest
 * @param command pgBackRest's program, a name or a path
 */
public record BackupSettings(
        Tool tool,
        Path directory,
        int compress,
        Retention retention,
        boolean verify,
        long replicaMaxLagBytes,
        String stanza,
        String command) {

    /** What does the work. */
    public enum Tool {
        BUILTIN,
        PGBACKREST
    }

    private static final long MAX_LAG_BYTES = 64L << 20;

    /**
     * Reads the section.
     *
     * @param document the local configuration
     * @throws RepositoryException when it is not there or not usable
     */
    public static BackupSettings of(JsonObject document) throws RepositoryException {
        JsonObject section = Json.object(document, "matriarch")
                .flatMap(ours -> Json.object(ours, "backup"))
                .orElseThrow(() -> new RepositoryException(
                        "the configuration has no section matriarch.backup: see docs/backup.md"));
        String word = Json.string(section, "tool").orElse("builtin").toLowerCase(Locale.ROOT);
        Tool tool = switch (word) {
            case "builtin" -> Tool.BUILTIN;
            case "pgbackrest" -> Tool.PGBACKREST;
            default ->
                throw new RepositoryException(
                        "matriarch.backup.tool: expected builtin or pgbackrest, but got \"" + word + "\"");
        };
        String directory = Json.string(section, "directory").orElse("");
        if (directory.isEmpty() && tool == Tool.BUILTIN) {
            throw new RepositoryException("matriarch.backup.directory is not set: the directory of the repository");
        }
        return new BackupSettings(
                tool,
                Path.of(directory),
                (int) number(section, "compress", Unit.NONE, 1, 0, 9),
                new Retention(
                        (int) number(section, "keep_count", Unit.NONE, 2, 1, Integer.MAX_VALUE),
                        Duration.ofDays(number(section, "keep_days", Unit.NONE, 7, 0, 36_500))),
                Json.bool(section, "verify").orElse(true),
                number(section, "replica_max_lag", Unit.BYTES, MAX_LAG_BYTES, 0, Long.MAX_VALUE),
                Json.string(section, "stanza")
                        .orElse(Json.string(document, "scope").orElse("main")),
                Json.string(section, "command").orElse("pgbackrest"));
    }

    /** The same for another stanza of pgBackRest. */
    public BackupSettings withStanza(String other) {
        return new BackupSettings(tool, directory, compress, retention, verify, replicaMaxLagBytes, other, command);
    }

    private static long number(JsonObject section, String key, Unit unit, long otherwise, long least, long most)
            throws RepositoryException {
        if (!section.has(key)) {
            return otherwise;
        }
        return Coercion.integer(section.get(key), unit)
                .filter(n -> n >= least && n <= most)
                .orElseThrow(() -> new RepositoryException(
                        "matriarch.backup." + key + ": expected a number from " + least + " to " + most));
    }
}

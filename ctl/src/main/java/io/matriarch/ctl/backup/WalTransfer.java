package io.matriarch.ctl.backup;

import com.google.gson.JsonObject;
import io.matriarch.backup.BackupSettings;
import io.matriarch.backup.Repository;
import io.matriarch.backup.RepositoryException;
import io.matriarch.config.ConfigSource;
import io.matriarch.model.Json;
import io.matriarch.model.config.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code archive} and {@code restore-file}: what PostgreSQL calls for each segment. They run by the thousand during a
 * recovery, so they read the configuration and the repository and load nothing else: no store, no parser of command lines.
 */
public final class WalTransfer {

    /** The configuration of the package, when none is named. */
    static final String DEFAULT_CONFIGURATION = "/etc/patroni/patroni.yml";

    private static final int OK = 0;

    /** PostgreSQL tries an archive command that says so again; for a restore command it is "not there". */
    private static final int NO = 1;

    /** Beyond 125 recovery ends instead of taking it for the end of the archive (manual, {@code restore_command}). */
    private static final int FATAL = 200;

    /** One segment, also to a repository on the other side of the ocean. */
    private static final long PGBACKREST_MINUTES = 60;

    private WalTransfer() {}

    /**
     * Runs one of the two commands, when the words are a plain call of it.
     *
     * @return its exit code; null: it is something else, or help is wanted
     */
    public static @Nullable Integer runIfPlain(String... words) {
        if (words.length == 0) {
            return null;
        }
        boolean configured = words.length > 2 && (words[1].equals("-c") || words[1].equals("--config-file"));
        String config = configured ? words[2] : null;
        List<String> rest = List.of(words).subList(configured ? 3 : 1, words.length);
        if (rest.stream().anyMatch(word -> word.startsWith("-"))) {
            return null;
        }
        if (words[0].equals("archive") && rest.size() == 1) {
            return archive(config, Path.of(rest.getFirst()));
        }
        if (words[0].equals("restore-file") && rest.size() == 2) {
            return restore(config, rest.get(0), Path.of(rest.get(1)));
        }
        return null;
    }

    /**
     * Archives a file; relative paths start at the working directory, which is PostgreSQL's data directory.
     *
     * @return 0 when it is durable in the archive, else 1
     */
    static int archive(@Nullable String config, Path file) {
        String name = String.valueOf(file.getFileName());
        try {
            JsonObject document = document(config);
            BackupSettings settings = BackupSettings.of(document);
            return switch (settings.tool()) {
                case BUILTIN -> {
                    repository(settings, document).wal().store(file, name, settings.compress());
                    yield OK;
                }
                case PGBACKREST -> pgBackRest(settings, Map.of(), List.of("archive-push", file.toString()));
            };
        } catch (RepositoryException | ConfigurationException e) {
            return say("archive", name, String.valueOf(e.getMessage()), NO);
        } catch (IOException e) {
            return say("archive", name, e.toString(), NO);
        }
    }

    /**
     * Fetches a file from the archive.
     *
     * @return 0 when it is there, 1 when the archive does not have it, 200 when nobody can tell or it is damaged
     */
    static int restore(@Nullable String config, String name, Path to) {
        try {
            JsonObject document = document(config);
            BackupSettings settings = BackupSettings.of(document);
            return switch (settings.tool()) {
                case BUILTIN -> {
                    String scope = System.getenv().getOrDefault(SCOPE, scope(document));
                    Repository repository = Repository.open(settings.directory(), scope);
                    if (!Files.isDirectory(repository.directory())) {
                        yield say("restore-file", name, repository.directory() + " is not there", FATAL);
                    }
                    yield repository.wal().fetch(name, to) ? OK : NO;
                }
                case PGBACKREST -> {
                    // its own check of the path knows the final data directory only
                    List<String> words =
                            List.of("archive-get", name, to.toAbsolutePath().toString());
                    String stanza = System.getenv(SCOPE);
                    // the stanza's own directory is another host's; PostgreSQL calls us in the one that it recovers
                    yield stanza == null
                            ? pgBackRest(settings, Map.of(), words)
                            : pgBackRest(
                                    settings.withStanza(stanza),
                                    Map.of(
                                            "pg1-path",
                                            Path.of("").toAbsolutePath().toString()),
                                    words);
                }
            };
        } catch (RepositoryException | ConfigurationException e) {
            return say("restore-file", name, String.valueOf(e.getMessage()), FATAL);
        } catch (IOException e) {
            return say("restore-file", name, e.toString(), FATAL);
        }
    }

    /** Names another cluster's place in the repository, or its stanza, for a restore into a new cluster. */
    static final String SCOPE = "MATRIARCH_RESTORE_SCOPE";

    private static JsonObject document(@Nullable String config) throws ConfigurationException {
        String named = config == null ? System.getenv("PATRONICTL_CONFIG_FILE") : config;
        return ConfigSource.of(named == null ? DEFAULT_CONFIGURATION : named, System.getenv())
                .loadOrEmpty();
    }

    private static Repository repository(BackupSettings settings, JsonObject document) throws RepositoryException {
        return Repository.open(settings.directory(), scope(document));
    }

    private static String scope(JsonObject document) {
        return Json.string(document, "scope").orElse("");
    }

    private static int pgBackRest(BackupSettings settings, Map<String, String> options, List<String> words)
            throws IOException {
        Process process = new ProcessBuilder(PgBackRest.command(settings, options, words))
                .inheritIO()
                .start();
        try {
            if (process.waitFor(PGBACKREST_MINUTES, TimeUnit.MINUTES)) {
                return process.exitValue();
            }
            process.destroyForcibly();
            return say(words.getFirst(), "", "pgBackRest did not end within " + PGBACKREST_MINUTES + " minutes", FATAL);
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            return FATAL;
        }
    }

    private static int say(String command, String name, String text, int code) {
        System.err.println("matriarch " + command + " " + name + ": " + text);
        return code;
    }
}

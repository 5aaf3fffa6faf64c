package io.matriarch.config;

import com.google.gson.JsonObject;
import io.matriarch.model.config.ConfigTree;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.EnvironmentConfig;
import io.matriarch.model.config.Notice;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Where a process reads its local configuration from, decided once at its start: the given file or directory with the
 * environment patched over it; without one the document in {@code PATRONI_CONFIGURATION}; without that the environment
 * alone (contract config.md 1.1).
 *
 * <p>The environment is the one of the process start; only files are read again.
 */
public final class ConfigSource {

    /** Configurations are some kilobytes; more than this is another file, given by mistake. */
    private static final int MAX_FILE_BYTES = 3_000_000;

    private static final System.Logger LOG = System.getLogger("patroni.config");

    private final @Nullable Path path;
    private final @Nullable Path missing;
    private final @Nullable String wholeDocument;
    private final EnvironmentConfig environment;
    private final Map<String, String> variables;

    /**
     * One of the three sources.
     *
     * @param missing what the command line names although it does not exist
     */
    private ConfigSource(
            @Nullable Path path,
            @Nullable Path missing,
            @Nullable String wholeDocument,
            EnvironmentConfig environment,
            Map<String, String> variables) {
        this.path = path;
        this.missing = missing;
        this.wholeDocument = wholeDocument;
        this.environment = environment;
        this.variables = variables;
    }

    /**
     * @param argument the path that the command line names; null for none
     * @param environment the process environment
     */
    public static ConfigSource of(@Nullable String argument, Map<String, String> environment) {
        EnvironmentConfig part = EnvironmentConfig.read(environment);
        Path named = argument == null ? null : Path.of(argument);
        if (named != null && !Files.notExists(named)) {
            return new ConfigSource(named, null, null, part, environment);
        }
        String document = environment.get(EnvironmentConfig.WHOLE_DOCUMENT);
        return new ConfigSource(
                null, named, document == null || document.isEmpty() ? null : document, part, environment);
    }

    /**
     * Reads the raw tree.
     *
     * @throws ConfigurationException when a file cannot be read or understood, or when nothing is configured
     */
    public JsonObject load() throws ConfigurationException {
        JsonObject tree = loadUnresolved();
        warnOfOpenFiles();
        Secrets.resolve(tree, variables, true).forEach(ConfigSource::log);
        return tree;
    }

    private void warnOfOpenFiles() throws ConfigurationException {
        for (Path file : path == null ? List.<Path>of() : files(path)) {
            if (isReadByOthers(file) && Secrets.isIn(ConfigTree.parseYaml(file.toString(), read(file)))) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "{0} holds passwords and can be read by every user of this host: set its mode to 0600, or to"
                                + " 0640 for a group",
                        file);
            }
        }
    }

    private static boolean isReadByOthers(Path file) {
        try {
            return Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ);
        } catch (IOException _) {
            return false; // it is reported when the file is read
        }
    }

    private static void log(Notice notice) {
        LOG.log(
                switch (notice.severity()) {
                    case INFO -> System.Logger.Level.INFO;
                    case WARNING -> System.Logger.Level.WARNING;
                    case ERROR -> System.Logger.Level.ERROR;
                },
                notice.text());
    }

    /** Where the configuration comes from, to be put behind a message about it. */
    public String place() {
        if (path != null) {
            return "in " + path;
        }
        String source = wholeDocument != null
                ? "in the variable " + EnvironmentConfig.WHOLE_DOCUMENT
                : "in the environment, variables PATRONI_*";
        return missing == null ? source : source + "; " + missing.toAbsolutePath() + " does not exist";
    }

    private String whyEmpty() {
        String remedy = "give the path of a configuration file, or of a directory with such files, as argument";
        if (missing != null) {
            return missing.toAbsolutePath() + " does not exist: " + remedy;
        }
        if (path != null && Files.isDirectory(path)) {
            return path.toAbsolutePath() + " holds no configuration in a file *.yml or *.yaml: " + remedy;
        }
        return path == null ? "no configuration file was named: " + remedy : path.toAbsolutePath() + " holds no keys";
    }

    /**
     * Reads the raw tree, for tools that can do without one, and without the passwords of PostgreSQL's users.
     *
     * @throws ConfigurationException when a file cannot be read or understood
     */
    public JsonObject loadOrEmpty() throws ConfigurationException {
        JsonObject tree = tree();
        Secrets.resolve(tree, variables, false);
        return tree;
    }

    /**
     * Reads the raw tree as it is written, for a validation that wants to report every fault.
     *
     * @throws ConfigurationException when a file cannot be read or understood, or when nothing is configured
     */
    public JsonObject loadUnresolved() throws ConfigurationException {
        JsonObject tree = tree();
        if (tree.isEmpty()) {
            throw new ConfigurationException("Config is empty.\n" + whyEmpty());
        }
        return tree;
    }

    /** What hinders the passwords of this tree from being had, each with its path. */
    public List<String> secretsMissing(JsonObject unresolved) {
        return Secrets.missing(unresolved.deepCopy(), variables);
    }

    private JsonObject tree() throws ConfigurationException {
        JsonObject tree;
        if (path != null) {
            var trees = new ArrayList<JsonObject>();
            for (Path file : files(path)) {
                trees.add(parse(file));
            }
            trees.add(environment.patch());
            tree = ConfigTree.combine(trees);
        } else if (wholeDocument != null) {
            tree = ConfigTree.parseYaml(EnvironmentConfig.WHOLE_DOCUMENT, wholeDocument);
        } else {
            tree = environment.patch().deepCopy();
        }
        return tree;
    }

    /** The file or directory; null when the configuration comes from the environment and cannot change. */
    public @Nullable Path path() {
        return path;
    }

    /** The variables that child processes must not inherit. */
    public Set<String> consumedVariables() {
        var names = new TreeSet<>(environment.consumed());
        if (wholeDocument != null) {
            names.add(EnvironmentConfig.WHOLE_DOCUMENT);
        }
        return names;
    }

    /** What could not be read from the environment. */
    public List<Notice> notices() {
        return environment.notices();
    }

    private static List<Path> files(Path path) throws ConfigurationException {
        if (Files.isRegularFile(path)) {
            return List.of(path);
        }
        if (!Files.exists(path)) {
            throw unreadable(path, new AccessDeniedException(path.toString()));
        }
        if (!Files.isDirectory(path)) {
            LOG.log(System.Logger.Level.ERROR, "config path {0} is neither directory nor file", path);
            throw new ConfigurationException("invalid config path " + path + ": it is neither directory nor file");
        }
        var files = new ArrayList<Path>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(path, "*.{yml,yaml}")) {
            entries.forEach(entry -> {
                if (Files.isRegularFile(entry)) {
                    files.add(entry);
                }
            });
        } catch (IOException e) {
            throw unreadable(path, e);
        }
        files.sort(null);
        return files;
    }

    private static JsonObject parse(Path file) throws ConfigurationException {
        try {
            var notices = new ArrayList<Notice>();
            JsonObject tree = ConfigTree.parseYaml(file.toString(), read(file), notices);
            notices.forEach(ConfigSource::log);
            return tree;
        } catch (ConfigurationException e) {
            if (e.getCause() instanceof ConfigurationException reason) {
                LOG.log(System.Logger.Level.ERROR, reason.getMessage());
            }
            throw e;
        }
    }

    private static String read(Path file) throws ConfigurationException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
            if (bytes.length > MAX_FILE_BYTES) {
                throw new ConfigurationException(file + " is larger than " + MAX_FILE_BYTES + " bytes");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new ConfigurationException(file + " is not UTF-8 text", e);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static ConfigurationException unreadable(Path path, IOException e) {
        String why = e instanceof AccessDeniedException
                ? "permission denied; user " + System.getProperty("user.name")
                        + " must be allowed to read it and to enter the directories above it"
                : e.toString();
        return new ConfigurationException("cannot read the configuration " + path + ": " + why, e);
    }
}

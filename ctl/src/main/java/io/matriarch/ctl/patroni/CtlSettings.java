package io.matriarch.ctl.patroni;

import com.google.gson.JsonObject;
import io.matriarch.config.ConfigSource;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.model.Json;
import io.matriarch.model.config.ClientSettings;
import io.matriarch.model.config.ConfigurationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the tool takes from the configuration. The daemon's file serves, but so does one with nothing but a store in it.
 *
 * @param scope the cluster that is meant when none is named; null without
 * @param namespace where clusters live in the store
 * @param client how members are called
 * @param insecure do not verify members' certificates
 * @param citus whether the configuration is one of a Citus cluster
 * @param citusGroup the group of the node whose configuration it is; null: it names none
 * @param document the whole tree, for the section of the store. Not to be modified
 * @param source the file that was read; null: the environment only
 */
public record CtlSettings(
        @Nullable String scope,
        String namespace,
        ClientSettings client,
        boolean insecure,
        boolean citus,
        @Nullable Integer citusGroup,
        JsonObject document,
        @Nullable String source) {

    private static final String DEFAULT_NAMESPACE = "service";

    /**
     * What the command line says before the command.
     *
     * @param configFile null: {@code PATRONICTL_CONFIG_FILE} or the user's own file
     * @param dcsUrl null: {@code DCS_URL} or what is configured
     */
    record Options(@Nullable String configFile, @Nullable String dcsUrl, boolean insecure) {}

    /** Reads what applies to this call. */
    static CtlSettings read(Options options, Map<String, String> environment) throws CommandFailure {
        String variable = environment.getOrDefault("PATRONICTL_CONFIG_FILE", "");
        String named = options.configFile == null && !variable.isEmpty() ? variable : options.configFile;
        String dcsUrl = options.dcsUrl == null ? environment.get("DCS_URL") : options.dcsUrl;
        if (named != null && !Files.isReadable(Path.of(named))) {
            throw new CommandFailure("Provided config file " + named
                    + " not existing or no read rights. Check the -c/--config-file parameter");
        }
        String path = named == null ? userFile(environment) : named;
        try {
            JsonObject document = ConfigSource.of(path, environment).loadOrEmpty();
            if (dcsUrl != null && !dcsUrl.isEmpty()) {
                document = DcsUrl.parse(dcsUrl).applyTo(document);
            }
            ClientSettings client = ClientSettings.parse(document);
            return new CtlSettings(
                    Json.string(document, "scope").orElse(null),
                    Json.string(document, "namespace").orElse(DEFAULT_NAMESPACE),
                    client,
                    options.insecure || client.insecure(),
                    document.has("citus"),
                    Json.object(document, "citus")
                            .flatMap(citus -> Json.integer(citus, "group"))
                            .filter(group -> group >= 0 && group <= Integer.MAX_VALUE)
                            .map(Long::intValue)
                            .orElse(null),
                    document,
                    path);
        } catch (ConfigurationException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()), e);
        }
    }

    private static @Nullable String userFile(Map<String, String> environment) {
        String home = environment.getOrDefault("HOME", System.getProperty("user.home", ""));
        Path directory;
        if (System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("mac")) {
            directory = Path.of(home, "Library", "Application Support");
        } else {
            String configured = environment.get("XDG_CONFIG_HOME");
            directory = configured == null || configured.isEmpty() ? Path.of(home, ".config") : Path.of(configured);
        }
        Path file = directory.resolve("patroni").resolve("patronictl.yaml");
        return Files.isReadable(file) ? file.toString() : null;
    }
}

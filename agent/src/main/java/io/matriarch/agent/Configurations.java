package io.matriarch.agent;

import com.google.gson.JsonObject;
import io.matriarch.agent.config.KeptConfig;
import io.matriarch.agent.cycle.Node.ConfigurationSource;
import io.matriarch.agent.cycle.Settings;
import io.matriarch.config.ConfigSource;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Role;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.model.config.Notice;
import io.matriarch.model.config.ThreadSettings;
import io.matriarch.model.config.TimingRule;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads the local configuration, composes it with the dynamic one, and tells who must know (contract config.md 3). */
final class Configurations implements ConfigurationSource {

    private static final Logger LOG = System.getLogger("patroni.config");

    private final ConfigSource source;
    private final Function<Path, KeptConfig> caches;
    private final BiConsumer<Settings, Boolean> onApplied;
    private @Nullable LocalConfig last;
    private Set<String> waitingForRestart = Set.of();
    private @Nullable KeptConfig cache;

    /**
     * Reads from {@code source}.
     *
     * @param caches the copy of the dynamic configuration beside a data directory
     * @param onApplied called with settings that came into force, and whether a reload was asked for
     */
    Configurations(ConfigSource source, Function<Path, KeptConfig> caches, BiConsumer<Settings, Boolean> onApplied) {
        this.source = source;
        this.caches = caches;
        this.onApplied = onApplied;
    }

    LocalConfig first() throws ConfigurationException {
        LocalConfig config = read();
        last = config;
        return config;
    }

    /** Also what is needed only once the store answers is looked at here: that may be long after the start. */
    private LocalConfig read() throws ConfigurationException {
        JsonObject document = source.load();
        try {
            LocalConfig config = LocalConfig.parse(document);
            config.postgres(DynamicConfig.EMPTY);
            return config;
        } catch (ConfigurationException e) {
            throw new ConfigurationException(e.getMessage() + " (" + source.place() + ")", e);
        }
    }

    /** Logs what the operator should know about the environment and the configuration. */
    void announce(LocalConfig local) {
        source.notices().forEach(Configurations::log);
        local.notices().forEach(Configurations::log);
        ThreadSettings.of(local).notices().forEach(Configurations::log);
    }

    /** The dynamic configuration that an earlier process kept. */
    Optional<DynamicConfig> kept(LocalConfig local) throws ConfigurationException {
        return cache(local.postgres(DynamicConfig.EMPTY).dataDir()).read();
    }

    @Override
    public void keep(Settings settings, Role role) {
        if (role != Role.UNINITIALIZED) {
            cache(settings.postgres().dataDir()).save(settings.dynamic());
        }
    }

    private KeptConfig cache(Path dataDirectory) {
        KeptConfig present = cache;
        if (present == null) {
            present = caches.apply(dataDirectory);
            cache = present;
        }
        return present;
    }

    @Override
    public Optional<LocalConfig> reload() {
        if (source.path() == null) {
            return Optional.empty();
        }
        try {
            LocalConfig read = withValuesOfTheStart(read());
            if (last != null && read.document().equals(last.document())) {
                return Optional.empty();
            }
            last = read;
            read.notices().forEach(Configurations::log);
            return Optional.of(read);
        } catch (ConfigurationException e) {
            LOG.log(Level.ERROR, "Exception when reloading local configuration from " + source.path(), e);
            return Optional.empty();
        }
    }

    private LocalConfig withValuesOfTheStart(LocalConfig read) throws ConfigurationException {
        if (last == null) {
            return read;
        }
        JsonObject document = read.document().deepCopy();
        Set<String> waiting = RestartOnly.keep(last.document(), document);
        if (!waiting.isEmpty() && !waiting.equals(waitingForRestart)) {
            LOG.log(
                    Level.WARNING,
                    "changed, but read only when the agent starts: {0}. The former values stay in force until then",
                    String.join(", ", waiting));
        }
        waitingForRestart = waiting;
        return waiting.isEmpty() ? read : LocalConfig.parse(document);
    }

    @Override
    public Optional<Settings> compose(LocalConfig local, DynamicConfig dynamic) {
        try {
            return Optional.of(settings(local, dynamic));
        } catch (ConfigurationException e) {
            LOG.log(Level.ERROR, "Exception when setting dynamic_configuration", e);
            return Optional.empty();
        }
    }

    static Settings settings(LocalConfig local, DynamicConfig dynamic) throws ConfigurationException {
        TimingRule.Adjusted adjusted = TimingRule.apply(dynamic);
        adjusted.warnings().forEach(warning -> LOG.log(Level.WARNING, warning));
        local.noticesWith(adjusted.config()).forEach(Configurations::log);
        return new Settings(local, adjusted.config(), adjusted.timing(), local.postgres(adjusted.config()));
    }

    private static void log(Notice notice) {
        Level level = switch (notice.severity()) {
            case INFO -> Level.INFO;
            case WARNING -> Level.WARNING;
            case ERROR -> Level.ERROR;
        };
        LOG.log(level, notice.text());
    }

    @Override
    public void applied(Settings settings, boolean explicit) {
        try {
            onApplied.accept(settings, explicit);
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "Failed to reload config_file=" + source.path(), e);
        }
    }
}

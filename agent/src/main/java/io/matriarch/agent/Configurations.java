package io.matriarch.agent;

import io.matriarch.agent.cycle.Node.ConfigurationSource;
import io.matriarch.agent.cycle.Settings;
import io.matriarch.config.ConfigSource;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.model.config.TimingRule;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Reads the local configuration, composes it with the dynamic one, and tells who must know (contract config.md 3). */
final class Configurations implements ConfigurationSource {

    private static final Logger LOG = System.getLogger("patroni.config");

    private final ConfigSource source;
    private final BiConsumer<Settings, Boolean> onApplied;
    private @Nullable LocalConfig last;

    /**
     * Reads from {@code source}.
     *
     * @param onApplied called with settings that came into force, and whether a reload was asked for
     */
    Configurations(ConfigSource source, BiConsumer<Settings, Boolean> onApplied) {
        this.source = source;
        this.onApplied = onApplied;
    }

    LocalConfig first() throws ConfigurationException {
        LocalConfig config = LocalConfig.parse(source.load());
        last = config;
        return config;
    }

    @Override
    public Optional<LocalConfig> reload() {
        if (source.path() == null) {
            return Optional.empty();
        }
        try {
            LocalConfig read = LocalConfig.parse(source.load());
            if (last != null && read.document().equals(last.document())) {
                return Optional.empty();
            }
            last = read;
            return Optional.of(read);
        } catch (ConfigurationException e) {
            LOG.log(Level.ERROR, "Exception when reloading local configuration from {0}: {1}", source.path(), e.getMessage());
            return Optional.empty();
        }
    }

    @Override
    public Optional<Settings> compose(LocalConfig local, DynamicConfig dynamic) {
        try {
            return Optional.of(settings(local, dynamic));
        } catch (ConfigurationException e) {
            LOG.log(Level.ERROR, "Exception when setting dynamic_configuration: {0}", e.getMessage());
            return Optional.empty();
        }
    }

    static Settings settings(LocalConfig local, DynamicConfig dynamic) throws ConfigurationException {
        TimingRule.Adjusted adjusted = TimingRule.apply(dynamic);
        adjusted.warnings().forEach(warning -> LOG.log(Level.WARNING, warning));
        return new Settings(local, adjusted.config(), adjusted.timing(), local.postgres(adjusted.config()));
    }

    @Override
    public void applied(Settings settings, boolean explicit) {
        onApplied.accept(settings, explicit);
    }
}

package io.matriarch.model.config;

import io.matriarch.model.DynamicConfig;

/** Composes {@link PostgresSettings} from local and dynamic configuration. */
final class PostgresSettingsReader {

    private PostgresSettingsReader() {}

    static PostgresSettings read(LocalConfig local, DynamicConfig dynamic) throws ConfigurationException {
        throw new ConfigurationException("not readable yet: " + local + dynamic.isPaused());
    }
}

package io.matriarch.postgres;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.model.config.PostgresSettings;

/** The configuration in force, local and dynamic, and what follows from both. */
record Configured(LocalConfig local, DynamicConfig dynamic, PostgresSettings settings) {

    static Configured of(LocalConfig local, DynamicConfig dynamic) throws ConfigurationException {
        return new Configured(local, dynamic, local.postgres(dynamic));
    }
}

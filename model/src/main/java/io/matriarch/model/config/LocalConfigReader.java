package io.matriarch.model.config;

import com.google.gson.JsonObject;

/** Reads {@link LocalConfig} from the raw tree. */
final class LocalConfigReader {

    private LocalConfigReader() {}

    static LocalConfig read(JsonObject document) throws ConfigurationException {
        throw new ConfigurationException("not readable yet: " + document.keySet());
    }
}

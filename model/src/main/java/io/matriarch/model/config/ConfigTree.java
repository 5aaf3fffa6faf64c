package io.matriarch.model.config;

import com.google.gson.JsonObject;

/** Turns YAML text and environment variables into the raw tree (contract config.md 1.1, environment.md). */
public final class ConfigTree {

    private ConfigTree() {}

    /**
     * Reads one YAML 1.1 document.
     *
     * @param place named in error messages, for instance the file's path
     */
    public static JsonObject parseYaml(String place, String text) throws ConfigurationException {
        throw new ConfigurationException(place + text.length());
    }
}

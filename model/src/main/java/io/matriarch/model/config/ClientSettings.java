package io.matriarch.model.config;

import com.google.gson.JsonObject;
import org.jspecify.annotations.Nullable;

/** The {@code ctl} section: how other members' REST APIs are called (contract config.md 2.5). */
public record ClientSettings(
        @Nullable BasicAuth authentication,
        boolean insecure,
        @Nullable String cacert,
        @Nullable String certfile,
        @Nullable String keyfile,
        @Nullable String keyfilePassword) {

    /** Reads the section with what it inherits from {@code restapi}; needs no other part of the document. */
    public static ClientSettings parse(JsonObject document) throws ConfigurationException {
        return LocalConfigReader.client(document);
    }

    /** Hides the key's password. */
    @Override
    public String toString() {
        return "ClientSettings[" + authentication + ", insecure=" + insecure + ", cacert=" + cacert + "]";
    }
}

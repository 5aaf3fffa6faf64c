package io.matriarch.model.config;

import org.jspecify.annotations.Nullable;

/** The {@code ctl} section: how other members' REST APIs are called (contract config.md 2.5). */
public record ClientSettings(
        @Nullable BasicAuth authentication,
        boolean insecure,
        @Nullable String cacert,
        @Nullable String certfile,
        @Nullable String keyfile,
        @Nullable String keyfilePassword) {}

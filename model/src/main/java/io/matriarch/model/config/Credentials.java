package io.matriarch.model.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One PostgreSQL user of {@code postgresql.authentication}.
 *
 * @param username null: the operating system user
 * @param password null: none is needed. Never printed
 * @param options {@code sslmode sslcert sslkey …} by name, only those that are set
 */
public record Credentials(
        @Nullable String username, @Nullable String password, Map<String, String> options) {

    public static final Credentials NONE = new Credentials(null, null, Map.of());

    public Credentials {
        options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
    }

    /** Hides the password. */
    @Override
    public String toString() {
        return "Credentials[" + username + "]";
    }
}

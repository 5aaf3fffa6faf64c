package io.matriarch.model;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The address in a {@code postgres://host:port/database} URL.
 *
 * @param host lower case, IPv6 without brackets
 * @param port 5432 when the URL names none
 * @param database null when the URL names none
 */
public record ConnUrl(String host, int port, @Nullable String database) {

    public static Optional<ConnUrl> parse(String url) {
        try {
            var uri = new URI(url);
            String host = uri.getHost();
            if (host == null) {
                return Optional.empty();
            }
            if (host.startsWith("[") && host.endsWith("]")) {
                host = host.substring(1, host.length() - 1);
            }
            String path = uri.getPath();
            String database = path == null || path.length() < 2 ? null : path.substring(1);
            return Optional.of(
                    new ConnUrl(host.toLowerCase(Locale.ROOT), uri.getPort() < 0 ? 5432 : uri.getPort(), database));
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }
}

package io.matriarch.model.config;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The {@code restapi} section (contract config.md 2.4).
 *
 * @param listen where to listen
 * @param connectAddress what is published
 * @param authentication null: protected endpoints need no password
 * @param certfile null: plain HTTP
 */
public record RestSettings(
        HostPort listen,
        HostPort connectAddress,
        @Nullable BasicAuth authentication,
        @Nullable String certfile,
        @Nullable String keyfile,
        @Nullable String keyfilePassword,
        @Nullable String cafile,
        @Nullable String ciphers,
        VerifyClient verifyClient,
        List<String> allowlist,
        boolean allowlistIncludeMembers,
        Map<String, String> httpExtraHeaders,
        Map<String, String> httpsExtraHeaders,
        int requestQueueSize,
        int threadPoolSize,
        String serverTokens) {

    /** What is asked of clients in the TLS handshake. */
    public enum VerifyClient {
        NONE,
        OPTIONAL,
        REQUIRED
    }

    public boolean isTls() {
        return certfile != null;
    }

    /** The published {@code api_url}. */
    public String apiUrl() {
        return (isTls() ? "https://" : "http://") + connectAddress + "/patroni";
    }
}

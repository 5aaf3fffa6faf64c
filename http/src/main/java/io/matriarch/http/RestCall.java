package io.matriarch.http;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One request.
 *
 * @param url with host, port and path
 * @param body JSON text; null: none
 * @param deadline for all of it: name resolution, connection, TLS, request and answer
 * @param connectWithin how much of it may pass until the connection stands; for calls that wait long for an answer
 */
public record RestCall(String method, String url, @Nullable String body, Duration deadline, Duration connectWithin) {

    public RestCall(String method, String url, @Nullable String body, Duration deadline) {
        this(method, url, body, deadline, deadline);
    }

    public static RestCall get(String url, Duration deadline) {
        return new RestCall("GET", url, null, deadline);
    }
}

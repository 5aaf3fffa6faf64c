package io.matriarch.agent.rest;

import com.google.gson.JsonObject;
import com.sun.net.httpserver.Headers;
import io.matriarch.model.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the endpoints see of a request. The body is read when it is asked for: an access check comes before.
 *
 * @param path decoded, without query
 * @param client the peer address
 * @param clientCertificate whether a verified certificate was presented
 * @param authorization the header; null: absent
 * @param contentLength the header; null: absent or not a number
 * @param headers all of them
 */
record Request(
        String method,
        String path,
        Query query,
        InetAddress client,
        boolean clientCertificate,
        @Nullable String authorization,
        @Nullable Long contentLength,
        Headers headers,
        InputStream body) {

    /** Configuration documents with hundreds of slots have some ten kB. */
    static final int LARGEST_BODY = 1 << 20;

    /** The first path segment, which alone selects the endpoint. */
    String segment() {
        int start = 0;
        while (start < path.length() && path.charAt(start) == '/') {
            start++;
        }
        int end = path.indexOf('/', start);
        return path.substring(start, end < 0 ? path.length() : end);
    }

    boolean isStatusOnly() {
        return method.equals("HEAD") || method.equals("OPTIONS");
    }

    /** What became of the body. */
    sealed interface Content {
        /** @param object may be empty where a body is optional */
        record Valid(JsonObject object) implements Content {}

        /** @param reason for the log */
        record Invalid(int code, String reason) implements Content {}
    }

    /** A body that must be a JSON object with something in it. */
    Content requiredBody() throws IOException {
        if (contentLength == null) {
            return new Content.Invalid(411, "no Content-Length");
        }
        return switch (read()) {
            case Content.Valid(JsonObject o) when o.isEmpty() -> new Content.Invalid(400, "the body is empty");
            case Content other -> other;
        };
    }

    /** A body that may be missing or empty. */
    Content optionalBody() throws IOException {
        return read();
    }

    private Content read() throws IOException {
        if (contentLength == null || contentLength == 0) {
            return new Content.Valid(new JsonObject());
        }
        if (contentLength > LARGEST_BODY) {
            return new Content.Invalid(413, "the body has " + contentLength + " bytes");
        }
        String text = new String(body.readNBytes(contentLength.intValue()), StandardCharsets.UTF_8);
        Optional<JsonObject> object = Json.parseObject(text);
        return object.isPresent()
                ? new Content.Valid(object.get())
                : new Content.Invalid(400, "the body is not a JSON object");
    }
}

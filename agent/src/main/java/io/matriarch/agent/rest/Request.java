package io.matriarch.agent.rest;

import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * What the endpoints see of a request. The body is read when it is asked for: an access check comes before.
 *
 * @param path as sent, without query
 * @param client the peer address
 * @param clientCertificate whether a verified certificate was presented
 * @param received to be told when nothing more is wanted of the client: from then on the client waits for us
 */
record Request(
        String method,
        String path,
        Query query,
        InetAddress client,
        boolean clientCertificate,
        Headers headers,
        InputStream body,
        Runnable received) {

    /** Configuration documents with hundreds of slots have some ten kB. */
    static final int LARGEST_BODY = 1 << 20;
    /** Up to this size nobody counts bodies. */
    private static final int SMALL_BODY = 64 << 10;
    /** So many larger ones at once: the heap is small. */
    private static final Semaphore LARGE_BODIES = new Semaphore(8);

    /** The first path segment, which alone selects the endpoint. */
    String segment() {
        int start = 0;
        while (start < path.length() && path.charAt(start) == '/') {
            start++;
        }
        int end = path.indexOf('/', start);
        return path.substring(start, end < 0 ? path.length() : end);
    }

    @Nullable
    String authorization() {
        return headers.first("Authorization");
    }

    private boolean hasLength() {
        return headers.first("Content-Length") != null;
    }

    /** How long the body is said to be; 0 without one. */
    long contentLength() {
        String length = headers.first("Content-Length");
        return length == null ? 0 : Long.parseLong(length);
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
        if (!hasLength()) {
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
        if (!hasLength() && headers.first("Transfer-Encoding") != null) {
            // Not to be taken for a request without options: a restart that was meant for later would begin at once.
            return new Content.Invalid(411, "a body in chunks");
        }
        long length = contentLength();
        if (length == 0) {
            return new Content.Valid(new JsonObject());
        }
        if (length > LARGEST_BODY) {
            return new Content.Invalid(413, "the body has " + length + " bytes");
        }
        boolean large = length > SMALL_BODY;
        if (large && !LARGE_BODIES.tryAcquire()) {
            return new Content.Invalid(503, "too many large bodies are on their way");
        }
        try {
            return parse(body.readNBytes((int) length), (int) length);
        } finally {
            if (large) {
                LARGE_BODIES.release();
            }
        }
    }

    private static Content parse(byte[] bytes, int length) throws IOException {
        if (bytes.length < length) {
            throw new EOFException("the body ended after " + bytes.length + " of " + length + " bytes");
        }
        String text = new String(bytes, StandardCharsets.UTF_8);
        Optional<JsonObject> object = Json.parseObject(text);
        return object.isPresent()
                ? new Content.Valid(object.get())
                : new Content.Invalid(400, "the body is not a JSON object");
    }
}

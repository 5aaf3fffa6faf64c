package io.matriarch.agent.rest;

import com.google.gson.JsonElement;
import io.matriarch.agent.page.Subscription;
import io.matriarch.model.Json;
import java.util.Map;

/** What is answered. */
sealed interface Reply {

    /** A body with the extra headers of the configuration. */
    record Body(int code, String contentType, String content, Map<String, String> headers) implements Reply {}

    /** A status line and nothing else. */
    record StatusOnly(int code) implements Reply {}

    /** The small HTML page that stands for an error. */
    record ErrorPage(int code) implements Reply {}

    /** An answer that goes on until one of both ends it. */
    record Stream(Subscription events) implements Reply {}

    /** The connection is closed without an answer: the store could not be read (contract rest-api.md 1). */
    record Hangup(Exception cause) implements Reply {}

    static Reply text(int code, String text) {
        return new Body(code, "text/html", text, Map.of());
    }

    static Reply json(int code, JsonElement document) {
        return json(code, Json.spaced(document));
    }

    /** @param document as text */
    static Reply json(int code, String document) {
        return new Body(code, "application/json", document, Map.of());
    }

    /** The code that the log shows. */
    default int status() {
        return switch (this) {
            case Body b -> b.code();
            case StatusOnly s -> s.code();
            case ErrorPage e -> e.code();
            case Stream _ -> 200;
            case Hangup _ -> 0;
        };
    }
}

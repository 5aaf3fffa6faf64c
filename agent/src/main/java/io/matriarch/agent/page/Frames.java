package io.matriarch.agent.page;

import com.google.gson.JsonElement;
import io.matriarch.model.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** The wire form of the stream: frames of the format {@code text/event-stream}. */
final class Frames {

    private Frames() {}

    /** After how long a listener connects again. */
    static byte[] retry(Duration pause) {
        return bytes("retry: " + pause.toMillis() + "\n\n");
    }

    static byte[] of(String event, JsonElement document) {
        return bytes("event: " + event + "\ndata: " + Json.compact(document) + "\n\n");
    }

    /** @param id comes back as {@code Last-Event-ID} when the listener connects again */
    static byte[] of(String event, String id, JsonElement document) {
        return bytes("id: " + id + "\nevent: " + event + "\ndata: " + Json.compact(document) + "\n\n");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

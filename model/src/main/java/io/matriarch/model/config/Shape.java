package io.matriarch.model.config;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;

/** Names what stands where something else was expected, without the value, which may be a secret. */
final class Shape {

    private Shape() {}

    static String of(JsonElement element) {
        return switch (element) {
            case JsonObject _ -> "a map";
            case JsonArray _ -> "a list";
            case JsonNull _ -> "nothing";
            default -> "a single value";
        };
    }
}

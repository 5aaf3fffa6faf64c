package io.matriarch.bench;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Looks at an etcd from outside. */
final class EtcdProbe {

    private static final int LIMIT_MILLIS = 20_000;

    private final String url;

    /** @param endpoint host and port */
    EtcdProbe(String endpoint) {
        this.url = "http://" + endpoint;
    }

    EtcdMetrics metrics() throws IOException {
        return EtcdMetrics.parse(ask("/metrics", null));
    }

    /** All keys from a prefix that ends with a slash, each with the revision that created it. */
    Map<String, Long> keys(String prefix) throws IOException {
        String end = prefix.substring(0, prefix.length() - 1) + '0'; // follows the slash
        var request = new JsonObject();
        request.addProperty("key", encode(prefix));
        request.addProperty("range_end", encode(end));
        request.addProperty("keys_only", true);
        var keys = new TreeMap<String, Long>();
        JsonObject answer =
                JsonParser.parseString(ask("/v3/kv/range", request.toString())).getAsJsonObject();
        if (answer.has("kvs")) {
            for (JsonElement item : answer.getAsJsonArray("kvs")) {
                JsonObject found = item.getAsJsonObject();
                byte[] key = Base64.getDecoder().decode(found.get("key").getAsString());
                keys.put(
                        new String(key, StandardCharsets.UTF_8),
                        found.get("create_revision").getAsLong());
            }
        }
        return keys;
    }

    private static String encode(String key) {
        return Base64.getEncoder().encodeToString(key.getBytes(StandardCharsets.UTF_8));
    }

    private String ask(String path, @Nullable String body) throws IOException {
        var connection = (HttpURLConnection) URI.create(url + path).toURL().openConnection();
        connection.setConnectTimeout(LIMIT_MILLIS);
        connection.setReadTimeout(LIMIT_MILLIS);
        if (body != null) {
            connection.setDoOutput(true);
            connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
        }
        try (var answer = connection.getInputStream()) {
            return new String(answer.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}

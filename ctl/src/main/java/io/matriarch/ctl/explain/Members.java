package io.matriarch.ctl.explain;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.http.RestCall;
import io.matriarch.http.RestCaller;
import io.matriarch.http.RestResult;
import io.matriarch.model.JournalEntry;
import io.matriarch.model.Json;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Asks the other members for their journals; the agent of this host says who they are. */
final class Members {

    private static final Duration LIMIT = Duration.ofSeconds(3);

    private final RestCaller client;
    private final Consumer<String> notes;

    /** @param notes told who could not be asked */
    Members(RestCaller client, Consumer<String> notes) {
        this.client = client;
        this.notes = notes;
    }

    /** The entries of all members but {@code me}; empty when the agent here does not answer. */
    List<JournalEntry> entries(String me, String apiUrl) {
        var asked = new LinkedHashMap<String, RestCaller.Pending>();
        addresses(me, apiUrl).forEach((name, url) -> asked.put(name, client.start(get(url, "/journal"))));
        var found = new ArrayList<JournalEntry>();
        asked.forEach((name, answer) -> {
            switch (answer.await()) {
                case RestResult.Answer(int code, String body, var _)
                when code == 200 ->
                    body.lines().forEach(line -> JournalEntry.parse(line).ifPresent(found::add));
                case RestResult.Answer(int code, var _, var _) ->
                    notes.accept(name + " has no journal to show (" + code + ")");
                case RestResult.Failed(String reason, var _) -> notes.accept(name + " could not be asked: " + reason);
            }
        });
        return found;
    }

    private Map<String, String> addresses(String me, String apiUrl) {
        var addresses = new LinkedHashMap<String, String>();
        switch (client.send(get(apiUrl, "/cluster"))) {
            case RestResult.Answer(var _, String body, var _) -> {
                JsonObject cluster = Json.parseObject(body).orElseGet(JsonObject::new);
                if (cluster.get("members") instanceof JsonArray members) {
                    for (JsonElement element : members) {
                        if (element instanceof JsonObject member) {
                            String name = Json.string(member, "name").orElse(me);
                            Json.string(member, "api_url")
                                    .filter(_ -> !name.equals(me))
                                    .ifPresent(url -> addresses.put(name, url));
                        }
                    }
                }
            }
            case RestResult.Failed(String reason, var _) ->
                notes.accept("the agent here does not answer (" + reason + "): told is only what its own journal says");
        }
        return addresses;
    }

    private static RestCall get(String apiUrl, String path) {
        return RestCall.get(URI.create(apiUrl).resolve(path).toString(), LIMIT);
    }
}

package io.matriarch.agent.page;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;

/**
 * What the page tells of the agent's configuration.
 *
 * @param store the section that chose the store
 * @param voters of an embedded store, witnesses too; empty for the others
 * @param dataDirectory of PostgreSQL
 */
public record Surroundings(String store, List<String> voters, Path dataDirectory) {

    public Surroundings {
        voters = List.copyOf(voters);
    }

    JsonObject describe(JsonObject o) {
        o.addProperty("kind", store);
        if (!voters.isEmpty()) {
            var names = new JsonArray();
            voters.forEach(names::add);
            o.add("voters", names);
        }
        return o;
    }
}

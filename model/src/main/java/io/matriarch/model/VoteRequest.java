package io.matriarch.model;

import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.Optional;

/**
 * A member that wants to lead asks in {@code POST /lease} that another one makes no promise to a former leader (decision
 * 0016). Asked itself, that leader says whether it can still lead.
 *
 * @param candidate who wants to lead
 * @param about the former leader
 * @param length how long the vote is relied on
 */
public record VoteRequest(String candidate, String about, Duration length) {

    /** Reads the body of a request; empty when it is none for a vote. */
    public static Optional<VoteRequest> parse(JsonObject body) {
        return Json.string(body, "about")
                .map(about -> new VoteRequest(
                        Json.string(body, "candidate").orElse(""),
                        about,
                        Duration.ofSeconds(Json.integer(body, "ttl").orElse(0L))));
    }

    /** The body of the request. */
    public String toJson() {
        var o = new JsonObject();
        o.addProperty("candidate", candidate);
        o.addProperty("about", about);
        o.addProperty("ttl", length.toSeconds());
        return Json.compact(o);
    }
}

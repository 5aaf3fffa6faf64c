package io.matriarch.model;

import com.google.gson.JsonObject;

/** What another member answered when it was asked for its status (contract rest-api.md 3, ha-loop.md 8.3). */
public sealed interface PeerStatus {

    /** The name of the member that was asked. */
    String member();

    /** No answer, or one without WAL position. */
    record Unreachable(String member, String reason) implements PeerStatus {}

    /**
     * A usable answer.
     *
     * @param isPrimary it says that it is a running primary
     * @param position max(received, replayed), or the primary's location; {@link Lsn#NONE} if 0
     * @param timeline 0 when not known
     */
    record Reachable(String member, boolean isPrimary, Lsn position, int timeline, Tags tags, boolean watchdogFailed)
            implements PeerStatus {}

    /** Reads the body of a status answer. */
    static PeerStatus parse(String member, String body) {
        JsonObject o = Json.parseObject(body).orElse(null);
        if (o == null) {
            return new Unreachable(member, "answer is not a JSON object");
        }
        JsonObject xlog = Json.object(o, "xlog").or(() -> Json.object(o, "wal")).orElse(null);
        if (xlog == null) {
            return new Unreachable(member, "answer has no WAL position");
        }
        var location = new Lsn(Json.integer(xlog, "location").orElse(0L));
        String role = Json.string(o, "role").orElse("");
        boolean primary = Role.parse(role).filter(r -> r == Role.PRIMARY).isPresent() || location.isKnown();
        var received = new Lsn(Json.integer(xlog, "received_location").orElse(0L));
        var replayed = new Lsn(Json.integer(xlog, "replayed_location").orElse(0L));
        return new Reachable(
                member,
                primary,
                location.isKnown() ? location : Lsn.max(received, replayed),
                (int) Json.integer(o, "timeline").orElse(0L).longValue(),
                new Tags(Json.object(o, "tags").orElseGet(JsonObject::new)),
                Json.bool(o, "watchdog_failed").orElse(false));
    }
}

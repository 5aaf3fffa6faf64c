package io.matriarch.model;

import com.google.gson.JsonObject;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One member as its key in the store shows it (contract dcs-etcd3.md 1.1).
 *
 * @param name the member's name, the last element of its key
 * @param data the published document, in the order it was written; empty when it could not be read. Not to be modified
 */
public record Member(String name, JsonObject data) {

    /** Reads the value of a member key; a value that is not a JSON object gives a member without data. */
    public static Member parse(String name, String value) {
        if (value.startsWith("postgres")) {
            return LegacyMember.parse(name, value);
        }
        return new Member(name, Json.parseObject(value).orElseGet(JsonObject::new));
    }

    public Optional<String> connUrl() {
        return Json.string(data, "conn_url");
    }

    public Optional<String> apiUrl() {
        return Json.string(data, "api_url");
    }

    /** The published state; {@code unknown} when missing. */
    public String state() {
        return Json.string(data, "state").orElse("unknown");
    }

    public boolean isRunning() {
        return state().equals("running");
    }

    public Optional<Role> role() {
        return Json.string(data, "role").flatMap(Role::parse);
    }

    public Optional<String> version() {
        return Json.string(data, "version");
    }

    /** The larger of what was received and replayed, or the primary's flush position; {@link Lsn#NONE} if unknown. */
    public Lsn position() {
        return lsn("xlog_location");
    }

    /** The same member, known to be at this position. */
    public Member at(Lsn position) {
        JsonObject moved = data.deepCopy();
        moved.addProperty("xlog_location", position.bytes());
        return new Member(name, moved);
    }

    public Lsn replayLsn() {
        return lsn("replay_lsn");
    }

    public Lsn receiveLsn() {
        return lsn("receive_lsn");
    }

    public Optional<String> replicationState() {
        return Json.string(data, "replication_state");
    }

    /** The published timeline, 0 when not known. */
    public int timeline() {
        return (int) Json.integer(data, "timeline").orElse(0L).longValue();
    }

    /** False while a leader has not confirmed the first checkpoint on its timeline. */
    public boolean checkpointConfirmed() {
        return !data.has("checkpoint_after_promote");
    }

    public boolean pause() {
        return Json.bool(data, "pause").orElse(false);
    }

    public Tags tags() {
        return new Tags(Json.object(data, "tags").orElseGet(JsonObject::new));
    }

    private Lsn lsn(String field) {
        return new Lsn(Json.integer(data, field).orElse(0L));
    }

    /** Host, port and database of {@link #connUrl()}; null when there is none that can be used. */
    public @Nullable ConnUrl address() {
        return connUrl().flatMap(ConnUrl::parse).orElse(null);
    }
}

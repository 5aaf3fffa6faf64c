package io.matriarch.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.time.Duration;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Who may be promoted in place of a leader, and whose promises let it lead on without the store (decision 0016). Of our own
 * making; Patroni does not look at the key.
 *
 * @param leader whose electorate it is; empty: nobody leads by promises, and nobody needs votes
 * @param members without the leader
 * @param limit how long the leader key must be missing before a member may do without votes; promises of a part of the
 *     members reach no further than this after the last renewal
 * @param revision version of the key
 */
public record Electorate(String leader, SortedSet<String> members, Duration limit, Revision revision) {

    public static final Electorate NONE =
            new Electorate("", Collections.emptySortedSet(), Duration.ZERO, Revision.NONE);

    public Electorate {
        members = Collections.unmodifiableSortedSet(new TreeSet<>(members));
    }

    public static Electorate parse(String value, Revision revision) {
        JsonObject o = Json.parseObject(value).orElseGet(JsonObject::new);
        var members = new TreeSet<String>();
        if (o.get("members") instanceof JsonArray names) {
            names.forEach(name -> {
                if (name instanceof JsonPrimitive text) {
                    members.add(text.getAsString());
                }
            });
        }
        return new Electorate(
                Json.string(o, "leader").orElse(""),
                members,
                Duration.ofSeconds(Json.integer(o, "limit").orElse(0L)),
                revision);
    }

    /** The value to write. */
    public String toJson() {
        var o = new JsonObject();
        if (!leader.isEmpty()) {
            o.addProperty("leader", leader);
            var names = new JsonArray();
            members.forEach(names::add);
            o.add("members", names);
            o.addProperty("limit", limit.toSeconds());
        }
        return Json.compact(o);
    }

    /** Whether somebody may lead by promises. */
    public boolean isInForce() {
        return !leader.isEmpty();
    }

    /** Whether {@code candidate} must make sure that somebody else leads no more. */
    public boolean binds(String candidate) {
        return isInForce() && !leader.equals(candidate);
    }

    /** Whether it says the same, whatever its version. */
    public boolean says(Electorate other) {
        return leader.equals(other.leader) && members.equals(other.members) && limit.equals(other.limit);
    }

    public Electorate at(Revision newRevision) {
        return new Electorate(leader, members, limit, newRevision);
    }
}

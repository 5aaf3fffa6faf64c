package io.matriarch.model;

import com.google.gson.JsonObject;

/**
 * The highest timeline that somebody has promoted to, or was about to: whoever promotes next takes a higher one, although
 * it may never have seen WAL or history of this one. Of our own making; Patroni does not look at the key.
 *
 * @param timeline 0 when nothing can be read
 * @param leader who took it
 * @param revision version of the key
 */
public record ReservedTimeline(int timeline, String leader, Revision revision) {

    public static final ReservedTimeline NONE = new ReservedTimeline(0, "", Revision.NONE);

    public static ReservedTimeline parse(String value, Revision revision) {
        JsonObject o = Json.parseObject(value).orElseGet(JsonObject::new);
        long timeline = Json.integer(o, "timeline").orElse(0L);
        boolean usable = timeline > 0 && timeline <= Integer.MAX_VALUE;
        return new ReservedTimeline(
                usable ? (int) timeline : 0, Json.string(o, "leader").orElse(""), revision);
    }

    /** The value to write. */
    public String toJson() {
        var o = new JsonObject();
        o.addProperty("timeline", timeline);
        o.addProperty("leader", leader);
        return Json.compact(o);
    }
}

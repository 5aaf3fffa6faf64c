package io.matriarch.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The timelines that the cluster went through (contract dcs-etcd3.md 1.5).
 *
 * @param entries oldest first
 * @param known false when there is no key or it could not be read
 */
public record History(List<Entry> entries, boolean known) {

    public static final History UNKNOWN = new History(List.of(), false);

    /**
     * One switch of timelines.
     *
     * @param timeline the timeline that ended
     * @param switchPoint where it ended
     * @param timestamp ISO time with zone, null in entries that never had one
     * @param leader who led the new timeline, null in entries that never had one
     */
    public record Entry(
            int timeline,
            Lsn switchPoint,
            String reason,
            @Nullable String timestamp,
            @Nullable String leader) {}

    public History {
        entries = List.copyOf(entries);
    }

    public static History parse(String value) {
        if (!(Json.parse(value).orElse(null) instanceof JsonArray lines)) {
            return UNKNOWN;
        }
        var entries = new ArrayList<Entry>();
        for (JsonElement line : lines) {
            if (line instanceof JsonArray fields && fields.size() >= 3) {
                Long timeline = Coercion.integer(fields.get(0)).orElse(null);
                Long lsn = Coercion.integer(fields.get(1)).orElse(null);
                if (timeline != null && lsn != null) {
                    entries.add(new Entry(
                            timeline.intValue(), new Lsn(lsn), text(fields, 2, ""), text(fields, 3), text(fields, 4)));
                }
            }
        }
        return entries.isEmpty() && !lines.isEmpty() ? UNKNOWN : new History(entries, true);
    }

    /** The timeline that the cluster is on: one after the last switch, 1 without any, 0 when not known. */
    public int clusterTimeline() {
        if (!known) {
            return 0;
        }
        return entries.isEmpty() ? 1 : entries.getLast().timeline() + 1;
    }

    /** The value to write. */
    public String toJson() {
        var lines = new JsonArray();
        for (Entry entry : entries) {
            var fields = new JsonArray();
            fields.add(entry.timeline());
            fields.add(entry.switchPoint().bytes());
            fields.add(entry.reason());
            if (entry.timestamp() != null) {
                fields.add(entry.timestamp());
                if (entry.leader() != null) {
                    fields.add(entry.leader());
                }
            }
            lines.add(fields);
        }
        return Json.compact(lines);
    }

    private static @Nullable String text(JsonArray fields, int index) {
        return fields.size() > index && fields.get(index) instanceof JsonPrimitive p ? p.getAsString() : null;
    }

    private static String text(JsonArray fields, int index, String otherwise) {
        String text = text(fields, index);
        return text == null ? otherwise : text;
    }
}

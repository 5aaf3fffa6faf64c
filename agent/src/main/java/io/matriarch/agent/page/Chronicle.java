package io.matriarch.agent.page;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The last happenings, oldest first. What comes again within a while is counted, not listed again, so that a condition
 * that every cycle finds anew does not push out the story.
 */
final class Chronicle {

    /** A failover makes about ten; with their reasons this many are some 100 kB. */
    static final int LIMIT = 250;
    /** Longer than any usual loop_wait; what is away for so long and returns is news. */
    static final Duration SAME = Duration.ofMinutes(5);
    /** So far back is looked for the same: conditions that alternate are two or three. */
    private static final int LOOK_BACK = 6;

    private final List<Entry> entries = new ArrayList<>();
    private long revisions;

    /**
     * A line of the list.
     *
     * @param key stays when it is counted again
     * @param revision grows with each change of the chronicle; that of its last change
     * @param last when it was seen last
     */
    record Entry(long key, long revision, Happening happening, Instant last, int times) {

        JsonObject document() {
            JsonObject o = happening.document();
            o.addProperty("key", key);
            if (times > 1) {
                o.addProperty("times", times);
                o.addProperty("last", last.toEpochMilli());
            }
            return o;
        }
    }

    /** Adds or counts; the line that it became. */
    Entry add(Happening happening) {
        revisions++;
        for (int i = entries.size() - 1; i >= 0 && i >= entries.size() - LOOK_BACK; i--) {
            Entry e = entries.get(i);
            boolean recent = Duration.between(e.last, happening.at()).compareTo(SAME) < 0;
            if (recent && e.happening.repeats(happening)) {
                var again = new Entry(e.key, revisions, e.happening, happening.at(), e.times + 1);
                entries.set(i, again);
                return again;
            }
        }
        var entry = new Entry(revisions, revisions, happening, happening.at(), 1);
        entries.add(entry);
        if (entries.size() > LIMIT) {
            entries.removeFirst();
        }
        return entry;
    }

    /** The revision of the last change, 0 before the first. */
    long revision() {
        return revisions;
    }

    /** The lines that changed after this revision. */
    JsonArray since(long revision) {
        var lines = new JsonArray();
        entries.stream()
                .filter(entry -> entry.revision > revision)
                .map(Entry::document)
                .forEach(lines::add);
        return lines;
    }
}

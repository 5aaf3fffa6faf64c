package io.matriarch.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One decision as the journal keeps it: what a cycle came to, and why. A line of JSON on disk.
 *
 * @param rule name of the rule that decided; empty for an event of the process
 * @param sentence what the rule says, for people
 * @param turningPoint whether it changes who leads: times are told relative to such an entry
 * @param result the cycle's result line, or what happened to the process
 * @param state what this node was when it decided
 * @param reasons what was measured and compared, in order
 * @param repeated how often the entry before this one came again meanwhile
 * @param lost how many entries were lost before this one
 */
public record JournalEntry(
        Instant at,
        String member,
        String rule,
        String sentence,
        boolean turningPoint,
        String result,
        String state,
        List<String> reasons,
        int repeated,
        int lost) {

    public JournalEntry {
        reasons = List.copyOf(reasons);
    }

    public JournalEntry withCounts(int repeats, int losses) {
        return new JournalEntry(at, member, rule, sentence, turningPoint, result, state, reasons, repeats, losses);
    }

    public String toJson() {
        var o = new JsonObject();
        o.addProperty("at", at.toString());
        o.addProperty("member", member);
        o.addProperty("rule", rule);
        o.addProperty("sentence", sentence);
        o.addProperty("turning_point", turningPoint);
        o.addProperty("result", result);
        o.addProperty("state", state);
        var lines = new JsonArray();
        reasons.forEach(lines::add);
        o.add("reasons", lines);
        o.addProperty("repeated", repeated);
        o.addProperty("lost", lost);
        return Json.compact(o);
    }

    /** Empty for a line that is none, for instance one that was cut off by the end of the process. */
    public static Optional<JournalEntry> parse(String line) {
        JsonObject o = Json.parseObject(line).orElse(null);
        if (o == null) {
            return Optional.empty();
        }
        var reasons = new ArrayList<String>();
        if (o.get("reasons") instanceof JsonArray lines) {
            for (JsonElement reason : lines) {
                reasons.add(reason.getAsString());
            }
        }
        try {
            return Optional.of(new JournalEntry(
                    Instant.parse(Json.string(o, "at").orElse("")),
                    Json.string(o, "member").orElse(""),
                    Json.string(o, "rule").orElse(""),
                    Json.string(o, "sentence").orElse(""),
                    Json.bool(o, "turning_point").orElse(false),
                    Json.string(o, "result").orElse(""),
                    Json.string(o, "state").orElse(""),
                    reasons,
                    (int) Json.integer(o, "repeated").orElse(0L).longValue(),
                    (int) Json.integer(o, "lost").orElse(0L).longValue()));
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }
}

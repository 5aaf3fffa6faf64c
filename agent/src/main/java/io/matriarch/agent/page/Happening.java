package io.matriarch.agent.page;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.matriarch.model.JournalEntry;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened, in words.
 *
 * @param subject the member or thing that it is about; empty for the whole cluster
 * @param rule the name of the rule that decided; null when nobody decided here
 * @param reasons why, in the order in which it was looked at
 */
record Happening(
        Instant at,
        Kind kind,
        String subject,
        String text,
        @Nullable String rule,
        List<String> reasons) {

    /** Numbers that stand alone; those in names ({@code node1}) are part of what is said. */
    private static final Pattern NUMBERS = Pattern.compile("\\b[0-9A-F]*[0-9][0-9A-F]*\\b");

    /** What it is for those who look for something. */
    enum Kind {
        LEADER,
        /** Nobody leads. */
        OUTAGE,
        MEMBER,
        /** What this agent did to itself or ended. */
        AGENT,
        DECISION,
        REFUSAL,
        REQUEST,
        CONFIG,
        STORE
    }

    Happening {
        reasons = List.copyOf(reasons);
    }

    static Happening seen(Instant at, Kind kind, String subject, String text) {
        return new Happening(at, kind, subject, text, null, List.of());
    }

    /** As the journal of this agent's predecessor tells it; empty for what nobody wants to read again. */
    static Optional<Happening> of(JournalEntry entry) {
        if (entry.rule().isEmpty()) {
            return Optional.of(seen(entry.at(), Kind.AGENT, "", entry.result()));
        }
        boolean routine =
                entry.result().startsWith("no action.") && entry.reasons().isEmpty();
        return routine
                ? Optional.empty()
                : Optional.of(new Happening(
                        entry.at(),
                        Decisions.isRefusal(entry.rule()) ? Kind.REFUSAL : Kind.DECISION,
                        entry.member(),
                        entry.result(),
                        entry.sentence(),
                        entry.reasons()));
    }

    /** Whether it says the same as another one, at another time; a decision also when only its numbers are different. */
    boolean repeats(Happening other) {
        return kind == other.kind && subject.equals(other.subject) && said().equals(other.said());
    }

    private String said() {
        return rule == null ? text : NUMBERS.matcher(text + reasons).replaceAll("#");
    }

    JsonObject document() {
        var o = new JsonObject();
        o.addProperty("at", at.toEpochMilli());
        o.addProperty("kind", kind.name().toLowerCase(Locale.ROOT));
        o.addProperty("subject", subject);
        o.addProperty("text", text);
        if (rule != null) {
            o.addProperty("rule", rule);
        }
        if (!reasons.isEmpty()) {
            var why = new JsonArray();
            reasons.forEach(why::add);
            o.add("reasons", why);
        }
        return o;
    }
}

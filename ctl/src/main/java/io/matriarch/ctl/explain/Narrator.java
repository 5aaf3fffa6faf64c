package io.matriarch.ctl.explain;

import io.matriarch.model.JournalEntry;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Tells entries as a story. The last change of leadership is the event; every time is told as the distance to it, because
 * that is how people ask ("what happened before the failover?").
 */
final class Narrator {

    /** How much of what came before the event belongs to it when nobody says. */
    private static final Duration BEFORE = Duration.ofMinutes(10);

    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss xxx", Locale.ROOT);

    private Narrator() {}

    /**
     * The story.
     *
     * @param since null: the last event and what came shortly before it
     * @param member null: all
     */
    static String tell(
            Collection<JournalEntry> entries, @Nullable Instant since, @Nullable String member, ZoneId zone) {
        List<JournalEntry> all = entries.stream()
                .filter(e -> member == null || e.member().equals(member))
                .filter(e -> since == null || !e.at().isBefore(since))
                .sorted(Comparator.comparing(JournalEntry::at))
                .toList();
        if (all.isEmpty()) {
            return "Nothing was decided" + (member == null ? "" : " by " + member)
                    + (since == null ? "" : " since " + CLOCK.format(since.atZone(zone))) + ".\n";
        }
        JournalEntry turn = all.stream()
                .filter(JournalEntry::turningPoint)
                .reduce((a, b) -> b)
                .orElse(null);
        JournalEntry event = turn == null ? all.getFirst() : turn;
        Instant begin = event.at().minus(BEFORE);
        List<JournalEntry> told = since != null || turn == null
                ? all
                : all.stream().filter(e -> !e.at().isBefore(begin)).toList();
        int width = told.stream().mapToInt(e -> e.member().length()).max().orElse(0);
        var text = new StringBuilder("0.0 s is " + CLOCK.format(event.at().atZone(zone)) + ": " + event.member() + ", "
                + event.result() + "\n\n");
        told.forEach(e -> tell(text, e, event.at(), width));
        return text.toString();
    }

    private static void tell(StringBuilder text, JournalEntry e, Instant event, int width) {
        String indent = " ".repeat(14 + width);
        if (e.repeated() > 0) {
            text.append(indent)
                    .append("(")
                    .append(e.member())
                    .append(": the same ")
                    .append(e.repeated())
                    .append(" times more)\n");
        }
        if (e.lost() > 0) {
            text.append(indent).append("(").append(e.lost()).append(" entries were lost here)\n");
        }
        double seconds = Duration.between(event, e.at()).toMillis() / 1000.0;
        text.append(String.format(
                Locale.ROOT, "%+10.1f s  %-" + Math.max(width, 1) + "s  %s%n", seconds, e.member(), e.result()));
        e.reasons()
                .forEach(reason ->
                        text.append(indent).append("- ").append(reason).append('\n'));
        boolean plain = e.result().startsWith("no action.") && e.reasons().isEmpty();
        if (!e.rule().isEmpty() && !plain) {
            text.append(indent)
                    .append("rule ")
                    .append(e.rule())
                    .append(": ")
                    .append(e.sentence())
                    .append('\n');
            text.append(indent).append("was  ").append(e.state()).append('\n');
        }
    }
}

package io.matriarch.simulator.swarm;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What many worlds came to: how they were configured, what happened to them, what was found, and how fast it went. */
final class Report {

    private static final double MILLIS_PER_HOUR = 3_600_000.0;

    private final Map<String, Long> configurations = new TreeMap<>();
    private final Map<String, Long> faults = new TreeMap<>();
    private final List<Outcome> violations = new ArrayList<>();
    private long worlds;
    private long least = Long.MAX_VALUE;
    private long greatest = Long.MIN_VALUE;
    private Duration lived = Duration.ZERO;
    private long acknowledged;
    private long missing;
    private long promotions;

    void add(Outcome outcome) {
        Plan plan = outcome.plan();
        worlds++;
        least = Math.min(least, plan.seed());
        greatest = Math.max(greatest, plan.seed());
        lived = lived.plus(outcome.lived());
        acknowledged += outcome.acknowledged();
        missing += outcome.missing();
        promotions += Math.max(0, outcome.timelines() - 1);
        if (!outcome.isGood()) {
            violations.add(outcome);
        }
        count(configurations, "store: " + plan.store().name().toLowerCase(Locale.ROOT));
        count(configurations, "nodes: " + plan.nodes());
        countAll("", plan.dynamic());
        countAll("", plan.local());
        plan.tags().forEach(tags -> tags.keySet().forEach(tag -> count(configurations, "a node with the tag " + tag)));
        plan.faults().forEach(fault -> count(faults, fault.kind().name().toLowerCase(Locale.ROOT)));
    }

    /** Numbers that are drawn from a wide range are not told apart. */
    private void countAll(String prefix, JsonObject settings) {
        for (Map.Entry<String, JsonElement> setting : settings.entrySet()) {
            String path = prefix + setting.getKey();
            switch (setting.getValue()) {
                case JsonObject section when !path.equals("slots") -> countAll(path + ".", section);
                case JsonPrimitive value
                when path.equals("maximum_lag_on_failover") || path.equals("primary_stop_timeout") ->
                    count(configurations, path + ": drawn");
                case JsonElement value -> count(configurations, path + ": " + value);
            }
        }
    }

    private static void count(Map<String, Long> counts, String what) {
        counts.merge(what, 1L, Long::sum);
    }

    long worlds() {
        return worlds;
    }

    List<Outcome> violations() {
        return List.copyOf(violations);
    }

    /**
     * The numbers, in three lines.
     *
     * @param cpu that this process has used for it
     */
    String summary(Duration took, Duration cpu) {
        double hours = lived.toMillis() / MILLIS_PER_HOUR;
        return String.format(
                Locale.ROOT,
                "%d worlds, %.1f cluster-hours in %.1f s, %.1f s of CPU time: %.2f cluster-hours a core-second%n"
                        + "%d rows acknowledged, %d lost that nobody promised to keep, %d promotions%n%d violations%n",
                worlds,
                hours,
                took.toMillis() / 1e3,
                cpu.toMillis() / 1e3,
                hours / Math.max(1e-3, cpu.toMillis() / 1e3),
                acknowledged,
                missing,
                promotions,
                violations.size());
    }

    void write(Path file, Duration took, Duration cpu) throws IOException {
        var text = new StringBuilder("# Simulated worlds\n\n");
        if (worlds > 0) {
            text.append("Seeds ").append(least).append(" to ").append(greatest).append(".\n\n");
        }
        text.append(summary(took, cpu)).append("\n## Violations\n\n");
        for (Outcome violation : violations) {
            text.append("- ")
                    .append(violation.plan())
                    .append("  \n  ")
                    .append(violation.description())
                    .append('\n');
        }
        text.append(violations.isEmpty() ? "None.\n" : "");
        table(text, "Configurations", "worlds", configurations);
        table(text, "Faults", "times", faults);
        Files.writeString(file, text);
    }

    private static void table(StringBuilder text, String title, String counted, Map<String, Long> rows) {
        text.append("\n## ").append(title).append("\n\n| | ").append(counted).append(" |\n| --- | --- |\n");
        rows.forEach((what, count) ->
                text.append("| ").append(what).append(" | ").append(count).append(" |\n"));
    }
}

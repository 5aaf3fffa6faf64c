package io.matriarch.bench;

import static io.matriarch.bench.Bench.seconds;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The report: tables in Markdown. */
final class Report {

    /** Of the configuration that is measured: a dead node cannot be replaced sooner. */
    private static final double LEASE_SECONDS = 20;

    private final StringBuilder text = new StringBuilder();
    private final List<Double> loads = new ArrayList<>();

    void surroundings(List<String> lines) {
        lines.forEach(line -> text.append("- ").append(line).append('\n'));
    }

    /** Load average before a measurement. */
    void load(double load) {
        loads.add(load);
    }

    void outages(Map<Floor, List<Trial>> floors, Map<Fault, List<Trial>> faults) {
        if (!loads.isEmpty()) {
            var series = new Series(loads);
            text.append("- load average before the measurements: %.1f (%.1f to %.1f)%n"
                    .formatted(series.median(), series.min(), series.max()));
        }
        if (!floors.isEmpty()) {
            text.append("\n| PostgreSQL without a manager | Median | Min | Max | Lost | Two writable |\n")
                    .append("| --- | ---: | ---: | ---: | ---: | ---: |\n");
            floors.forEach((floor, trials) ->
                    text.append("| %s | %s | %s |%n".formatted(floor.title, columns(longest(trials)), safety(trials))));
        }
        if (!faults.isEmpty()) {
            faults("Fault", faults, floors);
            text.append("\nSeconds without an acknowledged row; acknowledged rows that are missing afterwards, of all ")
                    .append("repetitions; the longest time in which two servers accepted writes.\n");
        }
    }

    /** The same faults to a cluster of another make. */
    void peer(String command, Map<Fault, List<Trial>> faults, Map<Floor, List<Trial>> floors) {
        faults("Fault, agents started by `" + command + "`", faults, floors);
    }

    private void faults(String title, Map<Fault, List<Trial>> faults, Map<Floor, List<Trial>> floors) {
        text.append("\n| %s | Median | Min | Max | × floor | Aim | Lost | Two writable |%n".formatted(title))
                .append("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        faults.forEach((fault, trials) -> {
            row(fault.title, longest(trials), floorOf(fault, floors), fault.aim, trials);
            if (fault == Fault.STORE) {
                Series recovery = series(trials, trial -> seconds(trial.recovery()));
                row("… from its return to the first row", recovery, null, 0, trials);
            }
        });
    }

    private void row(String title, Series series, @Nullable Double floor, double aim, List<Trial> trials) {
        text.append("| %s | %s | %s | %s | %s |%n"
                .formatted(
                        title,
                        columns(series),
                        floor == null ? "" : "%.2f".formatted(series.median() / floor),
                        aim == 0 ? "" : "≤ %.1f".formatted(aim),
                        safety(trials)));
    }

    private static @Nullable Double floorOf(Fault fault, Map<Floor, List<Trial>> floors) {
        if (fault == Fault.NODE) {
            return LEASE_SECONDS;
        }
        List<Trial> trials = fault.floor == null ? null : floors.get(fault.floor);
        return trials == null ? null : longest(trials).median();
    }

    private static Series longest(List<Trial> trials) {
        return series(trials, trial -> seconds(trial.outage().longest()));
    }

    private static <T> Series series(List<T> items, ToDoubleFunction<T> value) {
        return new Series(items.stream().mapToDouble(value).boxed().toList());
    }

    private static String columns(Series series) {
        return "%.3f | %.3f | %.3f".formatted(series.median(), series.min(), series.max());
    }

    private static String safety(List<Trial> trials) {
        Duration longest =
                trials.stream().map(Trial::twoWritable).max(Duration::compareTo).orElseThrow();
        return "%d | %.3f".formatted(trials.stream().mapToInt(Trial::lost).sum(), seconds(longest));
    }

    void costs(List<Costs.Idle> idle, List<Costs.Start> starts, double firstMinute) {
        text.append("\n| Agent after 60 s without load | RSS MB | PSS MB | Threads | CPU s a minute |\n")
                .append("| --- | ---: | ---: | ---: | ---: |\n");
        for (Costs.Idle agent : idle) {
            text.append("| %s | %.1f | %.1f | %d | %.2f |%n"
                    .formatted(
                            agent.role(),
                            agent.memory().residentMb(),
                            agent.memory().proportionalMb(),
                            agent.memory().threads(),
                            agent.cpuSecondsPerMinute()));
        }
        text.append("\n| Start of an agent, seconds | Median | Min | Max | CPU |\n")
                .append("| --- | ---: | ---: | ---: | ---: |\n");
        Function<ToDoubleFunction<Costs.Start>, Series> of = value -> series(starts, value);
        text.append("| agent, until its REST API answers | %s | %.2f |%n"
                .formatted(
                        columns(of.apply(Costs.Start::wallSeconds)),
                        of.apply(Costs.Start::cpuSeconds).median()));
        text.append("| agent, until it is a minute old | | | | %.2f |%n".formatted(firstMinute));
    }

    void commandLine(Costs.Runs nothing, Costs.Runs list, Costs.Runs version) {
        text.append("\n| Command line, seconds | Median | Min | Max | CPU |\n")
                .append("| --- | ---: | ---: | ---: | ---: |\n");
        runs("a JVM that does nothing, same options", nothing);
        runs("`patronictl list`", list);
        runs("`patronictl version`", version);
    }

    private void runs(String title, Costs.Runs runs) {
        text.append("| %s | %s | %.2f |%n".formatted(title, columns(runs.wallSeconds()), runs.cpuSeconds()));
    }

    void commits(List<Commits.Line> lines) {
        text.append("\n| Synchronous standbys | | Commit, ms | 99 of 100, ms | %d clients, commits a second |%n"
                        .formatted(Commits.CLIENTS))
                .append("| ---: | --- | ---: | ---: | ---: |\n");
        for (Commits.Line line : lines) {
            commits(line.standbys(), "plain PostgreSQL", line.plain());
            commits(line.standbys(), "under the manager", line.managed());
        }
        text.append("\nMedians of the repetitions, the least and the most in brackets.\n");
    }

    private void commits(int standbys, String server, List<Commits.Figures> figures) {
        text.append("| %d | %s | %s | %s | %s |%n"
                .formatted(
                        standbys,
                        server,
                        spread("%.2f", figures, Commits.Figures::millis),
                        spread("%.2f", figures, Commits.Figures::millisP99),
                        spread("%.0f", figures, Commits.Figures::perSecond)));
    }

    private static String spread(String format, List<Commits.Figures> figures, ToDoubleFunction<Commits.Figures> of) {
        var series = new Series(figures.stream().mapToDouble(of).boxed().toList());
        return (format + " (" + format + "–" + format + ")").formatted(series.median(), series.min(), series.max());
    }

    void arrivals(Arrivals.Figures figures) {
        text.append("\n| Arrival, seconds from the start of the agent | Median | Min | Max | Aim |\n")
                .append("| --- | ---: | ---: | ---: | ---: |\n");
        arrival("`initdb` alone", figures.initdb(), "");
        arrival("first node, until its first row", figures.firstWrite(), beyond(figures.initdb(), 1));
        arrival("`pg_basebackup` alone", figures.baseBackup(), "");
        arrival("replica, until it streams", figures.replica(), beyond(figures.baseBackup(), 0.5));
        arrival("former primary that has diverged, until it streams", figures.formerPrimary(), "≤ 3.000");
    }

    private void arrival(String title, Series seconds, String aim) {
        text.append("| %s | %s | %s |%n".formatted(title, columns(seconds), aim));
    }

    private static String beyond(Series floor, double seconds) {
        return "≤ %.3f".formatted(floor.median() + seconds);
    }

    String text() {
        return text.toString();
    }
}

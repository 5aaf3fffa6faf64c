package io.matriarch.simulator.swarm;

import io.matriarch.simulator.Trace;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * {@code matriarch simulate}: as many worlds as one wants, each from its seed. Prints what it found and how fast it was;
 * exits with 1 when something must not have been.
 */
public final class Simulate {

    private static final String USAGE = """
            Usage: matriarch simulate [--seeds N] [--first SEED] [--jobs J] [--hours H] [--trace SEED] [--keep-going]

              --seeds N      worlds to run (1000)
              --first SEED   the first seed (1)
              --jobs J       worlds at the same time (number of processors)
              --hours H      stop after this many hours of real time
              --trace SEED   run one world and print all that happens in it
              --keep-going   do not stop at the first violation
            """;

    private final PrintStream out;
    private final Arguments arguments;
    private final AtomicLong next = new AtomicLong();
    private final List<Outcome> violations = new ArrayList<>();
    private long done;
    private Duration lived = Duration.ZERO;
    private long acknowledged;
    private long missing;
    private long promotions;

    private record Arguments(long seeds, long first, int jobs, Duration atMost, @Nullable Long trace, boolean keepGoing) {

        static Arguments parse(String[] words) {
            long seeds = 1000;
            long first = 1;
            int jobs = Runtime.getRuntime().availableProcessors();
            Duration atMost = Duration.ofDays(365);
            @Nullable Long trace = null;
            boolean keepGoing = false;
            for (int i = 0; i < words.length; i++) {
                switch (words[i]) {
                    case "--seeds" -> seeds = Long.parseLong(words[++i]);
                    case "--first" -> first = Long.parseLong(words[++i]);
                    case "--jobs" -> jobs = Integer.parseInt(words[++i]);
                    case "--hours" -> atMost = Duration.ofMillis((long) (Double.parseDouble(words[++i]) * 3_600_000));
                    case "--trace" -> trace = Long.parseLong(words[++i]);
                    case "--keep-going" -> keepGoing = true;
                    default -> throw new IllegalArgumentException("unknown option " + words[i]);
                }
            }
            return new Arguments(seeds, first, jobs, atMost, trace, keepGoing);
        }
    }

    private Simulate(Arguments arguments, PrintStream out) {
        this.arguments = arguments;
        this.out = out;
    }

    public static void main(String[] words) throws InterruptedException {
        Arguments arguments;
        try {
            arguments = Arguments.parse(words);
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            System.err.println("matriarch simulate: " + e.getMessage());
            System.err.print(USAGE);
            System.exit(2);
            return;
        }
        var simulate = new Simulate(arguments, System.out);
        Long seed = arguments.trace();
        System.exit(seed == null ? simulate.swarm() : simulate.one(seed));
    }

    private int one(long seed) {
        Plan plan = Plan.of(seed);
        Trace trace = Trace.kept();
        Outcome outcome = Run.of(plan, trace);
        out.println(plan);
        plan.faults().forEach(out::println);
        out.println(trace);
        out.println(text(outcome));
        return outcome.isGood() ? 0 : 1;
    }

    private int swarm() throws InterruptedException {
        long began = System.nanoTime();
        var workers = new ArrayList<Thread>();
        for (int i = 0; i < arguments.jobs(); i++) {
            workers.add(Thread.ofPlatform().name("world " + i).start(() -> work(began)));
        }
        for (Thread worker : workers) {
            worker.join();
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        double hours = lived.toMillis() / 3_600_000.0;
        out.printf(
                Locale.ROOT,
                "%n%d worlds, %.1f cluster-hours in %.1f s with %d jobs: %.2f cluster-hours a core-second%n"
                        + "%d rows acknowledged, %d lost that nobody promised to keep, %d promotions%n%d violations%n",
                done,
                hours,
                seconds,
                arguments.jobs(),
                hours / seconds / arguments.jobs(),
                acknowledged,
                missing,
                promotions,
                violations.size());
        return violations.isEmpty() ? 0 : 1;
    }

    private void work(long began) {
        while (true) {
            long number = next.getAndIncrement();
            boolean over = System.nanoTime() - began > arguments.atMost().toNanos();
            if (number >= arguments.seeds() || over || (!arguments.keepGoing() && hasViolation())) {
                return;
            }
            collect(Run.of(Plan.of(arguments.first() + number), Trace.none()));
        }
    }

    private synchronized boolean hasViolation() {
        return !violations.isEmpty();
    }

    private synchronized void collect(Outcome outcome) {
        done++;
        lived = lived.plus(outcome.lived());
        acknowledged += outcome.acknowledged();
        missing += outcome.missing();
        promotions += Math.max(0, outcome.timelines() - 1);
        if (!outcome.isGood()) {
            violations.add(outcome);
            out.println(outcome.plan());
            out.println("  " + text(outcome));
        }
    }

    private static String text(Outcome outcome) {
        Throwable violation = outcome.violation();
        return violation == null
                ? "good: " + outcome.acknowledged() + " rows, timeline " + outcome.timelines()
                : violation.toString();
    }
}

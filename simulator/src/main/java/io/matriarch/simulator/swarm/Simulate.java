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
 * exits with 1 when something was that must not be.
 */
public final class Simulate {

    private static final String USAGE = """
        Usage: matriarch simulate [--seeds N] [--first SEED] [--jobs J] [--hours H] [--keep-going]
               matriarch simulate --trace SEED | --shrink SEED

          --seeds N      worlds to run (1000)
          --first SEED   the first seed (1)
          --jobs J       worlds at the same time (number of processors)
          --hours H      stop after this many hours of real time
          --trace SEED   run one world and print all that happens in it
          --shrink SEED  leave out what a violation does not need, and print all that happens then
          --keep-going   do not stop at the first violation
        """;

    private static final Duration PROGRESS = Duration.ofMinutes(1);

    private final PrintStream out;
    private final Arguments arguments;
    private final AtomicLong next = new AtomicLong();
    private final List<Outcome> violations = new ArrayList<>();
    private long done;
    private Duration lived = Duration.ZERO;
    private long acknowledged;
    private long missing;
    private long promotions;

    private record Arguments(
            long seeds,
            long first,
            int jobs,
            Duration atMost,
            @Nullable Long one,
            boolean shrink,
            boolean keepGoing) {

        static Arguments parse(String[] words) {
            long seeds = 1000;
            long first = 1;
            int jobs = Runtime.getRuntime().availableProcessors();
            Duration atMost = Duration.ofDays(365);
            @Nullable Long one = null;
            boolean shrink = false;
            boolean keepGoing = false;
            for (int i = 0; i < words.length; i++) {
                switch (words[i]) {
                    case "--seeds" -> seeds = Long.parseLong(words[++i]);
                    case "--first" -> first = Long.parseLong(words[++i]);
                    case "--jobs" -> jobs = Integer.parseInt(words[++i]);
                    case "--hours" -> atMost = Duration.ofMillis((long) (Double.parseDouble(words[++i]) * 3_600_000));
                    case "--trace" -> one = Long.parseLong(words[++i]);
                    case "--shrink" -> {
                        one = Long.parseLong(words[++i]);
                        shrink = true;
                    }
                    case "--keep-going" -> keepGoing = true;
                    default -> throw new IllegalArgumentException("unknown option " + words[i]);
                }
            }
            return new Arguments(seeds, first, jobs, atMost, one, shrink, keepGoing);
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
        Long seed = arguments.one();
        System.exit(seed == null ? simulate.swarm() : simulate.one(seed));
    }

    private int one(long seed) {
        Plan plan = Plan.of(seed);
        if (arguments.shrink()) {
            Outcome outcome = run(plan);
            plan = outcome.isGood()
                    ? plan
                    : new Shrinker(Simulate::run).shrink(outcome).plan();
        }
        var story = new Story(plan);
        out.println(story);
        return story.outcome().isGood() ? 0 : 1;
    }

    private static Outcome run(Plan plan) {
        return Run.of(plan, Trace.none());
    }

    private int swarm() throws InterruptedException {
        long began = System.nanoTime();
        var workers = new ArrayList<Thread>();
        for (int i = 0; i < arguments.jobs(); i++) {
            workers.add(Thread.ofPlatform().name("world " + i).start(() -> work(began)));
        }
        for (Thread worker : workers) {
            while (!worker.join(PROGRESS)) {
                showProgress(began);
            }
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
        if (!violations.isEmpty()) {
            long seed = violations.getFirst().plan().seed();
            out.println("to see one of them: matriarch simulate --shrink " + seed);
        }
        return violations.isEmpty() ? 0 : 1;
    }

    private void work(long began) {
        while (true) {
            long number = next.getAndIncrement();
            boolean over = System.nanoTime() - began > arguments.atMost().toNanos();
            if (number >= arguments.seeds() || over || (!arguments.keepGoing() && hasViolation())) {
                return;
            }
            collect(run(Plan.of(arguments.first() + number)));
        }
    }

    private synchronized void showProgress(long began) {
        System.err.printf(
                Locale.ROOT,
                "%d of %d worlds, %.0f s, %d violations%n",
                done,
                arguments.seeds(),
                (System.nanoTime() - began) / 1e9,
                violations.size());
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
            out.println("  " + outcome.description());
        }
    }
}

package io.matriarch.simulator.swarm;

import io.matriarch.simulator.Trace;
import io.matriarch.simulator.scale.Scale;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
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
        Usage: matriarch simulate [--seeds N] [--first SEED] [--jobs J] [--hours H] [--keep-going] [--report FILE]
               matriarch simulate --trace SEED | --shrink SEED
               matriarch simulate --scale SIZES

          --seeds N      worlds to run (1000)
          --first SEED   the first seed (1)
          --jobs J       worlds at the same time (number of processors)
          --hours H      stop after this many hours of real time
          --trace SEED   run one world and print all that happens in it
          --shrink SEED  leave out what a violation does not need, and print all that happens then
          --scale SIZES  what a cluster of these sizes costs ("3,10,50"), without faults and when its primary is lost
          --keep-going   do not stop at the first violation
          --report FILE  where to write what was done and found (simulation.md)
        """;

    private static final Duration PROGRESS = Duration.ofMinutes(1);
    /** Width of the bar. */
    private static final int BAR = 40;

    private final PrintStream out;
    private final Arguments arguments;
    private final AtomicLong next = new AtomicLong();
    private final Report report = new Report();

    private record Arguments(
            long seeds,
            long first,
            int jobs,
            Duration atMost,
            @Nullable Long one,
            boolean shrink,
            List<Integer> scale,
            boolean keepGoing,
            Path report) {

        static Arguments parse(String[] words) {
            long seeds = 1000;
            long first = 1;
            int jobs = Runtime.getRuntime().availableProcessors();
            Duration atMost = Duration.ofDays(365);
            @Nullable Long one = null;
            boolean shrink = false;
            List<Integer> scale = List.of();
            boolean keepGoing = false;
            Path report = Path.of("simulation.md");
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
                    case "--scale" ->
                        scale = Arrays.stream(words[++i].split(","))
                                .map(Integer::valueOf)
                                .toList();
                    case "--keep-going" -> keepGoing = true;
                    case "--report" -> report = Path.of(words[++i]);
                    default -> throw new IllegalArgumentException("unknown option " + words[i]);
                }
            }
            return new Arguments(seeds, first, jobs, atMost, one, shrink, scale, keepGoing, report);
        }
    }

    private Simulate(Arguments arguments, PrintStream out) {
        this.arguments = arguments;
        this.out = out;
    }

    public static void main(String[] words) throws InterruptedException, IOException {
        Arguments arguments;
        try {
            arguments = Arguments.parse(words);
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            System.err.println("matriarch simulate: " + e.getMessage());
            System.err.print(USAGE);
            System.exit(2);
            return;
        }
        // A world has one baton: with more carriers than worlds, each hand-over would wake another processor.
        System.setProperty("jdk.virtualThreadScheduler.parallelism", Integer.toString(arguments.jobs()));
        if (!arguments.scale().isEmpty()) {
            Scale.print(arguments.scale(), System.out);
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

    private int swarm() throws InterruptedException, IOException {
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
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        Duration cpu = ProcessHandle.current().info().totalCpuDuration().orElse(took);
        out.println();
        out.print(report.summary(took, cpu));
        report.write(arguments.report(), took, cpu);
        out.println("report: " + arguments.report().toAbsolutePath());
        if (report.violations().isEmpty()) {
            return 0;
        }
        out.println("to see one of them: matriarch simulate --shrink "
                + report.violations().getFirst().plan().seed());
        return 1;
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
        int filled = (int) (BAR * report.worlds() / Math.max(1, arguments.seeds()));
        System.err.printf(
                Locale.ROOT,
                "[%s%s] %d of %d worlds, %.0f s, %d violations%n",
                "#".repeat(filled),
                ".".repeat(BAR - filled),
                report.worlds(),
                arguments.seeds(),
                (System.nanoTime() - began) / 1e9,
                report.violations().size());
    }

    private synchronized boolean hasViolation() {
        return !report.violations().isEmpty();
    }

    private synchronized void collect(Outcome outcome) {
        report.add(outcome);
        if (!outcome.isGood()) {
            out.println(outcome.plan());
            out.println("  " + outcome.description());
        }
    }
}

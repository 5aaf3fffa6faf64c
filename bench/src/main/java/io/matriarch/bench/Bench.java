package io.matriarch.bench;

import io.matriarch.acceptance.TestCluster;
import io.matriarch.acceptance.TestNode;
import io.matriarch.bench.Options.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Runs what was asked for and prints the report. Started by {@code bench/run}. */
public final class Bench {

    /** The shortest lease that Patroni allows, and a tick a second. */
    private static final String DYNAMIC = """
        ttl: 20
        loop_wait: 1
        retry_timeout: 3
        postgresql:
          use_pg_rewind: true
        """;

    private static final int NODES = 3;
    private static final int PROGRAM_RUNS_PER_REPETITION = 5;

    private final Options options;
    private final Report report = new Report();
    private final Map<Floor, List<Trial>> floors = new EnumMap<>(Floor.class);

    private Bench(Options options) {
        this.options = options;
    }

    public static void main(String[] arguments) throws Exception {
        if (List.of(arguments).contains("--help")) {
            System.out.print(Options.help());
            return;
        }
        try {
            new Bench(Options.parse(arguments)).run();
        } catch (UsageException e) {
            System.err.println("bench: " + e.getMessage() + "\n\n" + Options.help());
            System.exit(2);
        }
    }

    private void run() throws Exception {
        report.surroundings(Surroundings.describe());
        for (Floor floor : Floor.values()) {
            if (options.wants(floor)) {
                floors.put(floor, repeat(floor.option, floor::measure));
            }
        }
        Map<Fault, List<Trial>> faults = new EnumMap<>(Fault.class);
        Map<Fault, List<Trial>> peers = new EnumMap<>(Fault.class);
        boolean anyFault = Arrays.stream(Fault.values()).anyMatch(options::wants);
        if (anyFault || options.wantsCommandLine() || options.wantsCommits()) {
            progress("forming a cluster of " + NODES);
            try (var cluster = TestCluster.start(options.store(), NODES, DYNAMIC)) {
                try {
                    var costs = new Costs(cluster, System.getProperty("bench.ctl-options", ""));
                    if (options.wantsCosts()) {
                        costs(costs, cluster);
                    }
                    if (options.wantsCommandLine()) {
                        commandLine(costs);
                    }
                    if (options.wantsCommits()) {
                        progress("commits with synchronous standbys");
                        report.load(Surroundings.load());
                        report.commits(new Commits(cluster, options.repeat()).measure());
                    }
                    faults(cluster, faults);
                } finally {
                    keepLogs(cluster);
                }
            }
        }
        String peer = options.peer();
        if (anyFault && peer != null) {
            progress("forming a cluster of " + NODES + " with " + peer);
            try (var cluster = TestCluster.startOthers(peer, options.store(), NODES, DYNAMIC)) {
                faults(cluster, peers);
            }
        }
        if (options.wantsArrivals()) {
            progress("arrivals of nodes");
            report.load(Surroundings.load());
            report.arrivals(new Arrivals(DYNAMIC, options.store(), options.repeat()).measure(this::keepLogs));
        }
        report.outages(floors, faults);
        if (peer != null) {
            report.peer(peer, peers, floors);
        }
        System.out.print(report.text());
    }

    private void faults(TestCluster cluster, Map<Fault, List<Trial>> results) throws Exception {
        var trials = new ClusterTrials(cluster);
        for (Fault fault : Fault.values()) {
            if (!options.wants(fault)) {
                continue;
            }
            boolean failover = fault == Fault.CRASH_FAILOVER;
            if (failover) {
                trials.configure("primary_start_timeout", "0");
            }
            results.put(fault, repeat(fault.option, () -> trials.run(fault)));
            if (failover) {
                trials.configure("primary_start_timeout", "null");
            }
        }
    }

    private void costs(Costs costs, TestCluster cluster) throws Exception {
        progress("a minute without load");
        List<Costs.Idle> idle = costs.idle();
        var starts = new ArrayList<Costs.Start>();
        for (int i = 0; i < options.repeat(); i++) {
            starts.add(costs.restartReplica());
            progress("start of an agent: %.2f s, %.2f CPU s"
                    .formatted(starts.getLast().wallSeconds(), starts.getLast().cpuSeconds()));
        }
        progress("the first minute of an agent");
        double firstMinute = costs.firstMinute();
        cluster.awaitHealthy(TestCluster.FAILOVER);
        report.costs(idle, starts, firstMinute);
    }

    private void commandLine(Costs costs) throws Exception {
        int times = options.repeat() * PROGRAM_RUNS_PER_REPETITION;
        progress("patronictl");
        report.load(Surroundings.load());
        Costs.Runs nothing = costs.nothing(times);
        Costs.Runs list = costs.patronictl(times, "list", TestCluster.SCOPE);
        Costs.Runs version = costs.patronictl(times, "version");
        report.commandLine(nothing, list, version);
    }

    /** One measurement. */
    @FunctionalInterface
    private interface Measurement {
        Trial run() throws Exception;
    }

    private List<Trial> repeat(String name, Measurement measurement) throws Exception {
        var trials = new ArrayList<Trial>();
        for (int i = 1; i <= options.repeat(); i++) {
            report.load(Surroundings.load());
            Trial trial = measurement.run();
            trials.add(trial);
            progress("%s %d/%d: %.3f s from %s, further pauses %.3f s, lost %d, two writable %.3f s"
                    .formatted(
                            name,
                            i,
                            options.repeat(),
                            seconds(trial.outage().longest()),
                            trial.outage().lastBefore(),
                            seconds(trial.outage().others()),
                            trial.lost(),
                            seconds(trial.twoWritable())));
        }
        return trials;
    }

    private void keepLogs(TestCluster cluster) throws IOException {
        Path directory = options.logs();
        if (directory == null) {
            return;
        }
        Files.createDirectories(directory);
        for (TestNode node : cluster.nodes) {
            Path name = node.log().getFileName();
            Files.copy(node.log(), directory.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    private static void progress(String text) {
        System.err.println("bench: " + text);
    }
}

package io.matriarch.bench;

import io.matriarch.acceptance.Await;
import io.matriarch.acceptance.EtcdServer;
import io.matriarch.acceptance.Machine;
import io.matriarch.bench.Options.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Many clusters on one real etcd: what a cluster and a member cost it, and each other. Prints a table with a line for each
 * number of clusters. Started by {@code bench/clusters}.
 *
 * <p>All agents live in this JVM, with threads as in production: about four each, for cycle, watch, lease and requests. A
 * thousand of them have 4,200 threads, 2,000 files and 8,500 maps of memory, far below the usual limits of Linux. One heap
 * and one compiler serve them all, so a single agent costs less here than in a process of its own.
 *
 * <p>Connections are not shared: each agent calls this machine by another name, because the JDK keeps idle connections by
 * name and would lend them from agent to agent.
 */
public final class Clusters {

    private static final Duration KEYS_LIMIT = Duration.ofMinutes(1);

    private final ClustersOptions options;
    private final Path directory;

    private Clusters(ClustersOptions options, Path directory) {
        this.options = options;
        this.directory = directory;
    }

    public static void main(String[] arguments) throws Exception {
        if (List.of(arguments).contains("--help")) {
            System.out.print(ClustersOptions.HELP);
            return;
        }
        try {
            ClustersOptions options = ClustersOptions.parse(arguments);
            Path directory = Machine.workspace();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> Machine.delete(directory)));
            nameThisMachine(options, directory.resolve("hosts"));
            // A line of each agent in each cycle would be most of what this prints.
            Logger.getLogger("").setLevel(Level.WARNING);
            new Clusters(options, directory).run();
        } catch (UsageException e) {
            System.err.println("bench: " + e.getMessage() + "\n\n" + ClustersOptions.HELP);
            System.exit(2);
        }
    }

    /** Gives this machine a name for each agent; before anything of this JVM looks for a name. */
    private static void nameThisMachine(ClustersOptions options, Path hosts) throws IOException {
        int most = options.clusters().stream().mapToInt(Integer::intValue).max().orElse(0);
        String names = IntStream.range(0, most)
                .boxed()
                .flatMap(cluster ->
                        IntStream.range(0, options.members()).mapToObj(member -> Fleet.host(cluster, member)))
                .map(name -> "127.0.0.1 " + name)
                .collect(Collectors.joining("\n", "", "\n"));
        Files.writeString(hosts, names);
        System.setProperty("jdk.net.hosts.file", hosts.toString());
        // The JDK reads the whole file for each name that it does not know: in production that is not a file of
        // thousands.
        Security.setProperty("networkaddress.cache.ttl", "-1");
    }

    private void run() throws Exception {
        List<String> surroundings = Surroundings.describe();
        var lines = new ArrayList<ClustersLine>();
        for (int clusters : options.clusters()) {
            lines.add(measure(clusters));
        }
        var report = new StringBuilder();
        surroundings.forEach(line -> report.append("- ").append(line).append('\n'));
        report.append("- load average at the end of each measurement: %s%n"
                .formatted(lines.stream()
                        .map(line -> "%.1f".formatted(line.after().load()))
                        .collect(Collectors.joining(", "))));
        System.out.print(report.append('\n').append(ClustersLine.table(lines)));
    }

    /** On an etcd of its own, so that no size pays for what an earlier one has left. */
    private ClustersLine measure(int clusters) throws Exception {
        int agents = clusters * options.members();
        System.err.printf("bench: %d clusters, load average %.1f%n", clusters, Surroundings.load());
        Path data = directory.resolve(clusters + "-clusters");
        Files.createDirectory(data);
        var etcd = EtcdServer.synced(data.resolve("etcd"));
        Runtime.getRuntime().addShutdownHook(new Thread(etcd::close));
        try (etcd;
                var fleet = new Fleet(clusters, options.members(), options.loopWait(), etcd.port())) {
            fleet.start();
            var probe = new EtcdProbe(etcd.endpoint());
            Await.until(
                    "each agent has its keys",
                    KEYS_LIMIT,
                    () -> leaders(probe).size() == clusters
                            && keys(probe, "/members/").size() == agents);
            Map<String, Long> leaders = leaders(probe);
            fleet.longestCycle();
            Sample before = Sample.take(etcd.pid(), probe);
            Thread.sleep(Duration.ofSeconds(options.seconds()));
            Sample after = Sample.take(etcd.pid(), probe);
            Duration longestCycle = fleet.longestCycle();
            leaders.entrySet().removeAll(leaders(probe).entrySet());
            var line = new ClustersLine(clusters, agents, before, after, longestCycle, leaders.size());
            System.err.print("bench: " + line.row());
            return line;
        } finally {
            Machine.delete(data);
        }
    }

    private static Map<String, Long> leaders(EtcdProbe probe) throws IOException {
        return keys(probe, "/leader");
    }

    private static Map<String, Long> keys(EtcdProbe probe, String part) throws IOException {
        Map<String, Long> keys = probe.keys(Fleet.PREFIX);
        keys.keySet().removeIf(key -> !key.contains(part));
        return keys;
    }

    /** What etcd and this JVM have done until now, and what they have. */
    record Sample(
            long nanos,
            double load,
            double etcdCpuSeconds,
            ProcessFigures.Memory etcdMemory,
            EtcdMetrics etcd,
            double agentsCpuSeconds,
            ProcessFigures.Memory agentsMemory) {

        private static Sample take(long etcdPid, EtcdProbe probe) throws IOException {
            long own = ProcessHandle.current().pid();
            return new Sample(
                    System.nanoTime(),
                    Surroundings.load(),
                    ProcessFigures.cpuSeconds(etcdPid),
                    ProcessFigures.memory(etcdPid),
                    probe.metrics(),
                    ProcessFigures.cpuSeconds(own),
                    ProcessFigures.memory(own));
        }
    }
}

package io.matriarch.bench;

import io.matriarch.acceptance.Machine;
import io.matriarch.acceptance.TestCluster;
import io.matriarch.acceptance.TestNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;

/** What agent and command line take from the machine while nothing happens. */
final class Costs {

    private static final Duration IDLE = Duration.ofSeconds(60);
    private static final Duration READY_LIMIT = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(5);

    private final TestCluster cluster;
    private final String ctlOptions;

    /** @param ctlOptions the JVM's options for the command line, separated by spaces */
    Costs(TestCluster cluster, String ctlOptions) {
        this.cluster = cluster;
        this.ctlOptions = ctlOptions;
    }

    /** One agent after a minute without load. */
    record Idle(String role, ProcessFigures.Memory memory, double cpuSecondsPerMinute) {}

    /** One start of an agent, until its REST API answers. */
    record Start(double wallSeconds, double cpuSeconds) {}

    /** Several runs of one program; CPU is the mean, as the kernel counts it in steps of 10 ms. */
    record Runs(Series wallSeconds, double cpuSeconds) {}

    /** Leaves the cluster alone for a minute. */
    List<Idle> idle() throws InterruptedException {
        cluster.awaitHealthy(TestCluster.FAILOVER);
        TestNode primary = cluster.awaitPrimary();
        List<Double> before = cluster.nodes.stream()
                .map(node -> ProcessFigures.cpuSeconds(node.agentPid()))
                .toList();
        Thread.sleep(IDLE);
        var all = new ArrayList<Idle>();
        for (int i = 0; i < cluster.nodes.size(); i++) {
            TestNode node = cluster.nodes.get(i);
            double cpu = ProcessFigures.cpuSeconds(node.agentPid()) - before.get(i);
            all.add(new Idle(node == primary ? "leader" : "replica", ProcessFigures.memory(node.agentPid()), cpu));
        }
        return all;
    }

    /** Stops and starts a replica with its agent. */
    Start restartReplica() {
        cluster.awaitHealthy(TestCluster.FAILOVER);
        TestNode replica = cluster.replicas().getFirst();
        replica.stop();
        long begin = System.nanoTime();
        cluster.start(replica);
        while (!answers(replica)) {
            if (System.nanoTime() - begin > READY_LIMIT.toNanos()) {
                throw new AssertionError("no answer from " + replica.tail(40));
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
        double wall = (System.nanoTime() - begin) / 1e9;
        return new Start(wall, ProcessFigures.cpuSeconds(replica.agentPid()));
    }

    private static boolean answers(TestNode node) {
        try {
            return node.statusCode("/liveness") == 200;
        } catch (IOException _) {
            return false;
        }
    }

    /** CPU seconds of an agent from its start until it is a minute old. */
    double firstMinute() throws InterruptedException {
        restartReplica();
        TestNode replica = cluster.replicas().getFirst();
        Thread.sleep(IDLE);
        return ProcessFigures.cpuSeconds(replica.agentPid());
    }

    Runs patronictl(int times, String... arguments) {
        return measure(times, () -> cluster.patronictl(arguments));
    }

    /** A JVM with the options of the command line that does nothing. */
    Runs nothing(int times) throws IOException {
        Path classes = cluster.directory.resolve("nothing");
        Path file = classes.resolve(Nothing.class.getName().replace('.', '/') + ".class");
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        try (InputStream compiled = Objects.requireNonNull(Nothing.class.getResourceAsStream("Nothing.class"))) {
            Files.copy(compiled, file);
        }
        Machine.give(classes);
        var command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
        command.addAll(List.of(ctlOptions.split(" ")));
        command.addAll(List.of("-cp", classes.toString(), Nothing.class.getName()));
        return measure(times, () -> Machine.run(Machine.asUser(command)));
    }

    private static Runs measure(int times, Runnable program) {
        program.run(); // its files are in the page cache from now on
        double cpu = ProcessFigures.cpuSecondsOfEndedChildren();
        var walls = new ArrayList<Double>();
        for (int i = 0; i < times; i++) {
            long begin = System.nanoTime();
            program.run();
            walls.add((System.nanoTime() - begin) / 1e9);
        }
        return new Runs(new Series(walls), (ProcessFigures.cpuSecondsOfEndedChildren() - cpu) / times);
    }
}

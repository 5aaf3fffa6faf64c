package io.matriarch.acceptance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A cluster of real processes on this machine, with files of its own, that leaves nothing behind. */
public final class TestCluster implements AutoCloseable {

    public static final String SCOPE = "acceptance";
    public static final String SUPERUSER_PASSWORD = "zalando-not-really";

    /** A dynamic configuration that reacts soon; more parameters of PostgreSQL may follow. */
    static final String QUICK = """
        ttl: 20
        loop_wait: 1
        retry_timeout: 3
        postgresql:
          use_pg_rewind: true
        """;

    private static final String STORE_DIRECTORY = "<store directory>";
    public static final Duration FORMATION = Duration.ofSeconds(90);
    /** A lost lease (ttl 20) and everything that follows it, on a busy machine. */
    public static final Duration FAILOVER = Duration.ofSeconds(75);

    /** Which store the agents use. */
    public enum Store {
        ETCD,
        EMBEDDED
    }

    public final Store store;
    public final List<TestNode> nodes = new ArrayList<>();
    public final Path directory;
    private final String dynamic;
    final Path programs;
    public final @Nullable EtcdServer etcd;
    private final @Nullable Network network;
    /** What starts an agent; its configuration follows. */
    private List<String> agent;

    private TestCluster(Store store, int size, String dynamic, boolean namespaces) {
        this.store = store;
        this.dynamic = dynamic;
        this.directory = Machine.workspace();
        this.programs = install(directory);
        this.agent = List.of(programs.resolve("bin/patroni").toString());
        this.network = namespaces ? new Network(size) : null;
        this.etcd = store == Store.ETCD
                ? new EtcdServer(directory.resolve("etcd"), network == null ? "127.0.0.1" : network.hostAddress())
                : null;
        for (int i = 0; i < size; i++) {
            String address = network == null ? "127.0.0.1" : network.address(i);
            List<String> prefix = network == null ? List.of() : network.prefix(i);
            nodes.add(new TestNode("n" + i, address, directory, prefix));
        }
        String section = storeSection();
        for (TestNode node : nodes) {
            write(node.configuration(), configuration(node, dynamic, section));
        }
        Machine.give(directory);
    }

    /** Starts a cluster and waits until one leads and all others stream. */
    public static TestCluster start(Store store, int size, String dynamic) {
        return start(store, size, dynamic, false);
    }

    /** The same without an agent started: what stands in the nodes' places is the caller's. */
    static TestCluster unstarted(Store store, int size, String dynamic) {
        return new TestCluster(store, size, dynamic, false);
    }

    /** The same with each node in a network namespace of its own; needs root. */
    static TestCluster startInNamespaces(int size, String dynamic) {
        return start(Store.ETCD, size, dynamic, true);
    }

    /** The same with more in each node's configuration; the programs are in {@link #programs} already. */
    static TestCluster start(int size, String dynamic, BiFunction<TestCluster, String, UnaryOperator<String>> edit) {
        var cluster = new TestCluster(Store.ETCD, size, dynamic, false);
        try {
            for (TestNode node : cluster.nodes) {
                String configuration = cluster.configuration(node, dynamic, cluster.storeSection());
                write(node.configuration(), edit.apply(cluster, node.name).apply(configuration));
                Machine.give(node.configuration());
                cluster.start(node);
            }
            cluster.awaitHealthy(FORMATION);
        } catch (RuntimeException | Error e) {
            cluster.close();
            throw e;
        }
        return cluster;
    }

    /** One more node with a configuration of its own; it is not started. */
    TestNode add(String name, UnaryOperator<String> edit) {
        var node = new TestNode(name, "127.0.0.1", directory, List.of());
        write(node.configuration(), edit.apply(configuration(node, dynamic, storeSection())));
        Machine.give(node.configuration());
        nodes.add(node);
        return node;
    }

    /** The same with agents of another make: {@code command} is a line for the shell that a configuration's path follows. */
    public static TestCluster startOthers(String command, Store store, int size, String dynamic) {
        var cluster = new TestCluster(store, size, dynamic, false);
        cluster.agent = List.of("sh", "-c", "exec " + command + " \"$0\"");
        return started(cluster);
    }

    /** As many nodes beside a store; none is started. */
    public static TestCluster prepare(Store store, int size, String dynamic) {
        return new TestCluster(store, size, dynamic, false);
    }

    /** Nodes with configurations of the caller's, beside an etcd; none is started. */
    static TestCluster prepare(int size, BiFunction<TestCluster, TestNode, String> configuration) {
        var cluster = new TestCluster(Store.ETCD, size, "ttl: 30", false);
        for (TestNode node : cluster.nodes) {
            write(node.configuration(), configuration.apply(cluster, node));
            Machine.give(node.configuration());
        }
        return cluster;
    }

    private static TestCluster start(Store store, int size, String dynamic, boolean namespaces) {
        return started(new TestCluster(store, size, dynamic, namespaces));
    }

    private static TestCluster started(TestCluster cluster) {
        try {
            cluster.nodes.forEach(cluster::start);
            cluster.awaitHealthy(FORMATION);
        } catch (RuntimeException | Error e) {
            cluster.close();
            throw e;
        }
        return cluster;
    }

    /** The built programs, copied to where the unprivileged user can read them. */
    static Path install(Path directory) {
        Path target = directory.resolve("matriarch");
        Path checkout = Machine.checkout();
        Path built = checkout.resolve("distribution/target/matriarch");
        if (!Files.exists(built.resolve("complete"))) {
            throw new IllegalStateException("not built: mvn -DskipTests package");
        }
        Path distribution = target.resolve("distribution");
        try {
            Files.createDirectories(distribution.resolve("target"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        copy(checkout.resolve("bin"), target);

        copy(built, distribution.resolve("target"));
        return target;
    }

    private static void copy(Path from, Path into) {
        Machine.run(List.of("cp", "-a", from.toString(), into.toString()));
    }

    private String storeSection() {
        if (store == Store.ETCD && etcd != null) {
            return "etcd3:\n  host: " + etcd.endpoint() + "\n";
        }
        var section = new StringBuilder("embedded:\n  data_dir: " + STORE_DIRECTORY + "\n  members:\n");
        for (TestNode node : nodes) {
            section.append("    %s: %s:%d:%d:%d\n"
                    .formatted(node.name, node.address, Machine.freePort(), Machine.freePort(), Machine.freePort()));
        }
        return section.toString();
    }

    private String configuration(TestNode node, String dynamic, String storeSection) {
        String section = storeSection.replace(
                STORE_DIRECTORY, directory.resolve("store-" + node.name).toString());
        return """
            scope: acceptance
            name: %1$s
            restapi:
              listen: %2$s:%4$d
              connect_address: %2$s:%4$d
            %5$s
            bootstrap:
              dcs:
            %6$s
              initdb:
              - encoding: UTF8
              - data-checksums
              pg_hba:
              - local all all trust
              - host replication replicator 0.0.0.0/0 scram-sha-256
              - host all all 0.0.0.0/0 scram-sha-256
            postgresql:
              listen: %2$s:%3$d
              connect_address: %2$s:%3$d
              data_dir: %7$s
              bin_dir: %8$s
              pgpass: %7$s.pgpass
              use_unix_socket: true
              authentication:
                superuser:
                  username: postgres
                  password: %9$s
                replication:
                  username: replicator
                  password: rep-pass
              parameters:
                unix_socket_directories: %10$s
            matriarch:
              fence:
                directory: %10$s
            """.formatted(
                        node.name,
                        node.address,
                        node.postgresPort,
                        node.restPort,
                        section,
                        dynamic.indent(4).stripTrailing(),
                        node.data(),
                        Machine.postgresBin(),
                        SUPERUSER_PASSWORD,
                        directory);
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- what a test does with it

    public void start(TestNode node) {
        start(node, Map.of());
    }

    /** Starts the node's agent with more variables in its environment. */
    void start(TestNode node, Map<String, String> variables) {
        node.start(agent, variables);
    }

    TestNode node(String name) {
        return nodes.stream().filter(n -> n.name.equals(name)).findFirst().orElseThrow();
    }

    Optional<TestNode> primary() {
        List<TestNode> primaries = nodes.stream().filter(TestNode::isPrimary).toList();
        return primaries.size() == 1 ? Optional.of(primaries.getFirst()) : Optional.empty();
    }

    public TestNode awaitPrimary() {
        Await.until("one primary", FAILOVER, () -> primary().isPresent(), this::describe);
        return primary().orElseThrow();
    }

    public TestNode awaitPrimaryOtherThan(TestNode old) {
        Await.until(
                "a primary other than " + old.name,
                FAILOVER,
                () -> primary().filter(p -> p != old).isPresent(),
                this::describe);
        return primary().orElseThrow();
    }

    public List<TestNode> replicas() {
        TestNode primary = primary().orElseThrow();
        return nodes.stream().filter(n -> n != primary).toList();
    }

    /** One primary, every other node streams from it on the same timeline, and PostgreSQL agrees. */
    public void awaitHealthy(Duration limit) {
        Await.until("one primary and all others streaming", limit, this::isHealthy, this::describe);
    }

    private boolean isHealthy() throws Exception {
        TestNode primary = primary().orElse(null);
        if (primary == null) {
            return false;
        }
        int streaming =
                Integer.parseInt(primary.query("select count(*) from pg_stat_replication where state = 'streaming'"));
        if (streaming != nodes.size() - 1) {
            return false;
        }
        String timeline = primary.query("select timeline_id from pg_control_checkpoint()");
        JsonObject cluster = primary.json("/cluster");
        int good = 0;
        for (JsonElement element : cluster.getAsJsonArray("members")) {
            JsonObject member = element.getAsJsonObject();
            String state = member.get("state").getAsString();
            boolean leads = member.get("role").getAsString().equals("leader");
            boolean sameTimeline = member.has("timeline")
                    && member.get("timeline").getAsString().equals(timeline);
            if ((leads ? state.equals("running") : state.equals("streaming")) && sameTimeline) {
                good++;
            }
        }
        return good == nodes.size();
    }

    /** {@code synchronous_standby_names} is set and the standby confirmed. */
    void awaitSynchronous() {
        Await.until(
                "a synchronous standby",
                FORMATION,
                () -> {
                    TestNode primary = awaitPrimary();
                    boolean waits = primary.query(
                                    "select count(*) from pg_stat_replication where sync_state in ('sync','quorum')")
                            .equals("1");
                    JsonObject cluster = primary.json("/cluster");
                    return waits && cluster.toString().contains("sync_standby");
                },
                this::describe);
    }

    /** Runs {@code patronictl} with the first node's configuration and returns its output. */
    public String patronictl(String... arguments) {
        var command = new ArrayList<String>();
        command.add(programs.resolve("bin/patronictl").toString());
        command.add("-c");
        command.add(nodes.getFirst().configuration().toString());
        command.addAll(List.of(arguments));
        return Machine.run(Machine.asUser(command));
    }

    /** Runs the agent's program for one of its errands, with these variables, and returns its output. */
    String patroni(Map<String, String> variables, String... arguments) {
        var command = new ArrayList<String>();
        command.add("env");
        variables.forEach((name, value) -> command.add(name + "=" + value));
        command.add(programs.resolve("bin/patroni").toString());
        command.addAll(List.of(arguments));
        return Machine.run(Machine.asUser(command));
    }

    /** Runs one of our own commands and returns its output. */
    String matriarch(String... arguments) {
        var command = new ArrayList<String>();
        command.add(programs.resolve("bin/matriarch").toString());
        command.addAll(List.of(arguments));
        return Machine.run(Machine.asUser(command));
    }

    /** Runs {@code patronictl query} as the superuser and returns its output. */
    String query(String... arguments) {
        var command = new ArrayList<>(List.of("env", "PGUSER=postgres", "PGPASSWORD=" + SUPERUSER_PASSWORD));
        command.addAll(List.of(
                programs.resolve("bin/patronictl").toString(),
                "-c",
                nodes.getFirst().configuration().toString(),
                "query"));
        command.addAll(List.of(arguments));
        return Machine.run(Machine.asUser(command));
    }

    Network network() {
        if (network == null) {
            throw new IllegalStateException("not in namespaces");
        }
        return network;
    }

    /**
     * The URL of an application: all nodes, whichever is primary. The limit of a login is one for all hosts: it leaves room
     * for some that accept a connection and say nothing.
     */
    String applicationUrl() {
        String hosts = nodes.stream().map(n -> n.address + ":" + n.postgresPort).collect(Collectors.joining(","));
        return "jdbc:postgresql://" + hosts + "/postgres?targetServerType=primary&loginTimeout=10&connectTimeout=1"
                + "&socketTimeout=3&hostRecheckSeconds=0&user=postgres&password=" + SUPERUSER_PASSWORD;
    }

    public String describe() {
        return nodes.stream().map(n -> n.tail(40)).collect(Collectors.joining("\n"));
    }

    @Override
    public void close() {
        nodes.forEach(TestNode::destroy);
        if (etcd != null) {
            etcd.close();
        }
        if (network != null) {
            network.close();
        }
        Machine.delete(directory);
    }
}

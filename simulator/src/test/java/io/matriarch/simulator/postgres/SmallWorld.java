package io.matriarch.simulator.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.google.gson.JsonObject;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Role;
import io.matriarch.model.SlotName;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.ConfigTree;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.postgres.CloneSource;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.PromoteOutcome;
import io.matriarch.postgres.StartOutcome;
import io.matriarch.postgres.StartRequest;
import io.matriarch.postgres.StopRequest;
import io.matriarch.postgres.Upstream;
import io.matriarch.simulator.Chance;
import io.matriarch.simulator.EventQueue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Servers and nothing else: one thread that waits by letting the next events happen. */
final class SmallWorld implements EventQueue, TimeSource, Links, Reports {

    private static final Instant EPOCH = Instant.parse("2026-11-24T06:00:00Z");
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private record Due(long at, long number, Runnable event) implements Comparable<Due> {
        @Override
        public int compareTo(Due other) {
            return at != other.at ? Long.compare(at, other.at) : Long.compare(number, other.number);
        }
    }

    private final PriorityQueue<Due> due = new PriorityQueue<>();
    private final Chance chance;
    private final Set<String> cut = new HashSet<>();
    private final TreeMap<String, Node> nodes = new TreeMap<>();
    final List<String> log = new ArrayList<>();
    final List<String> violations = new ArrayList<>();
    final PostgresWorld postgres;
    private long now = 1;
    private long numbers;
    private long rows;

    SmallWorld() {
        this(PostgresTraits.calm(), 1);
    }

    SmallWorld(PostgresTraits traits, long seed) {
        chance = new Chance(seed);
        postgres = new PostgresWorld(this, this, this, traits);
    }

    static PostgresTraits withReload(Span reload) {
        PostgresTraits calm = PostgresTraits.calm();
        PostgresTraits.Times t = calm.times();
        return new PostgresTraits(
                new PostgresTraits.Times(
                        t.boot(),
                        t.fsync(),
                        t.apply(),
                        t.query(),
                        reload,
                        t.promote(),
                        t.checkpoint(),
                        t.checkpointInterval(),
                        t.stop(),
                        t.connect(),
                        t.initdb(),
                        t.copy()),
                calm.sizes(),
                calm.odds());
    }

    // ---- time

    @Override
    public MonotonicTime now() {
        return new MonotonicTime(now);
    }

    @Override
    public Instant wallClock() {
        return EPOCH.plusNanos(now);
    }

    @Override
    public void after(Duration delay, String what, Runnable event) {
        assertTrue(!delay.isNegative(), what);
        due.add(new Due(now + delay.toNanos(), numbers++, event));
    }

    @Override
    public RandomGenerator random() {
        return chance;
    }

    @Override
    public void sleep(Duration duration) {
        long end = now + duration.toNanos();
        while (!due.isEmpty() && due.peek().at() <= end) {
            Due next = due.remove();
            now = next.at();
            next.event().run();
        }
        now = end;
    }

    void pass(Duration duration) {
        sleep(duration);
    }

    /** Lets time pass until it holds. */
    void await(String what, BooleanSupplier condition) {
        long limit = now + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (now > limit) {
                fail("never: " + what + "\n" + tail());
            }
            sleep(Duration.ofMillis(10));
        }
    }

    private String tail() {
        return String.join("\n", log.subList(Math.max(log.size() - 30, 0), log.size()));
    }

    // ---- what happens

    @Override
    public Optional<Duration> latency(String from, String to) {
        return cut.contains(from + ">" + to) ? Optional.empty() : Optional.of(Duration.ofNanos(200_000));
    }

    void part(Node a, Node b) {
        cut.add(a.name + ">" + b.name);
        cut.add(b.name + ">" + a.name);
    }

    void join(Node a, Node b) {
        cut.remove(a.name + ">" + b.name);
        cut.remove(b.name + ">" + a.name);
    }

    @Override
    public void log(String host, String line) {
        log.add(wallClock() + " " + host + ": " + line);
    }

    @Override
    public void slotDropped(String host, String slot) {
        // Nothing is dropped against anybody's will here.
    }

    @Override
    public void violation(String host, String what) {
        violations.add(host + ": " + what);
    }

    boolean wasLogged(String host, String part) {
        return log.stream().anyMatch(line -> line.contains(" " + host + ": ") && line.contains(part));
    }

    // ---- nodes

    Node node(String name) {
        return nodes.computeIfAbsent(name, Node::new);
    }

    /** A running primary. */
    Node primary(String name) {
        Node node = node(name);
        assertTrue(node.agent.bootstrap());
        assertTrue(node.agent.postBootstrap());
        node.agent.callOnStart();
        return node;
    }

    /** A clone of {@code source} that streams from it. */
    Node replica(String name, Node source) {
        Node node = node(name);
        source.agent.applySlots(new io.matriarch.postgres.SlotPlan(
                List.of(new io.matriarch.postgres.SlotPlan.Action.Create(SlotName.of(name)))));
        assertTrue(node.agent.cloneFrom(new CloneSource(source.asUpstreamOf(node), false)));
        assertEquals(StartOutcome.STARTED, node.startFollowing(source));
        await(name + " streams", () -> node.isStreaming());
        return node;
    }

    /** A host and the agent on it. */
    final class Node {

        final String name;
        final PostgresHost host;
        PostgresTwin agent;

        private Node(String name) {
            this.name = name;
            this.host = postgres.addHost(name, SmallWorld.this::wallClock);
            this.agent = newAgent();
        }

        PostgresTwin newAgent() {
            return newAgent("{}");
        }

        PostgresTwin newAgent(String parameters) {
            try {
                LocalConfig local = LocalConfig.parse(
                        ConfigTree.parseYaml("test", """
                            scope: s
                            name: %s
                            restapi: {listen: "%s:8008"}
                            etcd3: {host: store}
                            bootstrap: {}
                            postgresql:
                              listen: "%s:5432"
                              connect_address: "%s:5432"
                              data_dir: /data
                              authentication: {superuser: {username: postgres}, replication: {username: replicator}}
                              use_pg_rewind: true
                              parameters: %s
                            """.formatted(name, name, name, name, parameters)));
                var dynamic = new JsonObject();
                var section = new JsonObject();
                section.addProperty("use_pg_rewind", true);
                dynamic.add("postgresql", section);
                return host.agent(local, new DynamicConfig(dynamic), SmallWorld.this);
            } catch (ConfigurationException e) {
                throw new AssertionError(e);
            }
        }

        /** The old agent is gone; a new one comes. */
        void replaceAgent() {
            agent.close();
            agent = newAgent();
            agent.attach();
        }

        Upstream asUpstreamOf(Node replica) {
            return new Upstream(name, name, 5432, "postgres", SlotName.of(replica.name), true, null);
        }

        StartOutcome startFollowing(@Nullable Node source) {
            return agent.start(
                    new StartRequest(Role.REPLICA, source == null ? null : source.asUpstreamOf(this), null, false));
        }

        StartOutcome startAsPrimary() {
            return agent.start(new StartRequest(Role.PRIMARY, null, null, false));
        }

        void stop() {
            agent.stop(StopRequest.fast(false, null));
        }

        void promote() {
            assertEquals(PromoteOutcome.PROMOTED, agent.promote(1, () -> true));
        }

        Snapshot look() {
            return agent.queryForRest().orElseThrow();
        }

        boolean isStreaming() {
            return agent.queryForRest()
                    .map(s -> "streaming".equals(s.walReceiverState()))
                    .orElse(false);
        }

        String control(String label) {
            return host.controlData().orElseThrow().fields().get(label);
        }

        String state() {
            return control("Database cluster state");
        }

        /** Commits one row and waits for what the client is told; null: nothing within the patience of a client. */
        Commit.@Nullable Outcome write() {
            return write(Duration.ofSeconds(2));
        }

        Commit.@Nullable Outcome write(Duration patience) {
            var told = new ArrayList<Commit.Outcome>();
            host.commit(++rows, told::add);
            long end = now + patience.toNanos();
            while (told.isEmpty() && now < end) {
                sleep(Duration.ofMillis(5));
            }
            return told.isEmpty() ? null : told.getFirst();
        }

        /** The number of the row that was written last. */
        long lastRow() {
            return rows;
        }

        boolean hasReplayed(Node primary) {
            return host.rows().equals(primary.host.rows());
        }
    }
}

package io.matriarch.simulator.cluster;

import com.google.gson.JsonPrimitive;
import io.matriarch.http.RestCall;
import io.matriarch.http.RestResult;
import io.matriarch.model.ClusterPath;
import io.matriarch.simulator.Network;
import io.matriarch.simulator.Scheduler;
import io.matriarch.simulator.StoreTwin;
import io.matriarch.simulator.Trace;
import io.matriarch.simulator.check.Invariant;
import io.matriarch.simulator.check.Violation;
import io.matriarch.simulator.etcd.EtcdCluster;
import io.matriarch.simulator.postgres.PostgresTraits;
import io.matriarch.simulator.postgres.PostgresWorld;
import io.matriarch.simulator.postgres.Reports;
import io.matriarch.simulator.zookeeper.ZooKeeperEnsemble;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/** One cluster, its store, the network between them: everything that one seed decides. */
public final class World implements AutoCloseable {

    /** The cluster's name. */
    public static final String SCOPE = "demo";

    /** Which consensus store a world has. */
    public enum Store {
        ETCD("etcd1", "etcd2", "etcd3"),
        ZOOKEEPER("zk1", "zk2", "zk3");

        private final List<String> members;

        Store(String... members) {
            this.members = List.of(members);
        }
    }

    private final ClusterPath path = ClusterPath.of("service", SCOPE);
    private final Scheduler scheduler;
    private final Network network;
    private final Store kind;
    private final StoreTwin store;
    private final PostgresWorld postgres;
    private final TreeMap<String, Host> hosts = new TreeMap<>();
    /** Hosts of other clusters. */
    private final TreeMap<String, Host> strangers = new TreeMap<>();

    private long restCalls;
    private BiConsumer<Host, RestExchange> restListener = (_, _) -> {};
    private BiConsumer<Host, String> slotListener = (_, _) -> {};

    /** A world with etcd. */
    public World(long seed, Trace trace, PostgresTraits traits) {
        this(seed, trace, traits, Store.ETCD);
    }

    public World(long seed, Trace trace, PostgresTraits traits, Store kind) {
        this.scheduler = new Scheduler(seed, trace);
        this.network = new Network(scheduler);
        this.kind = kind;
        this.store = switch (kind) {
            case ETCD -> new EtcdCluster(scheduler, network, kind.members);
            case ZOOKEEPER -> new ZooKeeperEnsemble(scheduler, network, kind.members);
        };
        this.postgres = new PostgresWorld(scheduler, network::packet, new ServerReports(), traits);
    }

    private final class ServerReports implements Reports {

        @Override
        public void log(String host, String line) {
            scheduler.note(host, "postgres: " + line);
        }

        @Override
        public void slotDropped(String host, String slot) {
            slotListener.accept(host(host), slot);
        }

        @Override
        public void violation(String host, String what) {
            scheduler.fail(new Violation(Invariant.I4, host + ": " + what));
        }
    }

    public Scheduler scheduler() {
        return scheduler;
    }

    public Network network() {
        return network;
    }

    public StoreTwin store() {
        return store;
    }

    /** For what only etcd knows. */
    public EtcdCluster etcd() {
        if (store instanceof EtcdCluster etcd) {
            return etcd;
        }
        throw new IllegalStateException("the store of this world is " + kind);
    }

    PostgresWorld postgres() {
        return postgres;
    }

    /** Where the cluster's keys lie in the store. */
    public ClusterPath path() {
        return path;
    }

    /** How often a program called the REST API of a host since the world began. */
    public long restCalls() {
        return restCalls;
    }

    void countRestCall() {
        restCalls++;
    }

    /** What an agent answers to a request, at the moment in which it does. */
    public record RestExchange(RestCall call, RestResult result) {}

    /** Who is told of every answer of an agent. */
    public void onRestAnswer(BiConsumer<Host, RestExchange> listener) {
        restListener = listener;
    }

    /** Who is told of every slot that an agent drops. */
    public void onDroppedSlot(BiConsumer<Host, String> listener) {
        slotListener = listener;
    }

    void answered(Host host, RestCall call, RestResult result) {
        restListener.accept(host, new RestExchange(call, result));
    }

    // ---- hosts

    /** Adds a host with the usual configuration and an empty disk; its agent is not started. */
    public Host addHost(String name) {
        return addHost(name, UnaryOperator.identity());
    }

    /** Adds a host whose configuration differs from the usual one. */
    public Host addHost(String name, UnaryOperator<NodeConfig> different) {
        var host = new Host(this, different.apply(NodeConfig.of(name, kind, kind.members)));
        if (hosts.putIfAbsent(name, host) != null) {
            throw new IllegalArgumentException("two hosts named " + name);
        }
        return host;
    }

    /** Adds a host that is a cluster of its own in the same store, for a standby cluster to follow. */
    public Host addStranger(String name) {
        NodeConfig usual = NodeConfig.of(name, kind, kind.members);
        var host = new Host(this, usual.with("scope", new JsonPrimitive("of-" + name)));
        strangers.put(name, host);
        return host;
    }

    public Host host(String name) {
        Host host = hosts.getOrDefault(name, strangers.get(name));
        if (host == null) {
            throw new IllegalArgumentException("no host " + name);
        }
        return host;
    }

    public boolean hasHost(String name) {
        return hosts.containsKey(name) || strangers.containsKey(name);
    }

    public Collection<Host> hosts() {
        return hosts.values();
    }

    /** The hosts whose server accepts writes at this moment. */
    public List<Host> writable() {
        var writable = new ArrayList<Host>();
        for (Host host : hosts.values()) {
            if (host.postgres().isWritable()) {
                writable.add(host);
            }
        }
        return writable;
    }

    // ---- time

    public void run(Duration duration) {
        scheduler.run(duration);
    }

    /** Lets the world live until the condition holds; false when the time is over before that. */
    public boolean runUntil(BooleanSupplier condition, Duration atMost) {
        return scheduler.runUntil(condition, atMost);
    }

    @Override
    public void close() {
        scheduler.close();
    }
}

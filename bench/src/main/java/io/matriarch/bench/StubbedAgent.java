package io.matriarch.bench;

import io.matriarch.agent.AgentLife;
import io.matriarch.agent.config.KeptConfig;
import io.matriarch.agent.cycle.FakePostgres;
import io.matriarch.agent.cycle.Journal;
import io.matriarch.agent.cycle.LeaseGuard;
import io.matriarch.agent.cycle.Node;
import io.matriarch.agent.cycle.PromiseRecord;
import io.matriarch.agent.cycle.Settings;
import io.matriarch.agent.meters.Meters.Work;
import io.matriarch.agent.node.NodeControl;
import io.matriarch.agent.node.NodeStatus;
import io.matriarch.agent.peers.Peers;
import io.matriarch.agent.rest.RestApi;
import io.matriarch.config.ConfigSource;
import io.matriarch.engine.Situation;
import io.matriarch.engine.Verdict;
import io.matriarch.http.RestCaller;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.model.config.RestSettings;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.postgres.Postmaster;
import io.matriarch.store.StoreConfigurationException;
import io.matriarch.store.StoreContext;
import io.matriarch.store.etcd.EtcdStoreProvider;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * An agent of production: its cycle, its threads, its clock and its client of etcd. What no machine has a thousand times
 * is replaced: PostgreSQL by a stub, the sockets of the REST APIs by calls within this JVM, files by nothing.
 */
final class StubbedAgent implements AgentLife.Ports {

    private static final String SECTION = "etcd3";

    private final String name;
    private final PostgresInstance postgres;
    private final DynamicConfig dynamic;
    private final NearbyApis apis;
    private final AgentLife life;
    private final AtomicLong longestCycle = new AtomicLong();
    private @Nullable Thread thread;

    /**
     * One member of a cluster.
     *
     * @param host what this machine is called by this agent alone; also the agent's own name
     * @param etcdPort where etcd is on that host
     */
    StubbedAgent(
            String scope, String host, int etcdPort, FakePostgres postgres, DynamicConfig dynamic, NearbyApis apis) {
        this.name = host;
        this.postgres = postgres;
        this.dynamic = dynamic;
        this.apis = apis;
        // A list with use_proxies stays as it is; else etcd's own address would replace the name.
        String configuration = """
            {"scope": "%1$s", "name": "%2$s",
             "etcd3": {"hosts": "%2$s:%3$d", "use_proxies": true},
             "watchdog": {"mode": "off"}, "matriarch": {"fence": {"mode": "off"}},
             "restapi": {"listen": "%2$s:8008", "connect_address": "%2$s:8008"},
             "postgresql": {
               "listen": "%2$s:5432", "connect_address": "%2$s:5432", "data_dir": "/nowhere/%2$s",
               "authentication": {
                 "superuser": {"username": "postgres", "password": "secret"},
                 "replication": {"username": "replicator", "password": "secret"}}}}
            """.formatted(scope, host, etcdPort);
        this.life = new AgentLife(ConfigSource.of(null, Map.of("PATRONI_CONFIGURATION", configuration)), this);
    }

    String name() {
        return name;
    }

    void start() {
        thread = Thread.ofPlatform().name("cycle").daemon().start(() -> {
            try {
                int code = life.run(life.configure());
                if (code != 0) {
                    System.err.println("bench: agent " + name + " ended with exit code " + code);
                }
            } catch (ConfigurationException e) {
                throw new IllegalStateException("the configuration of an agent is wrong", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Asks for an orderly end; {@link #awaitEnd} waits for it. */
    void requestStop() {
        Node node = life.node();
        if (node != null) {
            node.requestStop();
        }
    }

    /** False: it is still at work. */
    boolean awaitEnd(Duration limit) throws InterruptedException {
        return thread == null || thread.join(limit);
    }

    boolean leads() {
        Node node = life.node();
        return node != null && node.leaderFlag().isLeader();
    }

    long cycles() {
        Node node = life.node();
        return node == null ? 0 : node.meters().of(Work.CYCLE).count();
    }

    /** The longest cycle since the last call. */
    Duration longestCycle() {
        return Duration.ofNanos(longestCycle.getAndSet(0));
    }

    // ---- ports

    @Override
    public TimeSource time() {
        return TimeSource.system();
    }

    @Override
    public Threads threads() {
        return Threads.system();
    }

    @Override
    public RandomGenerator random() {
        return RandomGenerator.getDefault();
    }

    @Override
    public AgentLife.OpenedStore store(LocalConfig local) throws StoreConfigurationException {
        var context = new StoreContext(
                local.path(),
                local.name(),
                Json.object(local.document(), SECTION).orElseThrow(),
                Timing.DEFAULT,
                time());
        return new AgentLife.OpenedStore(new EtcdStoreProvider().openForAgent(context), SECTION);
    }

    @Override
    public RestCaller restClient(LocalConfig local) {
        return apis;
    }

    @Override
    public PostgresInstance postgres(LocalConfig local, DynamicConfig dynamic) {
        return postgres;
    }

    @Override
    public LeaseGuard guard(LocalConfig local, Settings settings, Runnable wakeUp) {
        return new LeaseGuard() {
            @Override
            public void holdUntil(Postmaster postmaster, MonotonicTime leaseEnd) {}

            @Override
            public void release() {}
        };
    }

    @Override
    public KeptConfig keptConfig(Path dataDirectory) {
        return new KeptConfig() {
            @Override
            public Optional<DynamicConfig> read() {
                return Optional.of(dynamic);
            }

            @Override
            public void save(DynamicConfig config) {}
        };
    }

    @Override
    public PromiseRecord promises(Path dataDirectory) {
        return PromiseRecord.NONE;
    }

    @Override
    public Journal journal(LocalConfig local, Settings settings) {
        return new Journal() {
            @Override
            public void record(Verdict verdict, Situation situation) {}

            @Override
            public void published(NodeStatus status) {
                Node node = life.node();
                if (node != null) {
                    longestCycle.accumulateAndGet(
                            node.meters().of(Work.CYCLE).last().toNanos(), Math::max);
                }
            }
        };
    }

    @Override
    public AgentLife.Api serve(NodeControl node, Peers peers, PostgresInstance server, RestSettings settings) {
        apis.open(name, new RestApi(node, peers, server::queryForRest, settings, time(), threads()));
        return new AgentLife.Api() {
            @Override
            public void reload(RestSettings changed) {
                // There are no sockets and no certificates.
            }

            @Override
            public void close() {
                apis.close(name);
            }
        };
    }

    @Override
    public void applied(Settings settings, boolean explicit) {
        // The log is this program's, not one agent's.
    }
}

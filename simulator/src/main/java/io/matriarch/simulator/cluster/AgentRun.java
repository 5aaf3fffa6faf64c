package io.matriarch.simulator.cluster;

import io.matriarch.agent.AgentLife;
import io.matriarch.agent.config.KeptConfig;
import io.matriarch.agent.cycle.Journal;
import io.matriarch.agent.cycle.LeaseGuard;
import io.matriarch.agent.cycle.Node;
import io.matriarch.agent.cycle.PromiseRecord;
import io.matriarch.agent.cycle.Settings;
import io.matriarch.agent.cycle.Watchdog;
import io.matriarch.agent.node.NodeControl;
import io.matriarch.agent.peers.Peers;
import io.matriarch.agent.rest.RestApi;
import io.matriarch.agent.watchdog.DeviceWatchdog;
import io.matriarch.config.ConfigSource;
import io.matriarch.engine.Step;
import io.matriarch.http.RestCall;
import io.matriarch.http.RestCaller;
import io.matriarch.http.RestResult;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.model.config.RestSettings;
import io.matriarch.model.config.WatchdogSettings;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.simulator.Program;
import io.matriarch.simulator.ProgramThreads;
import io.matriarch.simulator.Scheduler;
import io.matriarch.simulator.etcd.EtcdCluster;
import io.matriarch.simulator.etcd.EtcdConnection;
import io.matriarch.simulator.postgres.PostgresTwin;
import io.matriarch.simulator.zookeeper.ZooKeeperEnsemble;
import io.matriarch.store.StoreConfigurationException;
import io.matriarch.store.StoreContext;
import io.matriarch.store.StoreProvider;
import io.matriarch.store.etcd.EtcdStoreProvider;
import io.matriarch.store.zookeeper.ZooKeeperStoreProvider;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One process of an agent: {@link AgentLife} with ports that lead into the world. */
final class AgentRun implements AgentLife.Ports {

    private final Host host;
    private final Program program;
    private final ProgramThreads threads;
    private final RandomGenerator lots;
    private final AgentLife life;
    private @Nullable RestApi api;
    private @Nullable Integer exitCode;

    AgentRun(Host host, Program program, int number) {
        this.host = host;
        this.program = program;
        this.threads = new ProgramThreads(scheduler(), program);
        this.lots = scheduler().random("agent " + host.name() + " " + number);
        String configuration = Json.compact(host.config().document());
        this.life = new AgentLife(ConfigSource.of(null, Map.of("PATRONI_CONFIGURATION", configuration)), this);
    }

    private Scheduler scheduler() {
        return host.world().scheduler();
    }

    Program program() {
        return program;
    }

    @Nullable
    Node node() {
        return life.node();
    }

    Optional<Integer> exitCode() {
        return Optional.ofNullable(exitCode);
    }

    void start() {
        threads.start("cycle", this::live);
    }

    private void live() {
        int code;
        try {
            code = life.run(life.configure());
        } catch (ConfigurationException e) {
            throw new IllegalStateException("the configuration of a simulated node is wrong", e);
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts a fiber", e);
        }
        exitCode = code;
        scheduler().note(host.name(), "agent ended with exit code " + code);
        program.kill();
    }

    /** Answers a REST request on a fiber of its own, as the real server does on a thread. */
    void request(RestCall call, Consumer<RestResult> reply) {
        RestApi open = api;
        if (open == null) {
            reply.accept(new RestResult.Failed("Connection refused", false));
        } else {
            threads.start("rest", () -> reply.accept(open.answer(call.method(), URI.create(call.url()), call.body())));
        }
    }

    // ---- ports

    @Override
    public TimeSource time() {
        return host.clock();
    }

    @Override
    public Threads threads() {
        return threads;
    }

    @Override
    public RandomGenerator random() {
        return lots;
    }

    @Override
    public AgentLife.OpenedStore store(LocalConfig local) throws StoreConfigurationException {
        StoreProvider provider = switch (host.world().store()) {
            case EtcdCluster etcd -> {
                var connection = new EtcdConnection(scheduler(), etcd, host.name());
                program.atEnd(connection::close);
                yield new EtcdStoreProvider(connection, threads, lots);
            }
            case ZooKeeperEnsemble ensemble ->
                new ZooKeeperStoreProvider(ensemble.ports(program, host.name(), threads));
            default ->
                throw new IllegalStateException("no client for " + host.world().store());
        };
        String section = provider.sections().getFirst();
        var context = new StoreContext(
                local.path(),
                local.name(),
                Json.object(local.document(), section).orElseThrow(),
                Timing.DEFAULT,
                host.clock());
        return new AgentLife.OpenedStore(provider.openForAgent(context), section);
    }

    @Override
    public RestCaller restClient(LocalConfig local) {
        return new SimulatedRestClient(host.world(), host.name());
    }

    @Override
    public PostgresInstance postgres(LocalConfig local, DynamicConfig dynamic) throws ConfigurationException {
        PostgresTwin twin = host.postgres().agent(local, dynamic, host.clock());
        program.atEnd(twin::close);
        return twin;
    }

    @Override
    public LeaseGuard guard(LocalConfig local, Settings settings, Runnable wakeUp) {
        return local.fence().enabled()
                ? host.fence().client(program, wakeUp)
                : host.fence().disarming(program);
    }

    @Override
    public Watchdog watchdog(LocalConfig local, Settings settings) {
        return new DeviceWatchdog(_ -> host.watchdog().device(), WatchdogSettings.of(local), settings.timing());
    }

    @Override
    public KeptConfig keptConfig(Path dataDirectory) {
        return new KeptConfig() {
            @Override
            public Optional<DynamicConfig> read() {
                return host.keptConfig();
            }

            @Override
            public void save(DynamicConfig config) {
                host.keepConfig(config);
            }
        };
    }

    @Override
    public PromiseRecord promises(Path dataDirectory) {
        return host.promises();
    }

    @Override
    public Journal journal(LocalConfig local, Settings settings) {
        return (verdict, situation) -> {
            if (verdict.step() instanceof Step.Promote && !verdict.reasons().isEmpty()) {
                host.journalPromotion();
            }
            if (scheduler().trace().isWanted()) {
                scheduler().note(host.name(), "verdict: " + verdict);
            }
        };
    }

    @Override
    public AgentLife.Api serve(NodeControl node, Peers peers, PostgresInstance postgres, RestSettings settings) {
        api = new RestApi(node, peers, postgres::queryForRest, settings, host.clock(), threads);
        return new AgentLife.Api() {
            @Override
            public void reload(RestSettings changed) {
                // Nothing of it matters here: there are no sockets and no certificates.
            }

            @Override
            public void close() {
                api = null;
            }
        };
    }

    @Override
    public void applied(Settings settings, boolean explicit) {
        // Log settings mean nothing here.
    }
}

package io.matriarch.agent;

import static java.util.Objects.requireNonNullElse;

import io.matriarch.agent.config.KeptConfig;
import io.matriarch.agent.cycle.Journal;
import io.matriarch.agent.cycle.LeaseGuard;
import io.matriarch.agent.cycle.Node;
import io.matriarch.agent.cycle.NodeIdentity;
import io.matriarch.agent.cycle.PromiseRecord;
import io.matriarch.agent.cycle.ReplicationSlotKeeper;
import io.matriarch.agent.cycle.ServiceManager;
import io.matriarch.agent.cycle.Settings;
import io.matriarch.agent.cycle.SynchronousSetKeeper;
import io.matriarch.agent.cycle.Watchdog;
import io.matriarch.agent.logging.LogLevel;
import io.matriarch.agent.meters.MeteredPeers;
import io.matriarch.agent.meters.MeteredStore;
import io.matriarch.agent.meters.Meters;
import io.matriarch.agent.node.NodeControl;
import io.matriarch.agent.peers.HttpPeers;
import io.matriarch.agent.peers.Peers;
import io.matriarch.agent.rest.RestServerException;
import io.matriarch.config.ConfigSource;
import io.matriarch.http.RestCaller;
import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Member;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.BootstrapSettings;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.model.config.RestSettings;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.store.AgentStore;
import io.matriarch.store.StoreConfigurationException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The life of one agent from its configuration to its exit code, in the order of contract watchdog-and-process.md 2:
 * store, name, PostgreSQL, REST API, loop. What it touches of the world are {@link Ports}.
 */
public final class AgentLife {

    private static final String LOGGER = "patroni.__main__";

    private final Ports ports;
    private final Configurations configurations;
    private final AtomicReference<@Nullable Node> running = new AtomicReference<>();
    private final AtomicReference<@Nullable Api> rest = new AtomicReference<>();
    private final AtomicReference<@Nullable RestCaller> caller = new AtomicReference<>();

    /** What production and simulator fill differently. */
    public interface Ports {

        TimeSource time();

        Threads threads();

        RandomGenerator random();

        /** Opens the store that the configuration names; does not wait for its servers. */
        OpenedStore store(LocalConfig local) throws StoreConfigurationException;

        RestCaller restClient(LocalConfig local);

        PostgresInstance postgres(LocalConfig local, DynamicConfig dynamic) throws ConfigurationException;

        /** @param wakeUp told when the guarded postmaster has ended */
        LeaseGuard guard(LocalConfig local, Settings settings, Runnable wakeUp) throws InterruptedException;

        /** The device that ends the host; {@link Watchdog#NONE}: there is none. */
        default Watchdog watchdog(LocalConfig local, Settings settings) {
            return Watchdog.NONE;
        }

        /** Who started this process. */
        default ServiceManager manager() {
            return ServiceManager.NONE;
        }

        /** The copy of the dynamic configuration beside this data directory. */
        KeptConfig keptConfig(Path dataDirectory);

        /** Keeps decisions for people who ask why; ended with {@link #closeJournal}. */
        Journal journal(LocalConfig local, Settings settings);

        /** What binds the next process of this member. */
        PromiseRecord promises(Path dataDirectory);

        /** Writes what is left of the journal. */
        default void closeJournal() {}

        /** Answers REST requests until it is closed. */
        Api serve(NodeControl node, Peers peers, PostgresInstance postgres, RestSettings settings)
                throws RestServerException;

        /** New settings are in force; {@code explicit}: because somebody asked for a reload. */
        void applied(Settings settings, boolean explicit);
    }

    /** A store and the name of the section that chose it. */
    public record OpenedStore(AgentStore store, String section) {}

    /** The REST API at work. */
    public interface Api extends AutoCloseable {

        void reload(RestSettings settings);

        @Override
        void close();
    }

    public AgentLife(ConfigSource source, Ports ports) {
        this.ports = ports;
        this.configurations = new Configurations(source, ports::keptConfig, this::applied);
    }

    /** Reads the local configuration. */
    public LocalConfig configure() throws ConfigurationException {
        return configurations.first();
    }

    /**
     * Runs until the process should end.
     *
     * @param local as {@link #configure} read it
     * @return the exit code
     */
    public int run(LocalConfig local) throws InterruptedException {
        configurations.announce(local);
        try {
            return live(local);
        } catch (ConfigurationException | StoreConfigurationException | RestServerException e) {
            LogLevel.critical(LOGGER, e.getMessage() == null ? e.toString() : e.getMessage());
            return 1;
        }
    }

    private int live(LocalConfig local)
            throws InterruptedException, ConfigurationException, StoreConfigurationException, RestServerException {
        OpenedStore opened = ports.store(local);
        var meters = new Meters();
        try (var store = new MeteredStore(opened.store(), meters, ports.time())) {
            ClusterView view = StartDelay.awaitStore(store, opened.section(), ports.time());
            var firstCaller = ports.restClient(local);
            caller.set(firstCaller);
            var calls = new HttpPeers(
                    call -> requireNonNullElse(caller.get(), firstCaller).start(call));
            var peers = new MeteredPeers(calls, meters, ports.time());
            Member twin = view.member(local.name()).orElse(null);
            if (twin != null && peers.isAlive(twin)) {
                LogLevel.critical(
                        LOGGER,
                        "Can't start; there is already a node named '" + local.name()
                                + "' running. It answers at " + twin.apiUrl().orElse("")
                                + "; give this node another name, or stop that one");
                return 1;
            }
            Settings settings = Configurations.settings(local, firstDynamic(local, view));
            store.applyTiming(settings.timing());
            try (var postgres = ports.postgres(local, settings.dynamic())) {
                postgres.attach();
                var node = new Node(
                        new Node.NodeParts(
                                store,
                                postgres,
                                peers,
                                ports.guard(local, settings, this::wakeUp),
                                ports.watchdog(local, settings),
                                SynchronousSetKeeper::new,
                                new ReplicationSlotKeeper(postgres),
                                ports.journal(local, settings),
                                ports.manager(),
                                meters,
                                ports.promises(settings.postgres().dataDir()),
                                configurations,
                                ports.time(),
                                ports.threads(),
                                ports.random()),
                        new NodeIdentity(local.scope(), local.name()),
                        settings);
                return serve(node, peers, postgres, local);
            }
        }
    }

    private int serve(Node node, Peers peers, PostgresInstance postgres, LocalConfig local)
            throws InterruptedException, RestServerException {
        try (var api = ports.serve(node, peers, postgres, local.restapi())) {
            rest.set(api);
            running.set(node);
            return node.run();
        } finally {
            rest.set(null);
            ports.closeJournal();
        }
    }

    /** What is in force before the first cycle: the store's document, else our copy of it, else the bootstrap section. */
    private DynamicConfig firstDynamic(LocalConfig local, ClusterView view) throws ConfigurationException {
        if (view.config() != null && view.config().hasContent()) {
            return view.config().config();
        }
        BootstrapSettings bootstrap = local.bootstrap();
        return configurations.kept(local).orElse(bootstrap == null ? DynamicConfig.EMPTY : bootstrap.dcs());
    }

    private void applied(Settings settings, boolean explicit) {
        ports.applied(settings, explicit);
        Api api = rest.get();
        if (api != null && explicit) {
            // certificates may be new under their old names
            caller.set(ports.restClient(settings.local()));
            api.reload(settings.local().restapi());
        }
    }

    private void wakeUp() {
        Node node = running.get();
        if (node != null) {
            node.wakeUp();
        }
    }

    /** The node once its loop runs; null before. */
    public @Nullable Node node() {
        return running.get();
    }
}

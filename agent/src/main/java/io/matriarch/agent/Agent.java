package io.matriarch.agent;

import io.matriarch.agent.cycle.Node;
import io.matriarch.agent.cycle.NodeIdentity;
import io.matriarch.agent.cycle.PhysicalSlotKeeper;
import io.matriarch.agent.cycle.Settings;
import io.matriarch.agent.cycle.SynchronousSetKeeper;
import io.matriarch.agent.cycle.LeaseGuard;
import io.matriarch.agent.fence.FenceLocation;
import io.matriarch.agent.fence.ProcessFence;
import io.matriarch.agent.fence.UnfencedGuard;
import io.matriarch.agent.logging.LogLevel;
import io.matriarch.agent.logging.LogSettings;
import io.matriarch.agent.logging.Logging;
import io.matriarch.agent.peers.HttpPeers;
import io.matriarch.agent.rest.RestServer;
import io.matriarch.agent.rest.RestServerException;
import io.matriarch.config.ConfigSource;
import io.matriarch.http.RestClient;
import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Member;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.model.config.BootstrapSettings;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.postgres.ManagedPostgres;
import io.matriarch.store.StoreConfigurationException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The life of one agent process, in the order of contract watchdog-and-process.md 2: configuration, store, name,
 * PostgreSQL, REST API, loop.
 */
final class Agent {

    private static final Logger LOG = System.getLogger("patroni.__main__");

    private final Logging logging;
    private final TimeSource time = TimeSource.system();
    private final AtomicReference<@Nullable Node> running = new AtomicReference<>();
    private final AtomicReference<@Nullable RestServer> rest = new AtomicReference<>();

    Agent(Logging logging) {
        this.logging = logging;
    }

    /**
     * Runs until the process should end.
     *
     * @return the exit code
     */
    int run(ConfigSource source) throws InterruptedException {
        Signals.on(this::stop, "TERM", "INT");
        Signals.on(this::reload, "HUP");
        var configurations = new Configurations(source, this::applied);
        LocalConfig local;
        try {
            local = configurations.first();
        } catch (ConfigurationException e) {
            System.err.println(e.getMessage()); // how to log is not known yet
            return 1;
        }
        logging.apply(LogSettings.parse(local.document()));
        configurations.announce(local);
        try {
            return run(local, configurations);
        } catch (ConfigurationException | StoreConfigurationException | RestServerException e) {
            LogLevel.critical(LOG.getName(), e.getMessage() == null ? e.toString() : e.getMessage());
            return 1;
        }
    }

    private int run(LocalConfig local, Configurations configurations)
            throws InterruptedException, ConfigurationException, StoreConfigurationException, RestServerException {
        var opened = Stores.open(local, Timing.DEFAULT, time);
        try (var store = opened.store()) {
            ClusterView view = StartDelay.awaitStore(store, opened.section(), time);
            var client = new RestClient(local.ctl(), true);
            var peers = new HttpPeers(client);
            Member twin = view.member(local.name()).orElse(null);
            if (twin != null && peers.isAlive(twin)) {
                LogLevel.critical(
                        LOG.getName(), "Can't start; there is already a node named '" + local.name() + "' running");
                return 1;
            }
            Settings settings = Configurations.settings(local, firstDynamic(local, view, configurations));
            store.applyTiming(settings.timing());
            try (var postgres = new ManagedPostgres(local, settings.dynamic(), time)) {
                postgres.attach();
                LeaseGuard guard = guard(local, settings);
                var node = new Node(
                        new Node.NodeParts(
                                store,
                                postgres,
                                peers,
                                guard,
                                SynchronousSetKeeper::new,
                                new PhysicalSlotKeeper(postgres),
                                (verdict, situation) -> {},
                                configurations,
                                time,
                                Threads.system(),
                                RandomGenerator.getDefault()),
                        new NodeIdentity(local.scope(), local.name()),
                        settings);
                return serve(node, peers, postgres, local);
            }
        }
    }

    private LeaseGuard guard(LocalConfig local, Settings settings) {
        if (!local.fence().enabled()) {
            LOG.log(Level.INFO, "the fence is switched off (matriarch.fence.mode)");
            return new UnfencedGuard();
        }
        Path program = FenceLocation.program().orElse(null);
        if (program == null) {
            LOG.log(
                    Level.ERROR,
                    "the fence's program is missing: if this agent stops, nothing stops PostgreSQL when the lease ends; "
                            + "build it with fence/build.sh, or set matriarch.fence.mode: off");
            return new UnfencedGuard();
        }
        try {
            Path socket =
                    FenceLocation.socket(local.fence(), settings.postgres().dataDir(), System.getenv());
            return new ProcessFence(program, socket, time, this::wakeUp);
        } catch (IOException e) {
            LOG.log(Level.ERROR, "the fence cannot work: {0}", e.getMessage());
            return new UnfencedGuard();
        }
    }

    private void wakeUp() {
        Node node = running.get();
        if (node != null) {
            node.wakeUp();
        }
    }

    private int serve(Node node, HttpPeers peers, ManagedPostgres postgres, LocalConfig local)
            throws InterruptedException, RestServerException {
        try (var server = new RestServer(node, peers, postgres::queryForRest, time)) {
            server.start(local.restapi());
            rest.set(server);
            running.set(node);
            return node.run();
        } finally {
            rest.set(null);
        }
    }

    /** What is in force before the first cycle: the store's document, else our copy of it, else the bootstrap section. */
    private static DynamicConfig firstDynamic(LocalConfig local, ClusterView view, Configurations configurations)
            throws ConfigurationException {
        if (view.config() != null && view.config().hasContent()) {
            return view.config().config();
        }
        BootstrapSettings bootstrap = local.bootstrap();
        return configurations.kept(local).orElse(bootstrap == null ? DynamicConfig.EMPTY : bootstrap.dcs());
    }

    private void applied(Settings settings, boolean explicit) {
        if (explicit) {
            logging.apply(LogSettings.parse(settings.local().document()));
        }
        RestServer server = rest.get();
        if (server != null && explicit) {
            server.reload(settings.local().restapi());
        }
    }

    private void stop() {
        Node node = running.get();
        if (node == null) {
            // Nothing was touched yet: there is nothing to end in an orderly way.
            Runtime.getRuntime().halt(0);
        } else {
            node.requestStop();
        }
    }

    private void reload() {
        Node node = running.get();
        if (node != null) {
            node.requestReload();
        }
    }
}

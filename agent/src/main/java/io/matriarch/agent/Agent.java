package io.matriarch.agent;

import io.matriarch.agent.config.DynamicConfigCache;
import io.matriarch.agent.config.KeptConfig;
import io.matriarch.agent.cycle.FilePromiseRecord;
import io.matriarch.agent.cycle.Journal;
import io.matriarch.agent.cycle.LeaseGuard;
import io.matriarch.agent.cycle.Node;
import io.matriarch.agent.cycle.PromiseRecord;
import io.matriarch.agent.cycle.ServiceManager;
import io.matriarch.agent.cycle.Settings;
import io.matriarch.agent.cycle.Watchdog;
import io.matriarch.agent.fence.FenceLocation;
import io.matriarch.agent.fence.ProcessFence;
import io.matriarch.agent.fence.UnfencedGuard;
import io.matriarch.agent.journal.FileJournal;
import io.matriarch.agent.logging.LogSettings;
import io.matriarch.agent.logging.Logging;
import io.matriarch.agent.meters.Meters.LogBacklog;
import io.matriarch.agent.node.NodeControl;
import io.matriarch.agent.page.LivePage;
import io.matriarch.agent.page.Surroundings;
import io.matriarch.agent.peers.Peers;
import io.matriarch.agent.rest.RestServer;
import io.matriarch.agent.rest.RestServerException;
import io.matriarch.agent.system.HeapTrim;
import io.matriarch.agent.system.Systemd;
import io.matriarch.agent.watchdog.DeviceWatchdog;
import io.matriarch.config.ConfigSource;
import io.matriarch.http.RestCaller;
import io.matriarch.http.RestClient;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.JournalSettings;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.model.config.RestSettings;
import io.matriarch.model.config.WatchdogSettings;
import io.matriarch.postgres.ManagedPostgres;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.store.StoreConfigurationException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** An agent on a real machine: its process, and the ports of {@link AgentLife} over files, sockets and processes. */
final class Agent {

    private static final Logger LOG = System.getLogger("patroni.__main__");

    private static final String EMBEDDED = "embedded";

    private final Logging logging;
    private final AgentLife life;

    Agent(Logging logging, ConfigSource source) {
        this.logging = logging;
        this.life = new AgentLife(source, new Machine());
    }

    /**
     * Runs until the process should end.
     *
     * @return the exit code
     */
    int run() throws InterruptedException {
        Signals.on(this::stop, "TERM", "INT");
        Signals.on(this::reload, "HUP");
        LocalConfig local;
        try {
            local = life.configure();
        } catch (ConfigurationException e) {
            System.err.println(e.getMessage()); // how to log is not known yet
            return 1;
        }
        logging.apply(LogSettings.parse(local.document()));
        HeapTrim.start();
        return life.run(local);
    }

    private void stop() {
        Node node = life.node();
        if (node == null) {
            // Nothing was touched yet: there is nothing to end in an orderly way.
            Runtime.getRuntime().halt(0);
        } else {
            node.requestStop();
        }
    }

    private void reload() {
        Node node = life.node();
        if (node != null) {
            node.requestReload();
        }
    }

    private final class Machine implements AgentLife.Ports {

        private final TimeSource time = TimeSource.system();
        private final AtomicReference<@Nullable FileJournal> opened = new AtomicReference<>();
        private final LivePage page = new LivePage(time);
        private String storeSection = "";

        @Override
        public TimeSource time() {
            return time;
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
            AgentLife.OpenedStore opened = Stores.open(local, Timing.DEFAULT, time);
            storeSection = opened.section();
            return opened;
        }

        @Override
        public RestCaller restClient(LocalConfig local) {
            return new RestClient(local.ctl(), true);
        }

        @Override
        public PostgresInstance postgres(LocalConfig local, DynamicConfig dynamic) throws ConfigurationException {
            var postgres = new ManagedPostgres(local, dynamic, time);
            try {
                postgres.requireUsable();
            } catch (ConfigurationException e) {
                postgres.close();
                throw e;
            }
            return postgres;
        }

        @Override
        public LeaseGuard guard(LocalConfig local, Settings settings, Runnable wakeUp) throws InterruptedException {
            boolean wanted = local.fence().enabled();
            Path socket;
            try {
                socket = FenceLocation.socket(local.fence(), settings.postgres().dataDir(), System.getenv());
            } catch (IOException e) {
                LOG.log(wanted ? Level.ERROR : Level.DEBUG, "the fence cannot work: {0}", e.getMessage());
                return new UnfencedGuard(null, time);
            }
            if (!wanted) {
                LOG.log(Level.INFO, "the fence is switched off (matriarch.fence.mode)");
                return new UnfencedGuard(socket, time);
            }
            Path program = FenceLocation.program().orElse(null);
            if (program == null) {
                LOG.log(
                        Level.ERROR,
                        "the fence's program is missing: if this agent stops, nothing stops PostgreSQL when the lease"
                                + " ends; build it with bin/matriarch build, or set matriarch.fence.mode: off");
                return new UnfencedGuard(socket, time);
            }
            var fence = new ProcessFence(program, socket, time, wakeUp);
            fence.prepare();
            return fence;
        }

        @Override
        public Watchdog watchdog(LocalConfig local, Settings settings) {
            return DeviceWatchdog.of(WatchdogSettings.of(local), settings.timing());
        }

        @Override
        public ServiceManager manager() {
            return Systemd.of(System.getenv(), time);
        }

        @Override
        public KeptConfig keptConfig(Path dataDirectory) {
            return new DynamicConfigCache(dataDirectory);
        }

        @Override
        public PromiseRecord promises(Path dataDirectory) {
            return new FilePromiseRecord(dataDirectory);
        }

        @Override
        public Journal journal(LocalConfig local, Settings settings) {
            var journalSettings = JournalSettings.of(local);
            if (journalSettings.bytes() == 0) {
                page.begin(surroundings(local, settings), "");
                return page;
            }
            var journal = new FileJournal(
                    local.name(), journalSettings.places(local, settings.postgres()), journalSettings.bytes(), time);
            page.begin(surroundings(local, settings), journal.recent());
            journal.start();
            opened.set(journal);
            return journal.and(page);
        }

        private Surroundings surroundings(LocalConfig local, Settings settings) {
            boolean embedded = storeSection.equals(EMBEDDED);
            List<String> voters = embedded
                    ? Json.object(local.document(), EMBEDDED)
                            .flatMap(section -> Json.object(section, "members"))
                            .map(members -> List.copyOf(members.keySet()))
                            .orElse(List.of())
                    : List.of();
            return new Surroundings(storeSection, voters, settings.postgres().dataDir());
        }

        @Override
        public void closeJournal() {
            FileJournal journal = opened.getAndSet(null);
            if (journal != null) {
                journal.close();
            }
        }

        @Override
        public AgentLife.Api serve(NodeControl node, Peers peers, PostgresInstance postgres, RestSettings settings)
                throws RestServerException {
            var server = new RestServer(node, peers, postgres::queryForRest, page, time);
            server.start(settings);
            page.start(node.leaderFlag());
            node.meters().watchLog(() -> new LogBacklog(logging.queueSize(), logging.lostRecords()));
            return new AgentLife.Api() {
                @Override
                public void reload(RestSettings changed) {
                    server.reload(changed);
                }

                @Override
                public void close() {
                    page.close();
                    server.close();
                }
            };
        }

        @Override
        public void applied(Settings settings, boolean explicit) {
            if (explicit) {
                logging.apply(LogSettings.parse(settings.local().document()));
            }
        }
    }
}

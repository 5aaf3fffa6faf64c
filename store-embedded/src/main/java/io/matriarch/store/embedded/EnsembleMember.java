package io.matriarch.store.embedded;

import io.matriarch.store.StoreConfigurationException;
import io.matriarch.store.zookeeper.LibraryLog;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.server.DatadirCleanupManager;
import org.apache.zookeeper.server.admin.AdminServer.AdminServerException;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig.ConfigException;
import org.apache.zookeeper.server.quorum.QuorumPeerMain;
import org.apache.zookeeper.util.ServiceUtils;
import org.jspecify.annotations.Nullable;

/**
 * One voting member of the ensemble inside this process, on a thread of its own that starts the server again when it
 * gives up (a full disk, for instance). At most one in a process: ZooKeeper keeps some settings in system properties.
 */
final class EnsembleMember implements AutoCloseable {

    private static final Logger LOG = System.getLogger("patroni.dcs.embedded");

    /** Small enough for short session time-outs and quick elections; heartbeats between members come twice a tick. */
    static final int TICK_MILLIS = 500;

    /** How long a member may be silent before the others go on without it: 2 s, above the pauses of a busy host. */
    private static final int SYNC_LIMIT_TICKS = 4;

    /** How long a member that was away may take to catch up: 20 s. */
    private static final int INIT_LIMIT_TICKS = 40;

    private static final Duration RETRY = Duration.ofSeconds(3);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

    /** What does not depend on the member. Every limit is far above what one cluster needs. */
    private static final Map<String, String> FIXED = Map.ofEntries(
            Map.entry("tickTime", Integer.toString(TICK_MILLIS)),
            Map.entry("initLimit", Integer.toString(INIT_LIMIT_TICKS)),
            Map.entry("syncLimit", Integer.toString(SYNC_LIMIT_TICKS)),
            Map.entry("minSessionTimeout", "1000"),
            Map.entry("maxSessionTimeout", "3600000"),
            // a single member is an ensemble too, and may get company later
            Map.entry("standaloneEnabled", "false"),
            Map.entry("quorumListenOnAllIPs", "false"),
            Map.entry("maxClientCnxns", "200"),
            Map.entry("maxCnxns", "1000"),
            Map.entry("admin.enableServer", "false"),
            Map.entry("4lw.commands.whitelist", ""),
            // a snapshot each hour or so of a busy cluster, log files of 1 MB instead of 64
            Map.entry("snapCount", "10000"),
            Map.entry("preAllocSize", "1024"),
            Map.entry("autopurge.snapRetainCount", "3"),
            Map.entry("autopurge.purgeInterval", "1"),
            // one thread each is plenty; by default these grow with the host's cores
            Map.entry("nio.numSelectorThreads", "1"),
            Map.entry("nio.numWorkerThreads", "0"),
            Map.entry("commitProcessor.numWorkerThreads", "0"),
            Map.entry("metricsProvider.className", "org.apache.zookeeper.metrics.impl.NullMetricsProvider"),
            Map.entry("jmx.log4j.disable", "true"),
            // a member that waits alone asks again soon; a silent host does not hold the others up
            Map.entry("fastleader.maxNotificationInterval", "2000"),
            Map.entry("cnxTimeout", "1000"),
            Map.entry("tcpKeepAlive", "true"));

    private final QuorumPeerConfig config;
    private final DatadirCleanupManager cleanup;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "store-member");
    private @Nullable QuorumPeerMain server;

    private EnsembleMember(QuorumPeerConfig config) {
        this.config = config;
        this.cleanup = new DatadirCleanupManager(
                config.getDataDir(), config.getDataLogDir(), config.getSnapRetainCount(), config.getPurgeInterval());
    }

    /**
     * Starts the member; does not wait for the others.
     *
     * @throws StoreConfigurationException when the section or the data directory cannot be used, or a port is taken
     */
    static EnsembleMember start(EmbeddedSection section) throws StoreConfigurationException {
        LibraryLog.quieten();
        MemberAddress own = section.own();
        prepareDataDir(section.ownDataDir(), own.number());
        for (int port : own.ports()) {
            checkFree(section.self(), own.host(), port);
        }
        var member = new EnsembleMember(config(section, section.ownDataDir()));
        ServiceUtils.setSystemExitProcedure(code -> member.giveUp("ZooKeeper asked for exit code " + code));
        member.cleanup.start();
        member.thread.setDaemon(true);
        member.thread.start();
        return member;
    }

    private static QuorumPeerConfig config(EmbeddedSection section, Path dataDir) throws StoreConfigurationException {
        var properties = new Properties();
        properties.putAll(FIXED);
        properties.setProperty("dataDir", dataDir.toAbsolutePath().toString());
        for (MemberAddress address : section.members().values()) {
            properties.setProperty("server." + address.number(), address.serverLine());
        }
        var config = new QuorumPeerConfig();
        try {
            config.parseProperties(properties);
        } catch (IOException | ConfigException | IllegalArgumentException e) {
            throw new StoreConfigurationException("embedded: " + e.getMessage(), e);
        }
        return config;
    }

    /** Creates the directory and marks it with our number, so that no other member's state is ever taken for ours. */
    private static void prepareDataDir(Path dir, int number) throws StoreConfigurationException {
        Path mark = dir.resolve("myid");
        try {
            Files.createDirectories(
                    dir, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            if (!Files.exists(mark)) {
                Files.writeString(mark, number + "\n");
            }
            String found = Files.readString(mark).strip();
            if (!found.equals(Integer.toString(number))) {
                throw new StoreConfigurationException("embedded.data_dir: " + dir + " belongs to member number " + found
                        + " and we are number " + number + "; use another directory, or give us our number back with "
                        + found + "@ in front of our address");
            }
            if (!Files.isWritable(dir)) {
                throw new StoreConfigurationException("embedded.data_dir: cannot write to " + dir);
            }
        } catch (IOException e) {
            throw new StoreConfigurationException("embedded.data_dir: cannot use " + dir + ": " + e, e);
        }
    }

    private static void checkFree(String self, String host, int port) throws StoreConfigurationException {
        var address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new StoreConfigurationException(
                    "embedded.members." + self + ": the host " + host + " has no address");
        }
        try (var probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(address);
        } catch (IOException e) {
            throw new StoreConfigurationException(
                    "embedded.members." + self + ": cannot listen on " + host + ":" + port + " (" + e.getMessage()
                            + "); stop the program that uses the port, or choose another address on all members",
                    e);
        }
    }

    private void run() {
        try {
            do {
                serve();
            } while (!stopping.await(RETRY.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "store member ends");
        }
    }

    /** Runs the server until it is stopped or gives up. */
    private void serve() {
        var main = new QuorumPeerMain();
        synchronized (this) {
            if (isStopping()) {
                return;
            }
            server = main;
        }
        try {
            main.runFromConfig(config);
        } catch (IOException | AdminServerException | RuntimeException e) {
            LOG.log(Level.ERROR, "The embedded store member failed", e);
        }
        if (!isStopping()) {
            LOG.log(Level.ERROR, "The embedded store member ended; starting it again in {0} s", RETRY.toSeconds());
        }
    }

    private boolean isStopping() {
        return stopping.getCount() == 0;
    }

    /** Ends the server, on another thread because those of the server wait for each other; {@link #run} goes on. */
    private Thread giveUp(String reason) {
        if (!isStopping()) {
            LOG.log(Level.ERROR, "The embedded store member gives up: {0}", reason);
        }
        QuorumPeerMain present;
        synchronized (this) {
            present = server;
        }
        return Thread.ofVirtual().start(() -> {
            if (present != null) {
                present.close();
            }
        });
    }

    /** Waits until somebody closes the member. */
    void awaitClose() throws InterruptedException {
        stopping.await();
    }

    /** Stops the server; the others go on if they are a majority. */
    @Override
    public void close() {
        stopping.countDown();
        cleanup.shutdown();
        try {
            giveUp("stopped").join(STOP_LIMIT);
            thread.join(STOP_LIMIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

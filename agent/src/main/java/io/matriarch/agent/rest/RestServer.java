package io.matriarch.agent.rest;

import io.matriarch.agent.node.ApiHealth;
import io.matriarch.agent.node.NodeControl;
import io.matriarch.agent.page.LivePage;
import io.matriarch.agent.peers.Peers;
import io.matriarch.agent.rest.OwnFacts.ConnectionFacts;
import io.matriarch.agent.rest.Service.Rules;
import io.matriarch.http.TlsException;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.RestSettings;
import io.matriarch.postgres.LocalFacts.Snapshot;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The REST API of a node: listens, takes over changed settings and certificates, and tests itself.
 *
 * <p>Each connection has a virtual thread, so that stalled clients cost memory and nothing else; what is bounded are
 * connections, the time to send a request and to read an answer, the size of its body, and the number of control requests
 * at work. A platform thread accepts, another one looks after the whole.
 */
public final class RestServer implements AutoCloseable {

    private static final Logger LOG = System.getLogger("patroni.api");
    private static final Duration WATCH_PERIOD = Duration.ofSeconds(5);
    /** Then the listener is opened anew: what is wrong with the socket may be mended by that. */
    private static final int FAILURES_BEFORE_REOPENING = 3;

    private final Router router;
    private final ApiHealth health;
    private final TimeSource time;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("rest-", 0).factory());
    private final Thread watch = Thread.ofPlatform().name("rest-watch").daemon().unstarted(this::watch);

    private @Nullable Service service;
    private volatile @Nullable Connections connections;
    private @Nullable Listener listener;
    /** As the certificates in use were read. */
    private CertificateFiles filesInUse = new CertificateFiles(List.of());
    /** As they were seen last; another look must find the same before they are read. */
    private CertificateFiles filesSeen = filesInUse;

    private int failures;

    /**
     * A server that does not listen yet.
     *
     * @param peers whom to ask before a switchover
     * @param query asks PostgreSQL on a connection of its own; may block, its threads are bounded here
     * @param page what browsers see; started and closed by the caller
     */
    public RestServer(
            NodeControl node, Peers peers, Supplier<Optional<Snapshot>> query, LivePage page, TimeSource time) {
        this.router = Router.of(node, peers, query, Optional.of(page), this::facts, time, Threads.system());
        this.health = node.apiHealth();
        this.time = time;
    }

    /**
     * Opens the listener.
     *
     * @throws RestServerException when the address cannot be used or the certificates cannot be read
     */
    public synchronized void start(RestSettings settings) throws RestServerException {
        if (service != null) {
            throw new IllegalStateException("started already");
        }
        LOG.log(Level.INFO, () -> "REST API thread_pool_size = " + settings.threadPoolSize());
        var files = CertificateFiles.of(settings);
        try {
            var started = new Service(router, Rules.of(settings, ServerTls.load(settings)), time);
            var all = new Connections(started::serve, threads, time);
            listener = Listener.open(settings.listen(), settings.requestQueueSize(), all, time);
            service = started;
            connections = all;
        } catch (TlsException e) {
            throw new RestServerException(String.valueOf(e.getMessage()), e);
        }
        filesInUse = files;
        filesSeen = files;
        watch.start();
    }

    /**
     * Takes over changed settings: those of certificates, ciphers and protection for all that connect from now on, a
     * changed address by listening there. When the new values cannot be used the error is logged and the old ones stay.
     */
    public synchronized void reload(RestSettings settings) {
        Service current = service;
        if (current == null) {
            throw new IllegalStateException("not started");
        }
        RestSettings before = current.rules().settings();
        var files = CertificateFiles.of(settings);
        try {
            Rules changed = Rules.of(settings, ServerTls.load(settings));
            if (!before.listen().equals(settings.listen())) {
                move(before, settings);
            }
            current.adopt(changed);
            filesInUse = files;
            filesSeen = files;
        } catch (TlsException | RestServerException e) {
            LOG.log(Level.ERROR, "The REST API keeps its former settings: {0}", e.getMessage());
        }
    }

    /** The old socket is closed first: the new address may overlap with it. */
    private void move(RestSettings before, RestSettings settings) throws RestServerException {
        closeListener();
        try {
            listener = listen(settings);
        } catch (RestServerException e) {
            listener = listen(before);
            throw e;
        }
    }

    private Listener listen(RestSettings settings) throws RestServerException {
        Connections all = connections;
        if (all == null) {
            throw new IllegalStateException("not started");
        }
        return Listener.open(settings.listen(), settings.requestQueueSize(), all, time);
    }

    private void closeListener() {
        Listener current = listener;
        listener = null;
        if (current != null) {
            current.close();
        }
    }

    // ---- looking after the whole

    private void watch() {
        try {
            while (true) {
                time.sleep(WATCH_PERIOD);
                try {
                    testItself();
                    lookAtCertificates();
                } catch (RuntimeException e) {
                    LOG.log(Level.ERROR, "The REST API could not test itself", e);
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** One request to ourselves. Not under the lock: it may take seconds. */
    void testItself() {
        Service current;
        InetSocketAddress address;
        synchronized (this) {
            current = service;
            address = listener == null ? null : listener.address();
        }
        if (current == null) {
            return;
        }
        MonotonicTime asked = time.now();
        String failure = address == null ? "it does not listen" : SelfTest.failure(address, current.rules());
        if (failure == null) {
            if (health.silence().isPresent()) {
                LOG.log(Level.INFO, "The REST API answers again");
            }
            health.answered();
            failures = 0;
            return;
        }
        if (health.silence().isEmpty()) {
            LOG.log(Level.WARNING, "The REST API did not answer a request of its own: {0}", failure);
        }
        health.silent(asked, failure);
        failures++;
        if (address == null || failures >= FAILURES_BEFORE_REOPENING) {
            failures = 0;
            reopen(current);
        }
    }

    private synchronized void reopen(Service current) {
        if (threads.isShutdown()) {
            return;
        }
        closeListener();
        try {
            listener = listen(current.rules().settings());
            LOG.log(Level.WARNING, "The REST API has opened its socket anew, because it did not answer");
        } catch (RestServerException e) {
            LOG.log(Level.ERROR, "{0}", e.getMessage());
        }
    }

    /**
     * Takes over certificates that were replaced. They are read when they have not changed between two looks, and when
     * they fit together; until then the former ones stay in use.
     */
    synchronized void lookAtCertificates() {
        Service current = service;
        if (current == null || current.rules().tls() == null) {
            return;
        }
        RestSettings settings = current.rules().settings();
        var now = CertificateFiles.of(settings);
        boolean settled = now.equals(filesSeen);
        filesSeen = now;
        if (!settled || now.equals(filesInUse)) {
            return;
        }
        filesInUse = now;
        try {
            current.adopt(new Rules(settings, current.rules().protection(), ServerTls.load(settings)));
            LOG.log(Level.INFO, "The REST API uses the certificate that was put in place of its former one");
        } catch (TlsException e) {
            LOG.log(
                    Level.WARNING,
                    "The certificate files of the REST API have changed and cannot be used, the former certificate"
                            + " stays in use: {0}",
                    e.getMessage());
        }
    }

    /** The port that is listened on; for tests that ask for a free one. */
    synchronized int port() {
        return listener == null ? 0 : listener.address().getPort();
    }

    /** For tests: the listener is gone, and nobody was told. */
    synchronized void loseSocket() {
        closeListener();
    }

    /** Not under the lock, which a change of settings may hold for seconds. */
    ConnectionFacts facts() {
        Connections all = connections;
        return all == null ? ConnectionFacts.NONE : new ConnectionFacts(all.count(), all.evicted());
    }

    /** Closes the listener and cuts what is under way. */
    @Override
    public synchronized void close() {
        watch.interrupt();
        closeListener();
        Connections all = connections;
        if (all != null) {
            all.cutAll();
        }
        threads.shutdownNow();
    }
}

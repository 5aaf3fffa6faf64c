package io.matriarch.agent.rest;

import io.matriarch.agent.node.NodeControl;
import io.matriarch.agent.page.LivePage;
import io.matriarch.agent.peers.Peers;
import io.matriarch.http.TlsException;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.RestSettings;
import io.matriarch.postgres.LocalFacts.Snapshot;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The REST API of a node: listens, applies limits, and opens the listener again when its settings change.
 *
 * <p>Each request has a virtual thread, so that stalled clients cost memory and nothing else; what is bounded are
 * connections, the time to send a request, the size of its body, and the number of control requests at work.
 */
public final class RestServer implements AutoCloseable {

    private static final Logger LOG = System.getLogger("patroni.api");

    private final Router router;
    private final TimeSource time;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("rest-", 0).factory());
    private @Nullable Listener listener;

    /**
     * A server that does not listen yet.
     *
     * @param peers whom to ask before a switchover
     * @param query asks PostgreSQL on a connection of its own; may block, its threads are bounded here
     * @param page what browsers see; started and closed by the caller
     */
    public RestServer(
            NodeControl node, Peers peers, Supplier<Optional<Snapshot>> query, LivePage page, TimeSource time) {
        this.router = Router.of(node, peers, query, Optional.of(page), time, Threads.system());
        this.time = time;
    }

    /**
     * Opens the listener.
     *
     * @throws RestServerException when the address cannot be used or the certificates cannot be read
     */
    public synchronized void start(RestSettings settings) throws RestServerException {
        if (listener != null) {
            throw new IllegalStateException("started already");
        }
        LOG.log(Level.INFO, () -> "REST API thread_pool_size = " + settings.threadPoolSize());
        listener = open(settings);
    }

    /**
     * Takes over changed settings. The listener is opened again when its address, its TLS values or the certificate's
     * serial number changed; requests under way end on the old one. When the new values cannot be used the error is
     * logged and the old listener stays.
     */
    public synchronized void reload(RestSettings settings) {
        Listener current = listener;
        if (current == null) {
            throw new IllegalStateException("not started");
        }
        try {
            if (!current.needsReopening(settings)) {
                current.adopt(settings);
                return;
            }
            ServerTls tls = ServerTls.load(settings);
            current.close(threads);
            try {
                listener = new Listener(settings, tls, router, threads, time);
            } catch (RestServerException e) {
                LOG.log(Level.ERROR, "{0}", e.getMessage());
                listener = current.reopen(router, threads, time);
            }
        } catch (TlsException | RestServerException e) {
            LOG.log(Level.ERROR, "The REST API keeps its former settings: {0}", e.getMessage());
        }
    }

    private Listener open(RestSettings settings) throws RestServerException {
        try {
            return new Listener(settings, ServerTls.load(settings), router, threads, time);
        } catch (TlsException e) {
            throw new RestServerException(String.valueOf(e.getMessage()), e);
        }
    }

    /** The port that is listened on; for tests that ask for a free one. */
    synchronized int port() {
        Listener current = listener;
        return current == null ? 0 : current.port();
    }

    /** Closes the listener and cuts what is under way. */
    @Override
    public synchronized void close() {
        Listener current = listener;
        if (current != null) {
            current.stop();
            listener = null;
        }
        threads.shutdownNow();
    }
}

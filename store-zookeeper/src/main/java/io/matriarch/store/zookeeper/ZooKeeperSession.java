package io.matriarch.store.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.matriarch.model.Bell;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/**
 * One ZooKeeper session from its birth to its expiry, spoken to asynchronously so that every wait has a deadline. Never
 * reused after expiry: {@link Sessions} opens the next one.
 *
 * <p>Answers, watches and state changes arrive on the client's single event thread, in the order in which the server
 * sent them; {@link WriteObserver} relies on that.
 */
final class ZooKeeperSession {

    private static final Logger LOG = System.getLogger("patroni.dcs.zookeeper");
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

    static final int ANY_VERSION = -1;

    /** How long an end without an event may go unnoticed. */
    private static final Duration GLANCE = Duration.ofMillis(100);

    /** A znode's content. */
    record Node(String value, Stat stat) {}

    /** Learns of our own writes on the event thread, before the answer to any later request arrives. */
    interface WriteObserver {

        /** @param value null after a deletion */
        void wrote(String path, @Nullable String value);
    }

    private final ZooKeeperClient client;
    private final Threads threads;
    private final List<Bell> waiting = new ArrayList<>();
    private final ZooKeeperSettings settings;
    private final Duration timeout;
    private final TimeSource time;
    private final WriteObserver writes;
    private final Sessions.StateListener listener;
    private final Touches touches;
    private boolean connected;
    /** Means nothing while connected. */
    private MonotonicTime unconnectedSince;

    private int connections;
    private boolean ended;

    ZooKeeperSession(
            ZooKeeperSettings settings,
            Duration timeout,
            ZooKeeperPorts ports,
            TimeSource time,
            WriteObserver writes,
            Sessions.StateListener listener)
            throws IOException {
        this.settings = settings;
        this.timeout = timeout;
        this.time = time;
        this.unconnectedSince = time.now();
        this.writes = writes;
        this.listener = listener;
        this.touches = new Touches(settings.reportingDelay(timeout));
        this.threads = ports.threads();
        this.client = ports.clients().open(settings, timeout, this::onConnectionEvent);
    }

    private void onConnectionEvent(WatchedEvent event) {
        if (event.getType() != Watcher.Event.EventType.None) {
            return;
        }
        synchronized (this) {
            switch (event.getState()) {
                case SyncConnected -> {
                    connected = true;
                    connections++;
                }
                case Expired, Closed -> {
                    disconnected();
                    ended = true;
                }
                case AuthFailed -> {
                    LOG.log(Level.ERROR, "ZooKeeper refused the credentials in auth_data");
                    disconnected();
                    ended = true;
                }
                default -> disconnected();
            }
            waiting.forEach(Bell::ring);
        }
        listener.changed(this, event.getState());
    }

    private void disconnected() {
        if (connected) {
            unconnectedSince = time.now();
        }
        connected = false;
    }

    /** The number that marks our ephemeral nodes; 0 before the first connection. */
    long id() {
        return client.sessionId();
    }

    /**
     * Asks the client too: when it believes its session expired while it was cut off, it stops without an event. It does not believe that
     * while servers take its connections and refuse its session, as those of an ensemble do that has lost its data: they have seen less
     * than the client.
     */
    synchronized boolean isEnded() {
        return ended || !client.isAlive() || isGivenUp();
    }

    private boolean isGivenUp() {
        return connections > 0
                && !connected
                && time.now()
                                .since(unconnectedSince)
                                .compareTo(timeout.multipliedBy(4).dividedBy(3))
                        >= 0;
    }

    /** Waits for a connection; false when there is none at the deadline or when the session is over. */
    boolean awaitConnected(Deadline deadline) throws InterruptedException {
        Bell bell = threads.newBell();
        synchronized (this) {
            waiting.add(bell);
        }
        try {
            while (!isConnected() && !isEnded() && !deadline.isOver()) {
                Duration left = deadline.remaining();
                bell.await(left.compareTo(GLANCE) < 0 ? left : GLANCE);
            }
            return isConnected() && !isEnded();
        } finally {
            synchronized (this) {
                waiting.remove(bell);
            }
        }
    }

    private synchronized boolean isConnected() {
        return connected;
    }

    /**
     * The time from which the servers surely count our time-out as the agent knows it, after a quorum write that was
     * sent at the given time succeeded.
     *
     * @return null while it is too early to tell
     */
    @Nullable
    MonotonicTime leaseStart(MonotonicTime quorumWriteSentAt) {
        Duration granted = grantedTimeout();
        Duration cut = granted.compareTo(timeout) < 0 ? timeout.minus(granted) : Duration.ZERO;
        return touches.knownAt(quorumWriteSentAt).map(t -> t.minus(cut)).orElse(null);
    }

    /** The time-out that we asked for. */
    Duration timeout() {
        return timeout;
    }

    /** What the servers made of it. */
    Duration grantedTimeout() {
        return client.grantedTimeout();
    }

    CompletableFuture<Reply<Stat>> exists(String path) {
        var sent = new Sent<Stat>();
        client.exists(path, null, (rc, _, _, stat) -> sent.answer(rc, stat));
        return sent.reply;
    }

    /** Like {@link #exists(String)}; the watcher hears of the next creation, change or deletion. */
    CompletableFuture<Reply<Stat>> exists(String path, Watcher watcher) {
        var sent = new Sent<Stat>();
        client.exists(path, watcher, (rc, _, _, stat) -> sent.answer(rc, stat));
        return sent.reply;
    }

    CompletableFuture<Reply<Node>> read(String path) {
        var sent = new Sent<Node>();
        client.getData(
                path,
                (rc, _, _, data, stat) -> sent.answer(
                        rc, stat == null ? null : new Node(data == null ? "" : new String(data, UTF_8), stat)));
        return sent.reply;
    }

    CompletableFuture<Reply<List<String>>> children(String path) {
        var sent = new Sent<List<String>>();
        client.getChildren(path, (rc, _, _, names) -> sent.answer(rc, names));
        return sent.reply;
    }

    /** Makes the server that we are connected to catch up with the ensemble's leader. */
    CompletableFuture<Reply<Void>> sync(String path) {
        var sent = new Sent<Void>();
        client.sync(path, (rc, _, _) -> sent.answer(rc, null));
        return sent.reply;
    }

    CompletableFuture<Reply<Stat>> create(String path, String value, CreateMode mode) {
        var sent = new Sent<Stat>();
        client.create(path, value.getBytes(UTF_8), settings.acl(), mode, (rc, _, _, _, stat) -> {
            if (stat != null) {
                writes.wrote(path, value);
            }
            sent.answer(rc, stat);
        });
        return sent.reply;
    }

    CompletableFuture<Reply<Stat>> write(String path, String value, int version) {
        var sent = new Sent<Stat>();
        client.setData(path, value.getBytes(UTF_8), version, (rc, _, _, stat) -> {
            if (stat != null) {
                writes.wrote(path, value);
            }
            sent.answer(rc, stat);
        });
        return sent.reply;
    }

    /**
     * Creates the node or replaces its value, whichever fits. Both requests travel together, so that the value arrives
     * even if no answer does.
     */
    CompletableFuture<Reply<Stat>> createOrWrite(String path, String value) {
        CompletableFuture<Reply<Stat>> created = create(path, value, CreateMode.PERSISTENT);
        return write(path, value, ANY_VERSION).thenCombine(created, (written, _) -> written);
    }

    CompletableFuture<Reply<Void>> delete(String path, int version) {
        var sent = new Sent<Void>();
        client.delete(path, version, (rc, _, _) -> {
            if (Code.get(rc) == Code.OK) {
                writes.wrote(path, null);
            }
            sent.answer(rc, null);
        });
        return sent.reply;
    }

    /**
     * What an ephemeral node of ours shall be.
     *
     * @param version of the other session's node that is there
     */
    record OwnNode(String path, String value, int version) {}

    /** Puts new ephemeral nodes of ours in the place of another session's, in one step that nobody can come between. */
    CompletableFuture<Reply<Void>> replaceEphemeral(List<OwnNode> nodes) {
        var sent = new Sent<Void>();
        var ops = new ArrayList<Op>();
        for (OwnNode node : nodes) {
            ops.add(Op.delete(node.path, node.version));
            ops.add(Op.create(node.path, node.value.getBytes(UTF_8), settings.acl(), CreateMode.EPHEMERAL));
        }
        client.multi(ops, (rc, _, _, _) -> {
            if (Code.get(rc) == Code.OK) {
                nodes.forEach(node -> writes.wrote(node.path, node.value));
            }
            sent.answer(rc, null);
        });
        return sent.reply;
    }

    /** A quorum write that changes nothing and succeeds only while the node exists. */
    CompletableFuture<Reply<Void>> confirm(String path) {
        var sent = new Sent<Void>();
        client.multi(List.of(Op.check(path, ANY_VERSION)), (rc, _, _, _) -> sent.answer(rc, null));
        return sent.reply;
    }

    /** Which connection of this session is the present one; counts up. */
    synchronized int connection() {
        return connections;
    }

    /**
     * Gives a connection up for another one, because its server does not answer. The session goes on.
     *
     * @param silent the connection meant; one that is gone, or that is just being made, is left alone
     */
    void dropConnection(int silent) {
        synchronized (this) {
            if (!connected || connections != silent) {
                return;
            }
        }
        try {
            client.closeSocket();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "Closing a connection that does not answer: {0}", e.getMessage());
        }
    }

    /** Leaves without a word: what the session holds stays until its time-out. */
    void abandon() {
        leave(client::abandon);
    }

    /** Ends the session and everything that it holds. */
    void close() {
        leave(() -> {
            try {
                client.close(CLOSE_LIMIT);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void leave(Runnable how) {
        synchronized (this) {
            ended = true;
            connected = false;
            waiting.forEach(Bell::ring);
        }
        Bell left = threads.newBell();
        threads.start("zookeeper-leave", () -> {
            how.run();
            left.ring();
        });
        try {
            left.await(CLOSE_LIMIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A request on its way. Every answer that a server gave has touched the session. */
    private final class Sent<T> {

        private final MonotonicTime at = time.now();
        private final CompletableFuture<Reply<T>> reply = new CompletableFuture<>();

        void answer(int rc, @Nullable T value) {
            Code code = Code.get(rc);
            var answer = new Reply<T>(code == null ? Code.SYSTEMERROR : code, value, at);
            if (!answer.isLost()) {
                touches.add(at);
            }
            reply.complete(answer);
        }
    }
}

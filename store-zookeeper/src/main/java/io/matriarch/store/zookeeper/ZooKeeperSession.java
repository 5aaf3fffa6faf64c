package io.matriarch.store.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
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

    private final Client client;
    private final ZooKeeperSettings settings;
    private final Duration timeout;
    private final TimeSource time;
    private final WriteObserver writes;
    private final Sessions.StateListener listener;
    private final Touches touches;
    private boolean connected;
    private int connections;
    private boolean ended;

    ZooKeeperSession(
            ZooKeeperSettings settings,
            Duration timeout,
            TimeSource time,
            WriteObserver writes,
            Sessions.StateListener listener)
            throws IOException {
        this.settings = settings;
        this.timeout = timeout;
        this.time = time;
        this.writes = writes;
        this.listener = listener;
        this.touches = new Touches(settings.reportingDelay(timeout));
        this.client = new Client(settings, timeout, this::onConnectionEvent);
        for (Map.Entry<String, byte[]> auth : settings.auth().entrySet()) {
            client.addAuthInfo(auth.getKey(), auth.getValue());
        }
    }

    /** The client with a way to leave that does not end the session on the server. */
    @SuppressWarnings("try") // its close() is only called in leave(), which handles interrupts
    private static final class Client extends ZooKeeper {

        Client(ZooKeeperSettings settings, Duration timeout, Watcher watcher) throws IOException {
            super(settings.connectString(), Math.toIntExact(timeout.toMillis()), watcher, settings.clientConfig());
        }

        void abandon() {
            cnxn.disconnect();
        }
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
                    connected = false;
                    ended = true;
                }
                case AuthFailed -> {
                    LOG.log(Level.ERROR, "ZooKeeper refused the credentials in auth_data");
                    connected = false;
                    ended = true;
                }
                default -> connected = false;
            }
            notifyAll();
        }
        listener.changed(this, event.getState());
    }

    /** The number that marks our ephemeral nodes; 0 before the first connection. */
    long id() {
        return client.getSessionId();
    }

    /** Asks the client too: when it believes its session expired while it was cut off, it stops without an event. */
    synchronized boolean isEnded() {
        return ended || !client.getState().isAlive();
    }

    /** Waits for a connection; false when there is none at the deadline or when the session is over. */
    synchronized boolean awaitConnected(Deadline deadline) throws InterruptedException {
        while (!connected && !isEnded() && !deadline.isOver()) {
            wait(Math.clamp(deadline.remaining().toMillis(), 1, GLANCE.toMillis()));
        }
        return connected && !isEnded();
    }

    /**
     * The time from which the servers surely count our time-out as the agent knows it, after a quorum write that was
     * sent at the given time succeeded.
     *
     * @return null while it is too early to tell
     */
    @Nullable MonotonicTime leaseStart(MonotonicTime quorumWriteSentAt) {
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
        return Duration.ofMillis(client.getSessionTimeout());
    }

    CompletableFuture<Reply<Stat>> exists(String path) {
        var sent = new Sent<Stat>();
        client.exists(path, false, (rc, _, _, stat) -> sent.answer(rc, stat), null);
        return sent.reply;
    }

    /** Like {@link #exists(String)}; the watcher hears of the next creation, change or deletion. */
    CompletableFuture<Reply<Stat>> exists(String path, Watcher watcher) {
        var sent = new Sent<Stat>();
        client.exists(path, watcher, (rc, _, _, stat) -> sent.answer(rc, stat), null);
        return sent.reply;
    }

    CompletableFuture<Reply<Node>> read(String path) {
        var sent = new Sent<Node>();
        client.getData(
                path,
                false,
                (rc, _, _, data, stat) ->
                        sent.answer(rc, stat == null ? null : new Node(data == null ? "" : new String(data, UTF_8), stat)),
                null);
        return sent.reply;
    }

    CompletableFuture<Reply<List<String>>> children(String path) {
        var sent = new Sent<List<String>>();
        client.getChildren(path, false, (int rc, String _, Object _, List<String> names) -> sent.answer(rc, names), null);
        return sent.reply;
    }

    /** Makes the server that we are connected to catch up with the ensemble's leader. */
    CompletableFuture<Reply<Void>> sync(String path) {
        var sent = new Sent<Void>();
        client.sync(path, (rc, _, _) -> sent.answer(rc, null), null);
        return sent.reply;
    }

    CompletableFuture<Reply<Stat>> create(String path, String value, CreateMode mode) {
        var sent = new Sent<Stat>();
        client.create(
                path,
                value.getBytes(UTF_8),
                settings.acl(),
                mode,
                (int rc, String _, Object _, String _, Stat stat) -> {
                    if (stat != null) {
                        writes.wrote(path, value);
                    }
                    sent.answer(rc, stat);
                },
                null);
        return sent.reply;
    }

    CompletableFuture<Reply<Stat>> write(String path, String value, int version) {
        var sent = new Sent<Stat>();
        client.setData(
                path,
                value.getBytes(UTF_8),
                version,
                (rc, _, _, stat) -> {
                    if (stat != null) {
                        writes.wrote(path, value);
                    }
                    sent.answer(rc, stat);
                },
                null);
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
        client.delete(
                path,
                version,
                (rc, _, _) -> {
                    if (Code.get(rc) == Code.OK) {
                        writes.wrote(path, null);
                    }
                    sent.answer(rc, null);
                },
                null);
        return sent.reply;
    }

    /** Puts a new ephemeral node of ours in the place of another session's, in one step that nobody can come between. */
    CompletableFuture<Reply<Void>> replaceEphemeral(String path, String value, int version) {
        var sent = new Sent<Void>();
        List<Op> ops = List.of(
                Op.delete(path, version),
                Op.create(path, value.getBytes(UTF_8), settings.acl(), CreateMode.EPHEMERAL));
        client.multi(
                ops,
                (rc, _, _, _) -> {
                    if (Code.get(rc) == Code.OK) {
                        writes.wrote(path, value);
                    }
                    sent.answer(rc, null);
                },
                null);
        return sent.reply;
    }

    /** A quorum write that changes nothing and succeeds only while the node exists. */
    CompletableFuture<Reply<Void>> confirm(String path) {
        var sent = new Sent<Void>();
        client.multi(List.of(Op.check(path, ANY_VERSION)), (rc, _, _, _) -> sent.answer(rc, null), null);
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
            client.getTestable().closeSocket();
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
                client.close(Math.toIntExact(CLOSE_LIMIT.toMillis()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void leave(Runnable how) {
        synchronized (this) {
            ended = true;
            connected = false;
            notifyAll();
        }
        Thread leaving = Thread.ofVirtual().start(how);
        try {
            leaving.join(CLOSE_LIMIT);
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

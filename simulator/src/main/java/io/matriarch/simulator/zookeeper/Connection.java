package io.matriarch.simulator.zookeeper;

import io.matriarch.simulator.Network;
import io.matriarch.simulator.zookeeper.Tree.Transaction;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/** A client's connection to one server, at the server. Requests are answered in their order. */
final class Connection {

    /** What a client may ask for. */
    sealed interface Request {

        /** @param watched whether the next change is to be told */
        record Exists(String path, boolean watched) implements Request {}

        record Data(String path) implements Request {}

        record Children(String path) implements Request {}

        record Sync() implements Request {}

        record Write(List<Op> operations) implements Request {}

        record Ping() implements Request {}

        record Close() implements Request {}

        /** Watches that an earlier connection had. {@code lastSeen}: the last transaction that the client knows of. */
        record Rearm(List<String> paths, long lastSeen) implements Request {}
    }

    /** What is answered; which of the fields mean something depends on the request. */
    record Answer(Code code, @Nullable Stat stat, @Nullable String data, List<String> children, long lastId) {}

    /** The client's end. */
    interface Client {

        /** Null session: the server refuses, because it serves nobody; 0: the session has expired. */
        void welcomed(Connection connection, @Nullable Long session, Duration timeout);

        void answered(Connection connection, Answer answer);

        void changed(Connection connection, String path, EventType type);

        void closed(Connection connection);
    }

    private final ZooKeeperEnsemble ensemble;
    private final ZooKeeperServer server;
    private final Client client;
    private final Network.Stream toServer;
    private final Network.Stream toClient;
    private final ArrayDeque<Request> queue = new ArrayDeque<>();
    private final TreeSet<String> watches = new TreeSet<>();
    private long session;
    private boolean busy;
    private boolean ended;

    Connection(ZooKeeperEnsemble ensemble, ZooKeeperServer server, String clientHost, Client client) {
        this.ensemble = ensemble;
        this.server = server;
        this.client = client;
        this.toServer = ensemble.network.stream(clientHost, server.name(), "zookeeper request");
        this.toClient = ensemble.network.stream(server.name(), clientHost, "zookeeper answer");
    }

    long session() {
        return session;
    }

    // ---- called by the client

    /**
     * @param wanted the session to go on with; 0: a new one
     * @param lastSeen the last transaction that the client knows of
     */
    void connect(long wanted, long lastSeen, Duration timeout) {
        toServer.send(() -> handshake(wanted, lastSeen, timeout));
    }

    void send(Request request) {
        toServer.send(() -> receive(request));
    }

    /** The client breaks it. What it has sent may still arrive. */
    void hangUp() {
        toClient.close();
        toServer.send(this::ended);
    }

    // ---- at the server

    /** A client that knows more than this server must try another one. */
    private void handshake(long wanted, long lastSeen, Duration timeout) {
        if (!server.isAlive()) {
            reply(() -> client.closed(this));
            return;
        }
        if (!ensemble.serves(server) || lastSeen > server.tree().lastId()) {
            reply(() -> client.welcomed(this, null, Duration.ZERO));
            return;
        }
        server.connected(this);
        Duration granted = ZooKeeperEnsemble.granted(timeout);
        if (wanted == 0) {
            long created = ensemble.newSession();
            ensemble.propose(
                    server,
                    null,
                    new Transaction.OpenSession(created, granted.toMillis()),
                    _ -> accept(created, granted));
        } else {
            ensemble.askLeader(server, _ -> {
                if (ensemble.isKnown(wanted)) {
                    ensemble.touch(wanted);
                    accept(wanted, granted);
                } else {
                    reply(() -> client.welcomed(this, 0L, Duration.ZERO));
                    ended();
                }
            });
        }
    }

    private void accept(long accepted, Duration granted) {
        if (!ended) {
            session = accepted;
            ensemble.moveTo(this);
            reply(() -> client.welcomed(this, accepted, granted));
        }
    }

    private void receive(Request request) {
        if (ended || !server.isAlive()) {
            return;
        }
        server.heard(session);
        queue.add(request);
        work();
    }

    /** One request after the other: a read waits for the write before it. */
    private void work() {
        if (busy || ended || queue.isEmpty()) {
            return;
        }
        busy = true;
        perform(queue.remove(), answer -> {
            busy = false;
            if (!ended) {
                reply(() -> client.answered(this, answer));
                work();
            }
        });
    }

    private void perform(Request request, Consumer<Answer> answer) {
        Tree tree = server.tree();
        switch (request) {
            case Request.Ping() -> answer.accept(answer(Code.OK));
            case Request.Exists(String path, boolean watched) -> {
                if (watched) {
                    watches.add(path);
                }
                Stat stat = tree.stat(path);
                answer.accept(new Answer(stat == null ? Code.NONODE : Code.OK, stat, null, List.of(), tree.lastId()));
            }
            case Request.Data(String path) -> {
                Stat stat = tree.stat(path);
                answer.accept(new Answer(
                        stat == null ? Code.NONODE : Code.OK, stat, tree.data(path), List.of(), tree.lastId()));
            }
            case Request.Children(String path) ->
                answer.accept(
                        tree.exists(path)
                                ? new Answer(Code.OK, null, null, tree.children(path), tree.lastId())
                                : answer(Code.NONODE));
            case Request.Sync() -> ensemble.askLeader(server, _ -> answer.accept(answer(Code.OK)));
            case Request.Write(var operations) ->
                ensemble.propose(
                        server,
                        this,
                        new Transaction.Write(session, operations),
                        result -> answer.accept(new Answer(
                                result.code(),
                                result.stat(),
                                null,
                                List.of(),
                                server.tree().lastId())));
            case Request.Close() ->
                ensemble.propose(
                        server, this, new Transaction.CloseSession(session), _ -> answer.accept(answer(Code.OK)));
            case Request.Rearm(var paths, long lastSeen) -> {
                paths.forEach(path -> rearm(tree, path, lastSeen));
                answer.accept(answer(Code.OK));
            }
        }
    }

    private Answer answer(Code code) {
        return new Answer(code, null, null, List.of(), server.tree().lastId());
    }

    /** A change that came between two connections is told now. */
    private void rearm(Tree tree, String path, long lastSeen) {
        Stat stat = tree.stat(path);
        watches.add(path);
        if (stat != null && stat.getCzxid() > lastSeen) {
            changed(new Tree.Change(path, EventType.NodeCreated));
        } else if (stat != null && stat.getMzxid() > lastSeen) {
            changed(new Tree.Change(path, EventType.NodeDataChanged));
        } else if (stat == null) {
            changed(new Tree.Change(path, EventType.NodeDeleted));
        }
    }

    /** Something was applied here: whoever watches hears of it once. */
    void changed(Tree.Change change) {
        if (!ended && watches.remove(change.path())) {
            reply(() -> client.changed(this, change.path(), change.type()));
        }
    }

    private void reply(Runnable arrival) {
        toClient.send(arrival);
    }

    /** The server breaks it. */
    void drop() {
        if (!ended) {
            reply(() -> client.closed(this));
            ended();
        }
    }

    private void ended() {
        ended = true;
        server.disconnected(this);
    }
}

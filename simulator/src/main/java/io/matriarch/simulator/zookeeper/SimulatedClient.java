package io.matriarch.simulator.zookeeper;

import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Threads;
import io.matriarch.simulator.Mailbox;
import io.matriarch.simulator.Program;
import io.matriarch.simulator.Scheduler;
import io.matriarch.simulator.zookeeper.Connection.Answer;
import io.matriarch.simulator.zookeeper.Connection.Request;
import io.matriarch.store.zookeeper.ZooKeeperClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.zookeeper.AsyncCallback;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.data.ACL;
import org.jspecify.annotations.Nullable;

/**
 * The client library's behaviour (ZooKeeper source, {@code ClientCnxn}): one server after the other until one takes the
 * session; a ping after a third of the time-out without traffic, another server after two thirds without an answer; on a
 * lost connection every request that waits fails. A server says that the session is over; after four thirds of the time-out
 * in which no server took a connection the client takes that for granted, and ends.
 */
final class SimulatedClient implements ZooKeeperClient, Connection.Client {

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    /** A request that waits for a connection or for its answer. */
    private record Waiting(Request request, Consumer<Answer> answer) {}

    private final ZooKeeperEnsemble ensemble;
    private final Scheduler scheduler;
    private final Program program;
    private final String host;
    private final List<String> servers;
    private final Duration wanted;
    private final Watcher states;
    private final Mailbox<Runnable> events;
    private final ArrayDeque<Waiting> unsent = new ArrayDeque<>();
    private final ArrayDeque<Waiting> unanswered = new ArrayDeque<>();
    private final TreeMap<String, List<Watcher>> watches = new TreeMap<>();
    private Duration granted;
    private int next;
    private @Nullable Connection connection;
    private boolean connected;
    private boolean over;
    private long session;
    private long lastSeen;
    private MonotonicTime lastHeard;
    private MonotonicTime lastSent;
    /** Counts the attempts: timers of an earlier one mean nothing. */
    private long attempt;

    SimulatedClient(
            ZooKeeperEnsemble ensemble,
            Scheduler scheduler,
            Program program,
            String host,
            Threads threads,
            String connectString,
            Duration timeout,
            Watcher states) {
        this.ensemble = ensemble;
        this.scheduler = scheduler;
        this.program = program;
        this.host = host;
        this.wanted = timeout;
        this.granted = timeout;
        this.states = states;
        this.events = new Mailbox<>(scheduler);
        this.servers = new ArrayList<>(Arrays.stream(connectString.split(",", -1))
                .map(server -> server.substring(0, server.indexOf(':')))
                .toList());
        Collections.shuffle(servers, ensemble.lots);
        this.lastHeard = scheduler.now();
        this.lastSent = scheduler.now();
        threads.start("zookeeper-events", this::deliver);
        program.atEnd(this::abandonConnection);
        after(Duration.ZERO, "zookeeper connects", this::connect);
    }

    /** The event thread. */
    private void deliver() {
        while (!over || !events.isEmpty()) {
            events.take(null).ifPresent(Runnable::run);
        }
    }

    private void after(Duration delay, String what, Runnable event) {
        program.after(delay, what, event);
    }

    /** As one read of the socket: it waits while the program is frozen. */
    private void arrives(Connection from, Runnable what) {
        after(Duration.ZERO, "zookeeper socket", () -> {
            if (from == connection && !over) {
                lastHeard = scheduler.now();
                what.run();
            }
        });
    }

    // ---- the connection

    private void connect() {
        if (over) {
            return;
        }
        if (scheduler.now().since(lastHeard).compareTo(granted.multipliedBy(4).dividedBy(3)) >= 0) {
            over = true;
            failAll(Code.SESSIONEXPIRED);
            tell(KeeperState.Closed);
            return;
        }
        long mine = ++attempt;
        ZooKeeperServer server = ensemble.server(servers.get(next));
        next = (next + 1) % servers.size();
        var made = new Connection(ensemble, server, host, this);
        connection = made;
        made.connect(session, lastSeen, wanted);
        after(granted.dividedBy(servers.size()), "zookeeper connect limit", () -> {
            if (mine == attempt && !connected) {
                lose(made);
            }
        });
    }

    @Override
    public void welcomed(Connection from, @Nullable Long accepted, Duration timeout) {
        arrives(from, () -> {
            if (accepted == null) {
                lose(from);
            } else if (accepted == 0) {
                over = true;
                connection = null;
                failAll(Code.SESSIONEXPIRED);
                tell(KeeperState.Expired);
            } else {
                session = accepted;
                granted = timeout;
                connected = true;
                tell(KeeperState.SyncConnected);
                rearm();
                unsent.forEach(this::transmit);
                unsent.clear();
                watchTheLine(attempt);
            }
        });
    }

    private void rearm() {
        if (!watches.isEmpty()) {
            transmit(new Waiting(new Request.Rearm(List.copyOf(watches.keySet()), lastSeen), _ -> {}));
        }
    }

    /** Pings when nothing was said for long, and gives the server up when nothing was heard for longer. */
    private void watchTheLine(long mine) {
        Duration patience = granted.multipliedBy(2).dividedBy(3);
        Duration quiet = patience.dividedBy(2);
        Connection present = connection;
        if (mine != attempt || !connected || present == null) {
            return;
        }
        MonotonicTime now = scheduler.now();
        if (now.since(lastHeard).compareTo(patience) >= 0) {
            lose(present);
            return;
        }
        if (now.since(lastSent).compareTo(quiet) >= 0) {
            transmit(new Waiting(new Request.Ping(), _ -> {}));
        }
        Duration untilQuiet = lastSent.plus(quiet).since(now);
        Duration untilLost = lastHeard.plus(patience).since(now);
        after(
                untilQuiet.compareTo(untilLost) < 0 ? untilQuiet : untilLost,
                "zookeeper looks at its connection",
                () -> watchTheLine(mine));
    }

    @Override
    public void closed(Connection from) {
        after(Duration.ZERO, "zookeeper socket", () -> lose(from));
    }

    /** The connection is gone; another server is next. */
    private void lose(Connection lost) {
        if (lost != connection || over) {
            return;
        }
        lost.hangUp();
        connection = null;
        attempt++;
        boolean was = connected;
        connected = false;
        failAll(Code.CONNECTIONLOSS);
        if (was) {
            tell(KeeperState.Disconnected);
        }
        after(
                Duration.ofNanos(ensemble.lots.nextLong(LONGEST_PAUSE.toNanos())),
                "zookeeper connects again",
                this::connect);
    }

    private void failAll(Code code) {
        var failed = new ArrayList<>(unanswered);
        failed.addAll(unsent);
        unanswered.clear();
        unsent.clear();
        failed.forEach(w -> fail(w, code));
    }

    private void fail(Waiting waiting, Code code) {
        var answer = new Answer(code, null, null, List.of(), 0);
        events.put(() -> waiting.answer().accept(answer));
    }

    private void tell(KeeperState state) {
        events.put(() -> states.process(new WatchedEvent(EventType.None, state, null)));
    }

    @Override
    public void answered(Connection from, Answer answer) {
        arrives(from, () -> {
            Waiting first = unanswered.poll();
            if (first != null) {
                lastSeen = Math.max(lastSeen, answer.lastId());
                events.put(() -> first.answer().accept(answer));
            }
        });
    }

    @Override
    public void changed(Connection from, String path, EventType type) {
        arrives(from, () -> {
            List<Watcher> told = watches.remove(path);
            if (told != null) {
                var event = new WatchedEvent(type, KeeperState.SyncConnected, path);
                told.forEach(watcher -> events.put(() -> watcher.process(event)));
            }
        });
    }

    private void request(Request request, Consumer<Answer> answer) {
        var waiting = new Waiting(request, answer);
        if (over) {
            fail(waiting, session == 0 ? Code.CONNECTIONLOSS : Code.SESSIONEXPIRED);
        } else if (connected) {
            transmit(waiting);
        } else {
            unsent.add(waiting);
        }
    }

    private void transmit(Waiting waiting) {
        Connection present = connection;
        if (present != null) {
            lastSent = scheduler.now();
            unanswered.add(waiting);
            present.send(waiting.request());
        }
    }

    private void abandonConnection() {
        over = true;
        Connection present = connection;
        connection = null;
        connected = false;
        if (present != null) {
            present.hangUp();
        }
    }

    // ---- the port

    @Override
    public long sessionId() {
        return session;
    }

    @Override
    public boolean isAlive() {
        return !over;
    }

    @Override
    public Duration grantedTimeout() {
        return granted;
    }

    @Override
    public void exists(String path, @Nullable Watcher watcher, AsyncCallback.StatCallback answer) {
        if (watcher != null) {
            watches.computeIfAbsent(path, _ -> new ArrayList<>()).add(watcher);
        }
        request(
                new Request.Exists(path, watcher != null),
                a -> answer.processResult(a.code().intValue(), path, null, a.stat()));
    }

    @Override
    public void getData(String path, AsyncCallback.DataCallback answer) {
        request(new Request.Data(path), a -> {
            String data = a.data();
            answer.processResult(
                    a.code().intValue(),
                    path,
                    null,
                    data == null ? null : data.getBytes(StandardCharsets.UTF_8),
                    a.stat());
        });
    }

    @Override
    public void getChildren(String path, AsyncCallback.ChildrenCallback answer) {
        request(
                new Request.Children(path),
                a -> answer.processResult(a.code().intValue(), path, null, a.code() == Code.OK ? a.children() : null));
    }

    @Override
    public void sync(String path, AsyncCallback.VoidCallback answer) {
        request(new Request.Sync(), a -> answer.processResult(a.code().intValue(), path, null));
    }

    @Override
    public void create(String path, byte[] data, List<ACL> acl, CreateMode mode, AsyncCallback.Create2Callback answer) {
        write(
                Op.create(path, data, acl, mode),
                a -> answer.processResult(a.code().intValue(), path, null, path, a.stat()));
    }

    @Override
    public void setData(String path, byte[] data, int version, AsyncCallback.StatCallback answer) {
        write(
                Op.setData(path, data, version),
                a -> answer.processResult(a.code().intValue(), path, null, a.stat()));
    }

    @Override
    public void delete(String path, int version, AsyncCallback.VoidCallback answer) {
        write(Op.delete(path, version), a -> answer.processResult(a.code().intValue(), path, null));
    }

    private void write(Op operation, Consumer<Answer> answer) {
        request(new Request.Write(List.of(operation)), answer);
    }

    @Override
    public void multi(List<Op> operations, AsyncCallback.MultiCallback answer) {
        request(
                new Request.Write(List.copyOf(operations)),
                a -> answer.processResult(a.code().intValue(), null, null, null));
    }

    @Override
    public void closeSocket() {
        Connection present = connection;
        if (present != null) {
            lose(present);
        }
    }

    @Override
    public void abandon() {
        failAll(Code.CONNECTIONLOSS);
        abandonConnection();
        events.put(() -> {});
    }

    @Override
    public void close(Duration limit) {
        var closed = new Mailbox<Boolean>(scheduler);
        if (connected) {
            request(new Request.Close(), _ -> closed.put(true));
            closed.take(limit);
        }
        abandonConnection();
        events.put(() -> {});
    }
}

package io.matriarch.store.zookeeper;

import io.matriarch.model.ClusterPath;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import io.matriarch.model.Timing;
import io.matriarch.store.AgentStore;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreContext;
import io.matriarch.store.StoreEvent;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.WriteOutcome;
import io.matriarch.store.WriteOutcome.Applied;
import io.matriarch.store.WriteOutcome.Refused;
import io.matriarch.store.WriteOutcome.Unknown;
import io.matriarch.store.zookeeper.ZooKeeperSession.Node;
import io.matriarch.store.zookeeper.ZooKeeperSession.OwnNode;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/**
 * The store of an agent: leader and member nodes are ephemeral nodes of one session whose time-out is {@code ttl}.
 *
 * <p>A hold on the leader node is confirmed in two parts. The node must carry our session's number, and a quorum write
 * that changes nothing must succeed; {@link Touches} tells from when the lease then counts. A read alone would not do: a
 * follower that is cut off answers reads, and an ensemble leader that is cut off answers {@code sync}, for a while after
 * the others have begun to let our session die.
 *
 * <p>The leader node is always at version 0, so versions cannot tell one holder's node from the next one's; only the
 * owner can. A node that our living session owns is deleted by nobody but us (and by {@code patronictl remove}), hence
 * looking at the owner and deleting by the same session is safe: when the session dies in between, so does the request.
 */
final class ZooKeeperAgentStore implements AgentStore {

    private static final Logger LOG = System.getLogger("patroni.dcs.zookeeper");

    private final ZooKeeperSettings settings;
    private final Runnable afterClose;
    private final ClusterPath path;
    private final String member;
    private final String name;
    private final Sessions sessions;
    private final Requests requests;
    private final ClusterKeys keys;
    private final Watches watches;
    private final Heartbeat heartbeat;
    private volatile Consumer<StoreEvent> listener = _ -> {};
    private volatile boolean wasConnected;

    ZooKeeperAgentStore(ZooKeeperSettings settings, StoreContext context, ZooKeeperPorts ports, Runnable afterClose) {
        this.afterClose = afterClose;
        this.settings = settings;
        this.path = context.path();
        this.member = path.member(context.member());
        this.name = context.member();
        this.watches = new Watches(path, context.member(), event -> listener.accept(event));
        this.sessions =
                new Sessions(settings, context.timing().ttl(), ports, context.time(), watches, this::onConnectionState);
        this.requests = new Requests(sessions, context.timing(), ports.threads(), context.time());
        this.keys = new ClusterKeys(path, requests);
        this.heartbeat = new Heartbeat(requests, path.leader(), ports.threads(), interval(context.timing()));
    }

    /** Begins to connect and to keep the session alive. */
    ZooKeeperAgentStore start() {
        heartbeat.start();
        return this;
    }

    private void onConnectionState(ZooKeeperSession session, KeeperState state) {
        switch (state) {
            case SyncConnected -> {
                warnAboutTimeout(session);
                watches.arm(session);
                if (wasConnected) {
                    listener.accept(StoreEvent.CONNECTION_CHANGED);
                }
                wasConnected = true;
            }
            case Disconnected, Expired -> listener.accept(StoreEvent.CONNECTION_CHANGED);
            default -> {}
        }
    }

    private void warnAboutTimeout(ZooKeeperSession session) {
        if (!session.grantedTimeout().equals(session.timeout())) {
            LOG.log(
                    Level.WARNING,
                    "ZooKeeper grants a session time-out of {0} ms where ttl is {1} ms; see minSessionTimeout and"
                            + " maxSessionTimeout of the servers",
                    session.grantedTimeout().toMillis(),
                    session.timeout().toMillis());
        }
    }

    @Override
    public ClusterView load() throws StoreUnavailableException {
        return keys.load();
    }

    @Override
    public WriteOutcome acquireLeader() {
        return hold(Occupied.REFUSE);
    }

    /** As acquiring, and takes our name's node over from an earlier session of ours (a restart, a changed ttl). */
    @Override
    public WriteOutcome renewLeader(ClusterView seen) {
        return hold(Occupied.REPLACE_OWN_NAME);
    }

    @Override
    public WriteOutcome confirmLeader(ClusterView seen) {
        return hold(Occupied.REPLACE_OWN_NAME_ONLY);
    }

    @Override
    public WriteOutcome takeLeader() {
        return hold(Occupied.REPLACE);
    }

    /** What to do about a leader node of another session. */
    private enum Occupied {
        REFUSE,
        REPLACE_OWN_NAME,
        /** The same, and nothing is created where there is no node. */
        REPLACE_OWN_NAME_ONLY,
        REPLACE
    }

    /**
     * Looks, changes what is needed, confirms, and starts again when an answer was lost: looking is what resolves an
     * unknown outcome. One round stays on one session: what one session saw proves nothing about the next.
     */
    private WriteOutcome hold(Occupied occupied) {
        Deadline deadline = requests.deadline();
        while (true) {
            ZooKeeperSession session;
            try {
                session = sessions.connected(deadline);
            } catch (StoreUnavailableException e) {
                return new Unknown(e.getMessage());
            }
            Reply<?> last;
            Reply<Node> look = requests.on(session, deadline, s -> s.read(path.leader()));
            if (look.code() == Code.NONODE && occupied == Occupied.REPLACE_OWN_NAME_ONLY) {
                return new Refused("nobody holds the leader key");
            } else if (look.code() == Code.NONODE) {
                last = keys.create(deadline, path.leader(), name, CreateMode.EPHEMERAL);
            } else if (!look.isOk()) {
                last = look;
            } else if (isOurs(session, look.get())) {
                Reply<Void> confirmed = requests.on(session, deadline, s -> s.confirm(path.leader()));
                MonotonicTime leaseStart = confirmed.isOk() ? session.leaseStart(confirmed.sentAt()) : null;
                if (leaseStart != null) {
                    return new Applied(ViewReader.revision(look.get().stat()), leaseStart);
                }
                if (confirmed.isOk() && (deadline.isOver() || !requests.pause(deadline))) {
                    return new Unknown("the session is too young to tell from when its time-out counts");
                }
                last = confirmed;
            } else if (occupied == Occupied.REPLACE) {
                int version = look.get().stat().getVersion();
                last = requests.on(
                        session, deadline, s -> s.replaceEphemeral(List.of(new OwnNode(path.leader(), name, version))));
            } else if (occupied != Occupied.REFUSE && look.get().value().equals(name)) {
                Reply<?> replaced = replaceOwnName(session, deadline, look.get());
                if (replaced == null) {
                    return new Refused("held by an earlier session of " + name + ", which may end at any moment");
                }
                last = replaced;
            } else {
                return new Refused("held by " + look.get().value() + " under another session");
            }
            if (!last.isLost() && !mayLookAgain(last.code())) {
                return ClusterKeys.refused(last);
            }
            if (deadline.isOver() || (last.isLost() && !requests.pause(deadline))) {
                return ClusterKeys.unknown(last);
            }
        }
    }

    /**
     * Takes the leader node over from an earlier session under our name, and the member node with it.
     *
     * <p>That session may end at this very moment and another member create the leader node anew, at the same version: a deletion would
     * hit that one. So it happens in one step with the proof that the session lives: our member node is of the same session, and
     * nobody but us makes one. It is written first, for a node that was made meanwhile has another version.
     *
     * @return null: there is no such proof
     */
    private @Nullable Reply<?> replaceOwnName(ZooKeeperSession session, Deadline deadline, Node leader) {
        Reply<Node> look = requests.on(session, deadline, s -> s.read(member));
        if (look.code() == Code.NONODE) {
            return withoutProof(session, deadline, leader);
        }
        if (!look.isOk()) {
            return look;
        }
        Node seen = look.get();
        Reply<Stat> written = requests.on(
                session,
                deadline,
                s -> s.write(member, seen.value(), seen.stat().getVersion()));
        if (!written.isOk()) {
            return written;
        }
        if (!isOfOneSession(written.get(), leader)) {
            return withoutProof(session, deadline, leader);
        }
        LOG.log(Level.INFO, "Recreating the leader ZNode due to ownership mismatch");
        var nodes = List.of(
                new OwnNode(member, seen.value(), written.get().getVersion()),
                new OwnNode(path.leader(), name, leader.stat().getVersion()));
        return requests.on(session, deadline, s -> s.replaceEphemeral(nodes));
    }

    /** Null when the leader node is still that one; else what became of it. */
    private @Nullable Reply<Node> withoutProof(ZooKeeperSession session, Deadline deadline, Node leader) {
        Reply<Node> again = requests.on(session, deadline, s -> s.read(path.leader()));
        return again.isOk() && again.get().stat().getCzxid() == leader.stat().getCzxid() ? null : again;
    }

    @Override
    public WriteOutcome releaseLeader(ClusterView seen) {
        Deadline deadline = requests.deadline();
        boolean sent = false;
        while (true) {
            ZooKeeperSession session;
            try {
                session = sessions.connected(deadline);
            } catch (StoreUnavailableException e) {
                return new Unknown(e.getMessage());
            }
            Reply<Node> look = requests.on(session, deadline, s -> s.read(path.leader()));
            Reply<?> last = look;
            if (look.code() == Code.NONODE) {
                return sent ? new Applied(Revision.NONE, look.sentAt()) : new Refused("nobody holds the leader key");
            } else if (look.isOk() && isOurs(session, look.get())) {
                int version = look.get().stat().getVersion();
                Reply<Void> deleted = requests.on(session, deadline, s -> s.delete(path.leader(), version));
                if (deleted.isOk()) {
                    return new Applied(Revision.NONE, deleted.sentAt());
                }
                sent = true;
                last = deleted;
            } else if (look.isOk()) {
                if (!look.get().value().equals(name)) {
                    return new Refused("held by " + look.get().value());
                }
                WriteOutcome taken = hold(Occupied.REPLACE_OWN_NAME);
                if (!taken.isApplied()) {
                    return taken;
                }
            }
            if (!last.isLost() && !mayLookAgain(last.code())) {
                return ClusterKeys.refused(last);
            }
            if (deadline.isOver() || (last.isLost() && !requests.pause(deadline))) {
                return ClusterKeys.unknown(last);
            }
        }
    }

    /** Writes only what changed; the session is kept alive by {@link Heartbeat} anyway. */
    @Override
    public WriteOutcome publishMember(String value) {
        Deadline deadline = requests.deadline();
        ZooKeeperSession session;
        try {
            session = sessions.connected(deadline);
        } catch (StoreUnavailableException e) {
            return new Unknown(e.getMessage());
        }
        Reply<Node> look = requests.on(session, deadline, s -> s.read(member));
        if (look.code() == Code.NONODE) {
            return ClusterKeys.stored(keys.create(deadline, member, value, CreateMode.EPHEMERAL));
        }
        if (!look.isOk()) {
            return look.isLost() ? ClusterKeys.unknown(look) : ClusterKeys.refused(look);
        }
        Node node = look.get();
        boolean ours = isOurs(session, node);
        if (!ours) {
            Reply<Node> leader = requests.on(session, deadline, s -> s.read(path.leader()));
            if (leader.isLost()) {
                return ClusterKeys.unknown(leader);
            }
            // This one is the proof with which the leader node is taken over (replaceOwnName).
            ours = leader.isOk() && leader.get().value().equals(name) && isOfOneSession(node.stat(), leader.get());
        }
        if (!ours) {
            LOG.log(Level.INFO, "Recreating the member ZNode due to ownership mismatch");
            Reply<Void> replaced = requests.on(
                    session,
                    deadline,
                    s -> s.replaceEphemeral(
                            List.of(new OwnNode(member, value, node.stat().getVersion()))));
            return replaced.isOk()
                    ? new Applied(new Revision(1), replaced.sentAt())
                    : replaced.isLost() ? ClusterKeys.unknown(replaced) : ClusterKeys.refused(replaced);
        }
        if (node.value().equals(value)) {
            return new Applied(ViewReader.revision(node.stat()), look.sentAt());
        }
        return ClusterKeys.stored(requests.on(
                session, deadline, s -> s.write(member, value, node.stat().getVersion())));
    }

    private static boolean isOurs(ZooKeeperSession session, Node node) {
        return node.stat().getEphemeralOwner() == session.id();
    }

    private static boolean isOfOneSession(Stat node, Node other) {
        return node.getEphemeralOwner() == other.stat().getEphemeralOwner();
    }

    /** Whether an answer means that the node changed under our hands. */
    private static boolean mayLookAgain(Code code) {
        return switch (code) {
            case OK, NONODE, NODEEXISTS, BADVERSION -> true;
            default -> false;
        };
    }

    @Override
    public WriteOutcome put(Key key, String value, Expectation expectation) {
        return keys.put(key, value, expectation);
    }

    @Override
    public WriteOutcome delete(Key key, Expectation expectation) {
        return keys.delete(key, expectation);
    }

    @Override
    public WriteOutcome removeCluster() {
        return keys.removeCluster();
    }

    @Override
    public void applyTiming(Timing timing) {
        requests.applyTiming(timing);
        sessions.changeTimeout(timing.ttl());
        heartbeat.every(interval(timing));
    }

    private Duration interval(Timing timing) {
        return settings.reportingDelay(timing.ttl()).dividedBy(2);
    }

    @Override
    public void onEvent(Consumer<StoreEvent> newListener) {
        listener = newListener;
    }

    /** Leaves leader and member node to the session's time-out, as a crash would. */
    @Override
    public void close() {
        heartbeat.stop();
        sessions.close(false);
        afterClose.run();
    }
}

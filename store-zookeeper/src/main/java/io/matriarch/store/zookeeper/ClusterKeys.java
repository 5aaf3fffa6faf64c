package io.matriarch.store.zookeeper;

import static io.matriarch.store.zookeeper.ZooKeeperSession.ANY_VERSION;

import io.matriarch.model.ClusterPath;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.model.Revision;
import io.matriarch.store.ClusterAssembler;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.ToolStore;
import io.matriarch.store.WriteOutcome;
import io.matriarch.store.WriteOutcome.Applied;
import io.matriarch.store.WriteOutcome.Refused;
import io.matriarch.store.WriteOutcome.Unknown;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.data.Stat;

/** The keys that belong to no session. Ends its session on the server when closed, so it is what a tool needs. */
final class ClusterKeys implements ToolStore {

    /** {@code sync} is emptied, never deleted: a version that starts again at zero would let an old writer win. */
    private static final String EMPTIED = "{}";

    private final ClusterPath path;
    private final Requests requests;
    private final ViewReader reader;

    /** Nodes that were there when we wrote them last, which saves the attempt to create them. */
    private final Set<String> existing = ConcurrentHashMap.newKeySet();

    ClusterKeys(ClusterPath path, Requests requests) {
        this.path = path;
        this.requests = requests;
        this.reader = new ViewReader(path, requests);
    }

    @Override
    public ClusterView load() throws StoreUnavailableException {
        return reader.read(requests.deadline());
    }

    @Override
    public SortedSet<Integer> groups() throws StoreUnavailableException {
        Deadline deadline = requests.deadline();
        Reply<Void> synced = requests.untilAnswered(deadline, s -> s.sync(path.base()));
        Reply<List<String>> children = requests.untilAnswered(deadline, s -> s.children(path.base()));
        if (children.isOk() && synced.isOk()) {
            return ClusterAssembler.groups(children.get());
        }
        if (children.code() == Code.NONODE) {
            return new TreeSet<>();
        }
        throw new StoreUnavailableException("ZooKeeper: " + words(children.isOk() ? synced.code() : children.code()));
    }

    @Override
    public WriteOutcome put(Key key, String value, Expectation expectation) {
        Deadline deadline = requests.deadline();
        String node = path.key(key);
        return switch (expectation) {
            case Expectation.Any _ -> putAny(deadline, node, value);
            case Expectation.Absent _ -> stored(create(deadline, node, value, CreateMode.PERSISTENT));
            case Expectation.Version(var seen) ->
                stored(requests.once(deadline, s -> s.write(node, value, Math.toIntExact(seen.value() - 1))));
        };
    }

    private WriteOutcome putAny(Deadline deadline, String node, String value) {
        if (existing.contains(node)) {
            Reply<Stat> reply = requests.once(deadline, s -> s.write(node, value, ANY_VERSION));
            if (reply.code() != Code.NONODE) {
                return stored(reply);
            }
            existing.remove(node);
        }
        Reply<Stat> reply = withParents(deadline, node, s -> s.createOrWrite(node, value));
        if (reply.isOk()) {
            existing.add(node);
        }
        return stored(reply);
    }

    /** Creates a node and, when they are missing, its parents. */
    Reply<Stat> create(Deadline deadline, String node, String value, CreateMode mode) {
        return withParents(deadline, node, s -> s.create(node, value, mode));
    }

    private Reply<Stat> withParents(Deadline deadline, String node, Requests.Request<Stat> request) {
        Reply<Stat> reply = requests.once(deadline, request);
        if (reply.code() != Code.NONODE) {
            return reply;
        }
        for (int slash = node.indexOf('/', 1); slash > 0; slash = node.indexOf('/', slash + 1)) {
            String parent = node.substring(0, slash);
            Reply<Stat> made = requests.untilAnswered(deadline, s -> s.create(parent, "", CreateMode.PERSISTENT));
            if (!made.isOk() && made.code() != Code.NODEEXISTS) {
                return made;
            }
        }
        return requests.once(deadline, request);
    }

    @Override
    public WriteOutcome delete(Key key, Expectation expectation) {
        if (key == Key.SYNC) {
            return put(key, EMPTIED, expectation);
        }
        if (expectation instanceof Expectation.Absent) {
            throw new IllegalArgumentException("nothing to delete where nothing is expected");
        }
        int version =
                expectation instanceof Expectation.Version(var seen) ? Math.toIntExact(seen.value() - 1) : ANY_VERSION;
        Reply<Void> reply = requests.once(requests.deadline(), s -> s.delete(path.key(key), version));
        return removed(reply, version == ANY_VERSION);
    }

    @Override
    public WriteOutcome removeCluster() {
        Deadline deadline = requests.deadline();
        Reply<?> last = new Reply<Void>(Code.OK, null, deadline.time().now());
        while (!deadline.isOver()) {
            List<String> nodes = new ArrayList<>();
            Deque<String> toVisit = new ArrayDeque<>(List.of(path.base()));
            while (!toVisit.isEmpty()) {
                String node = toVisit.pop();
                nodes.add(node);
                Reply<List<String>> children = requests.untilAnswered(deadline, s -> s.children(node));
                if (children.isOk()) {
                    children.get().forEach(name -> toVisit.push(node + "/" + name));
                } else if (children.code() != Code.NONODE) {
                    return removed(new Reply<>(children.code(), null, children.sentAt()), true);
                }
            }
            boolean again = false;
            for (String node : nodes.reversed()) {
                Reply<Void> reply = requests.untilAnswered(deadline, s -> s.delete(node, ANY_VERSION));
                last = reply;
                if (reply.code() == Code.NOTEMPTY) {
                    again = true;
                } else if (!reply.isOk() && reply.code() != Code.NONODE) {
                    return removed(reply, true);
                }
            }
            if (!again) {
                return new Applied(Revision.NONE, last.sentAt());
            }
        }
        return new Unknown("the cluster was not removed in time: " + last.code());
    }

    @Override
    public void close() {
        requests.sessions().close(true);
    }

    /** How a write that stores a value ended. */
    static WriteOutcome stored(Reply<Stat> reply) {
        if (reply.isOk()) {
            return new Applied(ViewReader.revision(reply.get()), reply.sentAt());
        }
        return notDone(reply);
    }

    /** How a deletion ended. */
    static WriteOutcome removed(Reply<Void> reply, boolean absentIsFine) {
        if (reply.isOk() || (absentIsFine && reply.code() == Code.NONODE)) {
            return new Applied(Revision.NONE, reply.sentAt());
        }
        return notDone(reply);
    }

    private static WriteOutcome notDone(Reply<?> reply) {
        return reply.isLost() ? unknown(reply) : refused(reply);
    }

    static Refused refused(Reply<?> reply) {
        return new Refused("ZooKeeper: " + words(reply.code()));
    }

    static Unknown unknown(Reply<?> reply) {
        return new Unknown("ZooKeeper: " + words(reply.code()));
    }

    private static String words(Code code) {
        return switch (code) {
            case CONNECTIONLOSS -> "no connection, or it was lost before the answer";
            case OPERATIONTIMEOUT -> "no answer in time";
            case SESSIONEXPIRED -> "the session expired";
            case BADVERSION -> "the key was changed by somebody else";
            case NODEEXISTS -> "the key exists";
            case NONODE -> "the key does not exist";
            case NOAUTH -> "no permission; check auth_data and set_acls";
            default -> code.toString();
        };
    }
}

package io.matriarch.store.zookeeper;

import io.matriarch.model.ClusterPath;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.model.Revision;
import io.matriarch.store.ClusterStore;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.WriteOutcome;
import io.matriarch.store.WriteOutcome.Applied;
import io.matriarch.store.WriteOutcome.Refused;
import io.matriarch.store.WriteOutcome.Unknown;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.data.Stat;

/** The keys that belong to no session. Ends its session on the server when closed, so it is what a tool needs. */
final class ClusterKeys implements ClusterStore {

    /** {@code sync} is emptied, never deleted: a version that starts again at zero would let an old writer win. */
    private static final String EMPTIED = "{}";

    private static final int ANY_VERSION = -1;

    /** How often a write may run into a creation or deletion by somebody else before it is given up. */
    private static final int COLLISIONS = 5;

    private final ClusterPath path;
    private final Requests requests;
    private final ViewReader reader;

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
        Reply<Stat> reply = requests.once(deadline, s -> s.write(node, value, ANY_VERSION));
        for (int i = 0; i < COLLISIONS && (reply.code() == Code.NONODE || reply.code() == Code.NODEEXISTS); i++) {
            reply = reply.code() == Code.NONODE
                    ? create(deadline, node, value, CreateMode.PERSISTENT)
                    : requests.once(deadline, s -> s.write(node, value, ANY_VERSION));
        }
        return stored(reply);
    }

    /** Creates a node and, when they are missing, its parents. */
    Reply<Stat> create(Deadline deadline, String node, String value, CreateMode mode) {
        Reply<Stat> reply = requests.once(deadline, s -> s.create(node, value, mode));
        if (reply.code() != Code.NONODE) {
            return reply;
        }
        for (int slash = node.indexOf('/', 1); slash > 0; slash = node.indexOf('/', slash + 1)) {
            String parent = node.substring(0, slash);
            Reply<Stat> made =
                    requests.untilAnswered(deadline, s -> s.create(parent, "", CreateMode.PERSISTENT));
            if (!made.isOk() && made.code() != Code.NODEEXISTS) {
                return made;
            }
        }
        return requests.once(deadline, s -> s.create(node, value, mode));
    }

    @Override
    public WriteOutcome delete(Key key, Expectation expectation) {
        if (key == Key.SYNC) {
            return put(key, EMPTIED, expectation);
        }
        if (expectation instanceof Expectation.Absent) {
            throw new IllegalArgumentException("nothing to delete where nothing is expected");
        }
        int version = expectation instanceof Expectation.Version(var seen)
                ? Math.toIntExact(seen.value() - 1)
                : ANY_VERSION;
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

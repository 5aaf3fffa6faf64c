package io.matriarch.simulator.zookeeper;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.proto.CheckVersionRequest;
import org.apache.zookeeper.proto.CreateRequest;
import org.apache.zookeeper.proto.DeleteRequest;
import org.apache.zookeeper.proto.SetDataRequest;
import org.jspecify.annotations.Nullable;

/** The replicated state of one server: znodes and sessions. The same transactions give the same tree. */
final class Tree {

    static final int ANY_VERSION = -1;

    /** Times are numbers of transactions. */
    private record Node(
            String data,
            int version,
            int childrenVersion,
            long created,
            long modified,
            long childrenModified,
            long owner) {

        Node withData(String changed, long at) {
            return new Node(changed, version + 1, childrenVersion, created, at, childrenModified, owner);
        }

        Node withChildChange(long at) {
            return new Node(data, version, childrenVersion + 1, created, modified, at, owner);
        }
    }

    /** What happened to a node. */
    record Change(String path, EventType type) {}

    /** What the log carries. */
    sealed interface Transaction {

        record OpenSession(long session, long timeoutMillis) implements Transaction {}

        record CloseSession(long session) implements Transaction {}

        record Write(long session, List<Op> operations) implements Transaction {}
    }

    /** @param stat of the node that the last operation wrote; null when there is none */
    record Result(Code code, @Nullable Stat stat) {}

    private final TreeMap<String, Node> nodes = new TreeMap<>();
    /** Time-outs in milliseconds. */
    private final TreeMap<Long, Long> sessions = new TreeMap<>();

    private long lastId;

    Tree() {
        nodes.put("/", new Node("", 0, 0, 0, 0, 0, 0));
    }

    Tree copy() {
        var copy = new Tree();
        copy.nodes.putAll(nodes);
        copy.sessions.putAll(sessions);
        copy.lastId = lastId;
        return copy;
    }

    /** The number of the last transaction. */
    long lastId() {
        return lastId;
    }

    @Nullable
    Long timeoutOf(long session) {
        return sessions.get(session);
    }

    List<Long> sessions() {
        return List.copyOf(sessions.keySet());
    }

    boolean exists(String path) {
        return nodes.containsKey(path);
    }

    @Nullable
    String data(String path) {
        Node node = nodes.get(path);
        return node == null ? null : node.data();
    }

    /** Null when there is no such node. */
    @Nullable
    Stat stat(String path) {
        Node node = nodes.get(path);
        return node == null
                ? null
                : new Stat(
                        node.created(),
                        node.modified(),
                        0,
                        0,
                        node.version(),
                        node.childrenVersion(),
                        0,
                        node.owner(),
                        node.data().length(),
                        children(path).size(),
                        node.childrenModified());
    }

    List<String> children(String path) {
        String prefix = path.equals("/") ? "/" : path + "/";
        var names = new ArrayList<String>();
        for (String candidate : nodes.tailMap(prefix, false).keySet()) {
            if (!candidate.startsWith(prefix)) {
                break;
            }
            String name = candidate.substring(prefix.length());
            if (name.indexOf('/') < 0) {
                names.add(name);
            }
        }
        return names;
    }

    /** Applies the transaction with this number; all of it or nothing. What it changed is added to {@code changes}. */
    Result apply(long id, Transaction transaction, List<Change> changes) {
        lastId = id;
        return switch (transaction) {
            case Transaction.OpenSession(long session, long timeout) -> {
                sessions.put(session, timeout);
                yield new Result(Code.OK, null);
            }
            case Transaction.CloseSession(long session) -> {
                sessions.remove(session);
                List<String> held = nodes.entrySet().stream()
                        .filter(e -> e.getValue().owner() == session)
                        .map(Map.Entry::getKey)
                        .toList();
                held.forEach(path -> remove(path, id, changes));
                yield new Result(Code.OK, null);
            }
            case Transaction.Write(long session, var operations) -> write(id, session, operations, changes);
        };
    }

    private Result write(long id, long session, List<Op> operations, List<Change> changes) {
        if (!sessions.containsKey(session)) {
            return new Result(Code.SESSIONEXPIRED, null);
        }
        var before = new TreeMap<>(nodes);
        var done = new ArrayList<Change>();
        Result last = new Result(Code.OK, null);
        for (Op operation : operations) {
            last = one(id, session, operation, done);
            if (last.code() != Code.OK) {
                nodes.clear();
                nodes.putAll(before);
                return last;
            }
        }
        changes.addAll(done);
        return last;
    }

    private Result one(long id, long session, Op operation, List<Change> changes) {
        String path = operation.getPath();
        Node node = nodes.get(path);
        return switch (operation.toRequestRecord()) {
            case CreateRequest create -> {
                if (node != null) {
                    yield new Result(Code.NODEEXISTS, null);
                }
                if (!nodes.containsKey(parentOf(path))) {
                    yield new Result(Code.NONODE, null);
                }
                boolean ephemeral = CreateMode.fromFlag(create.getFlags(), CreateMode.PERSISTENT)
                        .isEphemeral();
                nodes.put(path, new Node(text(create.getData()), 0, 0, id, id, id, ephemeral ? session : 0));
                touchParent(path, id);
                changes.add(new Change(path, EventType.NodeCreated));
                yield new Result(Code.OK, stat(path));
            }
            case DeleteRequest delete -> {
                Code code = check(node, delete.getVersion());
                if (code == Code.OK && !children(path).isEmpty()) {
                    code = Code.NOTEMPTY;
                }
                if (code == Code.OK) {
                    remove(path, id, changes);
                }
                yield new Result(code, null);
            }
            case SetDataRequest write -> {
                Code code = check(node, write.getVersion());
                if (code == Code.OK && node != null) {
                    nodes.put(path, node.withData(text(write.getData()), id));
                    changes.add(new Change(path, EventType.NodeDataChanged));
                }
                yield new Result(code, code == Code.OK ? stat(path) : null);
            }
            case CheckVersionRequest check -> new Result(check(node, check.getVersion()), null);
            default -> throw new IllegalArgumentException("not known here: " + operation);
        };
    }

    private static String text(byte[] data) {
        return new String(data, StandardCharsets.UTF_8);
    }

    private static Code check(@Nullable Node node, int version) {
        if (node == null) {
            return Code.NONODE;
        }
        return version == ANY_VERSION || version == node.version() ? Code.OK : Code.BADVERSION;
    }

    private void remove(String path, long id, List<Change> changes) {
        nodes.remove(path);
        touchParent(path, id);
        changes.add(new Change(path, EventType.NodeDeleted));
    }

    private void touchParent(String path, long id) {
        nodes.computeIfPresent(parentOf(path), (_, parent) -> parent.withChildChange(id));
    }

    private static String parentOf(String path) {
        int slash = path.lastIndexOf('/');
        return slash == 0 ? "/" : path.substring(0, slash);
    }
}

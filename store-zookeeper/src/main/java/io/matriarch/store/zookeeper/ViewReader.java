package io.matriarch.store.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonPrimitive;
import io.matriarch.model.ClusterPath;
import io.matriarch.model.ClusterStatus;
import io.matriarch.model.ClusterView;
import io.matriarch.model.ConfigKey;
import io.matriarch.model.FailoverRequest;
import io.matriarch.model.History;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.LeaderKey;
import io.matriarch.model.Member;
import io.matriarch.model.Revision;
import io.matriarch.model.SyncState;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.zookeeper.ZooKeeperSession.Node;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/**
 * Reads all keys of a cluster, in two round trips, from a server that has just caught up with the ensemble's leader.
 *
 * <p>ZooKeeper gives no snapshot over several nodes, but answers one session's requests in their order. The leader node
 * is asked for first: a view that calls the cluster unlocked then holds everything that the last leader wrote. A cached
 * copy would save little and need a bound on its age.
 */
final class ViewReader {

    /** A request got no answer: the whole reading may be tried again. */
    private static final class LostException extends Exception {
        private static final long serialVersionUID = 1L;
    }

    private final ClusterPath path;
    private final Requests requests;

    ViewReader(ClusterPath path, Requests requests) {
        this.path = path;
        this.requests = requests;
    }

    ClusterView read(Deadline deadline) throws StoreUnavailableException {
        while (true) {
            ZooKeeperSession session = requests.sessions().connected(deadline);
            try {
                return new Reading(session, deadline).view();
            } catch (LostException e) {
                if (deadline.isOver() || !requests.pause(deadline)) {
                    throw new StoreUnavailableException("ZooKeeper did not answer in time", e);
                }
            }
        }
    }

    /** One attempt on one session. */
    private final class Reading {

        private final ZooKeeperSession session;
        private final Deadline deadline;

        Reading(ZooKeeperSession session, Deadline deadline) {
            this.session = session;
            this.deadline = deadline;
        }

        ClusterView view() throws LostException, StoreUnavailableException {
            var synced = session.sync(path.base());
            var pendingLeader = session.read(path.leader());
            var pendingNames = session.children(path.members());
            var pending = new EnumMap<Key, CompletableFuture<Reply<Node>>>(Key.class);
            for (Key key : Key.values()) {
                pending.put(key, session.read(path.key(key)));
            }
            var pendingPosition = session.read(path.base() + "/optime/leader");

            require(synced);
            Node leader = require(pendingLeader);
            List<String> names = require(pendingNames);
            var pendingMembers = new LinkedHashMap<String, CompletableFuture<Reply<Node>>>();
            for (String name : names == null ? List.<String>of() : names) {
                pendingMembers.put(name, session.read(path.member(name)));
            }
            var nodes = new EnumMap<Key, Node>(Key.class);
            for (var entry : pending.entrySet()) {
                Node node = require(entry.getValue());
                if (node != null) {
                    nodes.put(entry.getKey(), node);
                }
            }
            Node position = require(pendingPosition);
            var members = new LinkedHashMap<String, Member>();
            for (var entry : pendingMembers.entrySet()) {
                Node node = require(entry.getValue());
                if (node != null) {
                    members.put(entry.getKey(), Member.parse(entry.getKey(), text(node)));
                }
            }
            return new ClusterView(
                    textOf(nodes, Key.INITIALIZE),
                    config(nodes.get(Key.CONFIG)),
                    leader(leader),
                    status(nodes.get(Key.STATUS), position),
                    members,
                    failover(nodes.get(Key.FAILOVER)),
                    sync(nodes.get(Key.SYNC)),
                    history(nodes.get(Key.HISTORY)),
                    failsafe(nodes.get(Key.FAILSAFE)));
        }

        /** The value, or null when the node does not exist. */
        private <T> @Nullable T require(CompletableFuture<Reply<T>> pending)
                throws LostException, StoreUnavailableException {
            Reply<T> reply = requests.await(session, deadline, pending);
            if (reply.isLost()) {
                throw new LostException();
            }
            if (!reply.isOk() && reply.code() != Code.NONODE) {
                throw new StoreUnavailableException("ZooKeeper answered " + reply.code() + " below " + path.base());
            }
            return reply.value();
        }

        private @Nullable LeaderKey leader(@Nullable Node node) {
            return node == null
                    ? null
                    : new LeaderKey(
                            text(node), node.stat().getEphemeralOwner() == session.id(), revision(node.stat()));
        }
    }

    /** A node's version as the port counts it: znode versions begin at 0, which there means "does not exist". */
    static Revision revision(Stat stat) {
        return new Revision(stat.getVersion() + 1L);
    }

    private static @Nullable ConfigKey config(@Nullable Node node) {
        return node == null ? null : ConfigKey.parse(text(node), revision(node.stat()));
    }

    private static ClusterStatus status(@Nullable Node status, @Nullable Node legacyPosition) {
        Node node = status == null ? legacyPosition : status;
        return node == null ? ClusterStatus.EMPTY : ClusterStatus.parse(text(node));
    }

    private static @Nullable FailoverRequest failover(@Nullable Node node) {
        return node == null ? null : FailoverRequest.parse(text(node), revision(node.stat())).orElse(null);
    }

    private static SyncState sync(@Nullable Node node) {
        return node == null ? SyncState.EMPTY : SyncState.parse(text(node), revision(node.stat()));
    }

    private static History history(@Nullable Node node) {
        return node == null ? History.UNKNOWN : History.parse(text(node));
    }

    private static @Nullable Map<String, String> failsafe(@Nullable Node node) {
        if (node == null) {
            return null;
        }
        var urls = new LinkedHashMap<String, String>();
        Json.parseObject(text(node)).ifPresent(o -> o.entrySet().forEach(e -> {
            if (e.getValue() instanceof JsonPrimitive url) {
                urls.put(e.getKey(), url.getAsString());
            }
        }));
        return urls;
    }

    private static @Nullable String textOf(Map<Key, Node> nodes, Key key) {
        Node node = nodes.get(key);
        return node == null ? null : text(node);
    }

    private static String text(Node node) {
        return new String(node.data(), UTF_8);
    }
}

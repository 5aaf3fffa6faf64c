package io.matriarch.store.zookeeper;

import io.matriarch.model.ClusterPath;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.model.Revision;
import io.matriarch.store.ClusterAssembler;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.StoredValue;
import io.matriarch.store.zookeeper.ZooKeeperSession.Node;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
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
        private final int connection;
        private final Deadline deadline;

        Reading(ZooKeeperSession session, Deadline deadline) {
            this.session = session;
            this.connection = session.connection();
            this.deadline = deadline;
        }

        ClusterView view() throws LostException, StoreUnavailableException {
            var synced = session.sync(path.base());
            var pending = new LinkedHashMap<String, CompletableFuture<Reply<Node>>>();
            pending.put(ClusterAssembler.LEADER, session.read(path.leader()));
            var pendingNames = session.children(path.members());
            for (Key key : Key.values()) {
                pending.put(key.path(), session.read(path.key(key)));
            }
            pending.put(ClusterAssembler.LEGACY_OPTIME, session.read(path.prefix() + ClusterAssembler.LEGACY_OPTIME));

            require(synced);
            List<String> names = require(pendingNames);
            for (String name : names == null ? List.<String>of() : names) {
                pending.put(ClusterAssembler.MEMBERS + name, session.read(path.member(name)));
            }
            var stored = new HashMap<String, StoredValue>();
            for (var entry : pending.entrySet()) {
                Node node = require(entry.getValue());
                if (node != null) {
                    boolean owned = node.stat().getEphemeralOwner() == session.id();
                    stored.put(entry.getKey(), new StoredValue(node.value(), revision(node.stat()), owned));
                }
            }
            return ClusterAssembler.assemble(stored);
        }

        /** The value, or null when the node does not exist. */
        private <T> @Nullable T require(CompletableFuture<Reply<T>> pending)
                throws LostException, StoreUnavailableException {
            Reply<T> reply = requests.await(session, connection, deadline, pending);
            if (reply.isLost()) {
                throw new LostException();
            }
            if (!reply.isOk() && reply.code() != Code.NONODE) {
                throw new StoreUnavailableException("ZooKeeper answered " + reply.code() + " below " + path.base());
            }
            return reply.value();
        }
    }

    /** A node's version as the port counts it: znode versions begin at 0, which there means "does not exist". */
    static Revision revision(Stat stat) {
        return new Revision(stat.getVersion() + 1L);
    }
}

package io.matriarch.store.zookeeper;

import io.matriarch.model.ClusterPath;
import io.matriarch.model.Key;
import io.matriarch.store.StoreEvent;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.data.Stat;

/**
 * Turns changes of the few znodes that end a wait into events, and keeps quiet about our own writes.
 *
 * <p>A watch fires once and says only that something changed, so each firing looks at the node again, which also arms the
 * next watch; what is seen is compared with the last known transaction number. Nothing is lost in between: the look is
 * answered with the newest state, and a reconnected client re-arms by itself.
 */
final class Watches implements ZooKeeperSession.WriteObserver {

    /** Stands for the transaction number of a node that does not exist. */
    static final long ABSENT = 0;

    private final Map<String, StoreEvent> watched;
    private final Consumer<StoreEvent> listener;
    private final Map<String, Long> known = new HashMap<>();

    Watches(ClusterPath path, Consumer<StoreEvent> listener) {
        this.watched = Map.of(
                path.leader(), StoreEvent.LEADER_CHANGED,
                path.key(Key.CONFIG), StoreEvent.CONFIG_CHANGED,
                path.key(Key.STATUS), StoreEvent.STATUS_CHANGED);
        this.listener = listener;
    }

    /** Arms all watches on a session that has just connected. */
    void arm(ZooKeeperSession session) {
        Watcher watcher = new Watcher() {
            @Override
            public void process(WatchedEvent event) {
                if (event.getType() != Event.EventType.None && event.getPath() != null) {
                    look(session, event.getPath(), this);
                }
            }
        };
        watched.keySet().forEach(path -> look(session, path, watcher));
    }

    private void look(ZooKeeperSession session, String path, Watcher watcher) {
        session.exists(path, watcher).thenAccept(reply -> {
            if (reply.isOk()) {
                saw(session, path, reply.get());
            } else if (reply.code() == Code.NONODE) {
                saw(path, ABSENT, false);
            }
        });
    }

    private void saw(ZooKeeperSession session, String path, Stat stat) {
        saw(path, stat.getMzxid(), stat.getEphemeralOwner() != 0 && stat.getEphemeralOwner() == session.id());
    }

    private void saw(String path, long mzxid, boolean ours) {
        Long before;
        synchronized (this) {
            before = known.put(path, mzxid);
        }
        StoreEvent event = watched.get(path);
        if (before != null && before != mzxid && !ours && event != null) {
            listener.accept(event);
        }
    }

    @Override
    public synchronized void wrote(String path, long mzxid) {
        if (watched.containsKey(path)) {
            known.put(path, mzxid);
        }
    }
}

package io.matriarch.store.zookeeper;

import io.matriarch.model.ClusterPath;
import io.matriarch.model.Key;
import io.matriarch.store.ClusterAssembler;
import io.matriarch.store.StoreEvent;
import io.matriarch.store.StoreEvents;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.jspecify.annotations.Nullable;

/**
 * Turns changes of the few znodes that end a wait into events, and keeps quiet about our own writes.
 *
 * <p>A watch fires once and says only that something changed, so each firing arms the next watch and then reads the node;
 * what is read is compared with the last known value. Nothing is lost in between: the node is read after the watch was
 * armed, and a reconnected client re-arms by itself. Our own writes are known before such a reading is answered, because
 * one session's answers keep their order.
 */
final class Watches implements ZooKeeperSession.WriteObserver {

    private static final List<String> WATCHED = List.of(ClusterAssembler.LEADER, Key.CONFIG.path(), Key.STATUS.path());

    private final String prefix;
    private final String member;
    private final Consumer<StoreEvent> listener;

    /** Last known value by path below the prefix; null: the node did not exist. */
    private final Map<String, @Nullable String> known = new HashMap<>();

    Watches(ClusterPath path, String member, Consumer<StoreEvent> listener) {
        this.prefix = path.prefix();
        this.member = member;
        this.listener = listener;
    }

    /** Arms all watches on a session that has just connected. */
    void arm(ZooKeeperSession session) {
        var watcher = new Watcher() {
            @Override
            public void process(WatchedEvent event) {
                if (event.getType() != Event.EventType.None && event.getPath() != null) {
                    look(session, event.getPath().substring(prefix.length()), this);
                }
            }
        };
        WATCHED.forEach(path -> look(session, path, watcher));
    }

    private void look(ZooKeeperSession session, String path, Watcher watcher) {
        // A lost answer needs no care: the connection's end is an event of its own, and watches are armed anew after
        // it.
        var _ = session.exists(prefix + path, watcher);
        var _ = session.read(prefix + path).thenAccept(reply -> {
            if (reply.isOk()) {
                saw(path, reply.get().value());
            } else if (reply.code() == Code.NONODE) {
                saw(path, null);
            }
        });
    }

    private void saw(String path, @Nullable String value) {
        Optional<StoreEvent> event;
        synchronized (this) {
            boolean first = !known.containsKey(path);
            String before = known.put(path, value);
            String leader = known.get(ClusterAssembler.LEADER);
            boolean otherLeads = leader != null && !leader.equals(member);
            event = first ? Optional.empty() : StoreEvents.of(path, before, value, otherLeads);
        }
        event.ifPresent(listener);
    }

    @Override
    public synchronized void wrote(String node, @Nullable String value) {
        String path = node.startsWith(prefix) ? node.substring(prefix.length()) : node;
        if (WATCHED.contains(path)) {
            known.put(path, value);
        }
    }
}

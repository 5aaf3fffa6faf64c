package io.matriarch.store.zookeeper;

import io.matriarch.store.AgentStore;
import io.matriarch.store.ClusterStore;
import io.matriarch.store.StoreContext;

/** Opens stores on an ensemble; the embedded store comes here too once its server runs. */
public final class ZooKeeperStores {

    private ZooKeeperStores() {}

    /** With a session that holds member and leader key, heartbeats and watches. Does not wait for a connection. */
    public static AgentStore forAgent(ZooKeeperSettings settings, StoreContext context) {
        return forAgent(settings, context, () -> {});
    }

    /** @param afterClose runs when the store has been closed */
    public static AgentStore forAgent(ZooKeeperSettings settings, StoreContext context, Runnable afterClose) {
        LibraryLog.quieten();
        return new ZooKeeperAgentStore(settings, context, afterClose).start();
    }

    /** For single commands; its session holds nothing and ends with {@link ClusterStore#close()}. */
    public static ClusterStore forTool(ZooKeeperSettings settings, StoreContext context) {
        LibraryLog.quieten();
        var sessions = new Sessions(settings, context.timing().ttl(), context.time(), (_, _) -> {}, (_, _) -> {});
        return new ClusterKeys(context.path(), new Requests(sessions, context.timing(), context.time()));
    }
}

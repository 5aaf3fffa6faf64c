package io.matriarch.store.zookeeper;

import io.matriarch.store.AgentStore;
import io.matriarch.store.StoreContext;
import io.matriarch.store.ToolStore;

/** Opens stores on an ensemble; the embedded store comes here too once its server runs. */
public final class ZooKeeperStores {

    private ZooKeeperStores() {}

    /** With a session that holds member and leader key, heartbeats and watches. Does not wait for a connection. */
    public static AgentStore forAgent(ZooKeeperSettings settings, StoreContext context) {
        return forAgent(settings, context, () -> {});
    }

    /** @param afterClose runs when the store has been closed */
    public static AgentStore forAgent(ZooKeeperSettings settings, StoreContext context, Runnable afterClose) {
        return forAgent(settings, context, ZooKeeperPorts.REAL, afterClose);
    }

    static AgentStore forAgent(
            ZooKeeperSettings settings, StoreContext context, ZooKeeperPorts ports, Runnable afterClose) {
        return new ZooKeeperAgentStore(settings, context, ports, afterClose).start();
    }

    /** For single commands; its session holds nothing and ends with {@link ToolStore#close()}. */
    public static ToolStore forTool(ZooKeeperSettings settings, StoreContext context) {
        return forTool(settings, context, ZooKeeperPorts.REAL);
    }

    static ToolStore forTool(ZooKeeperSettings settings, StoreContext context, ZooKeeperPorts ports) {
        var sessions =
                new Sessions(settings, context.timing().ttl(), ports, context.time(), (_, _) -> {}, (_, _) -> {});
        return new ClusterKeys(
                context.path(), new Requests(sessions, context.timing(), ports.threads(), context.time()));
    }
}

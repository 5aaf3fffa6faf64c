package io.matriarch.store.zookeeper;

import io.matriarch.store.AgentStore;
import io.matriarch.store.StoreConfigurationException;
import io.matriarch.store.StoreContext;
import io.matriarch.store.StoreProvider;
import io.matriarch.store.ToolStore;
import java.util.List;

/** The {@code zookeeper} section: an ensemble outside (contract config.md 2.7). */
public final class ZooKeeperStoreProvider implements StoreProvider {

    private final ZooKeeperPorts ports;

    public ZooKeeperStoreProvider() {
        this(ZooKeeperPorts.REAL);
    }

    /** Over a simulated ensemble. */
    public ZooKeeperStoreProvider(ZooKeeperPorts ports) {
        this.ports = ports;
    }

    @Override
    public List<String> sections() {
        return List.of("zookeeper");
    }

    @Override
    public AgentStore openForAgent(StoreContext context) throws StoreConfigurationException {
        return ZooKeeperStores.forAgent(ZooKeeperSection.parse(context.section()), context, ports, () -> {});
    }

    @Override
    public ToolStore openForTool(StoreContext context) throws StoreConfigurationException {
        return ZooKeeperStores.forTool(ZooKeeperSection.parse(context.section()), context, ports);
    }
}

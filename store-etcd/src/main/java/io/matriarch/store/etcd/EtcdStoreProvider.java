package io.matriarch.store.etcd;

import io.matriarch.store.AgentStore;
import io.matriarch.store.ClusterStore;
import io.matriarch.store.StoreConfigurationException;
import io.matriarch.store.StoreContext;
import io.matriarch.store.StoreProvider;
import java.util.List;

/** Opens the etcd v3 store: section {@code etcd3}. */
public final class EtcdStoreProvider implements StoreProvider {

    @Override
    public List<String> sections() {
        return List.of("etcd3");
    }

    @Override
    public AgentStore openForAgent(StoreContext context) throws StoreConfigurationException {
        return new EtcdAgentStore(
                client(context), context.path(), context.member(), context.timing(), context.time());
    }

    @Override
    public ClusterStore openForTool(StoreContext context) throws StoreConfigurationException {
        return new EtcdToolStore(client(context), context.path());
    }

    private static EtcdClient client(StoreContext context) throws StoreConfigurationException {
        return new EtcdClient(EtcdSettings.parse(context.section()), context.timing(), context.time());
    }
}

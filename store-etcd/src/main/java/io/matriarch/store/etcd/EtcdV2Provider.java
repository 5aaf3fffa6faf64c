package io.matriarch.store.etcd;

import io.matriarch.store.AgentStore;
import io.matriarch.store.StoreConfigurationException;
import io.matriarch.store.StoreContext;
import io.matriarch.store.StoreProvider;
import io.matriarch.store.ToolStore;
import java.util.List;

/** Answers for the section of etcd's old API, which etcd itself has dropped, and says what to do instead. */
public final class EtcdV2Provider implements StoreProvider {

    @Override
    public List<String> sections() {
        return List.of("etcd");
    }

    @Override
    public AgentStore openForAgent(StoreContext context) throws StoreConfigurationException {
        throw unsupported();
    }

    @Override
    public ToolStore openForTool(StoreContext context) throws StoreConfigurationException {
        throw unsupported();
    }

    private static StoreConfigurationException unsupported() {
        return new StoreConfigurationException(
                "The v2 API of etcd is not supported:" + " rename the section etcd to etcd3, its keys stay the same");
    }
}

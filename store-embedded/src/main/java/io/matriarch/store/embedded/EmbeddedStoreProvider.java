package io.matriarch.store.embedded;

import io.matriarch.store.AgentStore;
import io.matriarch.store.StoreConfigurationException;
import io.matriarch.store.StoreContext;
import io.matriarch.store.StoreProvider;
import io.matriarch.store.ToolStore;
import io.matriarch.store.zookeeper.ZooKeeperStores;
import java.util.List;

/**
 * The {@code embedded} section: opening the store for an agent starts the member of the ensemble in this process,
 * closing the store stops it. Tools only connect.
 */
public final class EmbeddedStoreProvider implements StoreProvider {

    @Override
    public List<String> sections() {
        return List.of("embedded");
    }

    @Override
    public AgentStore openForAgent(StoreContext context) throws StoreConfigurationException {
        EmbeddedSection section = EmbeddedSection.parse(context.section(), context.member());
        EnsembleMember member = EnsembleMember.start(section);
        return ZooKeeperStores.forAgent(section.clientSettings(), context, member::close);
    }

    @Override
    public ToolStore openForTool(StoreContext context) throws StoreConfigurationException {
        EmbeddedSection section = EmbeddedSection.parse(context.section(), context.member());
        return ZooKeeperStores.forTool(section.clientSettings(), context);
    }
}

package io.matriarch.store;

import java.util.List;

/** Opens one kind of store; found through {@link java.util.ServiceLoader}. */
public interface StoreProvider {

    /** Names of the configuration sections that select this store, for instance {@code etcd3}. */
    List<String> sections();

    /**
     * Opens the store for an agent. Does not wait for servers: the first {@link ClusterStore#load} does.
     *
     * @throws StoreConfigurationException when the section cannot be used
     */
    AgentStore openForAgent(StoreContext context) throws StoreConfigurationException;

    /** Opens the store for a tool: linearizable reads, no session, no watch. */
    ToolStore openForTool(StoreContext context) throws StoreConfigurationException;
}

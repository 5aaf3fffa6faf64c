package io.matriarch.store;

import java.util.SortedSet;

/** What a tool needs beyond {@link ClusterStore}: it looks at clusters that it is not part of. */
public interface ToolStore extends ClusterStore {

    /**
     * The numbers of the Citus groups whose keys live below this path (contract dcs-etcd3.md 1); empty when it is the path
     * of an ordinary cluster.
     *
     * @throws StoreUnavailableException when no server answered within the budget
     */
    SortedSet<Integer> groups() throws StoreUnavailableException;
}

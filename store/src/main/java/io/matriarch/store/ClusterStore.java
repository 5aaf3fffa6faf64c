package io.matriarch.store;

import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;

/**
 * The keys of one cluster in a consensus store. Every call ends within the store's budget ({@code retry_timeout}, or
 * less for single writes), whatever the servers do. Safe for use by several threads.
 */
public interface ClusterStore extends AutoCloseable {

    /**
     * Reads all keys of the cluster.
     *
     * @return a view that was true at some moment after the call began (tools), or that the watch keeps up to date
     *     (agents; contract dcs-etcd3.md 2.3)
     * @throws StoreUnavailableException when no server answered within the budget
     */
    ClusterView load() throws StoreUnavailableException;

    /** Writes a key that is bound to no session. */
    WriteOutcome put(Key key, String value, Expectation expectation);

    /** Removes a key that is bound to no session. */
    WriteOutcome delete(Key key, Expectation expectation);

    /** Removes every key of the cluster. */
    WriteOutcome removeCluster();

    /** Ends connections and threads. Nothing that the store holds for us is given up by this. */
    @Override
    void close();
}

package io.matriarch.store;

import com.google.gson.JsonObject;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.model.Revision;
import io.matriarch.model.Timing;
import java.util.List;
import java.util.function.Consumer;

/**
 * The store as an agent uses it: with one session (etcd lease, ZooKeeper session) that its member key and, when it
 * leads, the leader key are bound to. Both vanish within {@code ttl} after the agent stops renewing.
 */
public interface AgentStore extends ClusterStore {

    /** Creates the leader key with our name if nobody holds it. Must be atomic. */
    WriteOutcome acquireLeader();

    /** Another key that the winner writes. */
    record Along(Key key, String value, Expectation expectation) {}

    /**
     * How taking the leader key ended.
     *
     * @param along version of the other keys; {@link Revision#NONE}: they are not known to be written
     */
    record Acquired(WriteOutcome leader, Revision along) {}

    /**
     * The same, with other keys in one transaction where the store has them. Whatever keeps these from being written does not
     * keep the leader key from it.
     */
    default Acquired acquireLeader(List<Along> along) {
        return new Acquired(acquireLeader(), Revision.NONE);
    }

    /**
     * Renews our hold on the leader key.
     *
     * @param seen the view in which the key named us
     * @return refused when somebody else holds the key: the lock is lost
     */
    WriteOutcome renewLeader(ClusterView seen);

    /**
     * Renews our hold on the leader key if it still is there. For an agent that cannot know whether its lease lasted: it
     * slept for longer, or has only begun to run. While nobody held the key somebody else may have led, and given it up.
     *
     * @param seen the view in which the key named us
     * @return refused when somebody else holds the key, or nobody: the lock is lost
     */
    WriteOutcome confirmLeader(ClusterView seen);

    /** Takes the leader key at the end of a bootstrap, whoever holds it. */
    WriteOutcome takeLeader();

    /** Removes the leader key if it is ours. */
    WriteOutcome releaseLeader(ClusterView seen);

    /**
     * The same, after the cluster's last status was published: in one transaction where the store has them, because nobody
     * leads meanwhile.
     *
     * @return what became of the leader key
     */
    default WriteOutcome releaseLeader(ClusterView seen, String lastStatus) {
        put(Key.STATUS, lastStatus, Expectation.ANY);
        return releaseLeader(seen);
    }

    /** Writes our member key under our session; renews the session when nothing else did lately. */
    WriteOutcome publishMember(String value);

    /** Takes over changed times; a changed {@code ttl} brings a new session. */
    void applyTiming(Timing timing);

    /**
     * Takes over what a running store can of a local configuration that was read again: user and password.
     *
     * @param document the whole local configuration
     */
    default void applyConfiguration(JsonObject document) {}

    /** Whom to tell about changes; called on the store's own threads, must return at once. Set before the first load. */
    void onEvent(Consumer<StoreEvent> listener);
}

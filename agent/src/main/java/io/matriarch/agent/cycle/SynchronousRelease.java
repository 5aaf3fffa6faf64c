package io.matriarch.agent.cycle;

import com.google.gson.JsonObject;
import io.matriarch.agent.node.NodeStatus;
import io.matriarch.model.ClusterView;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Tags;
import io.matriarch.model.TimeSource;
import io.matriarch.store.AgentStore;
import io.matriarch.store.StoreUnavailableException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * A synchronous standby that is about to stop asks the primary not to wait for it any more, so that commits do not hang
 * (contract replication.md 1.7): it publishes itself as {@code nosync} and waits until the sync key no longer lists it, but
 * not for longer than two cycles.
 */
final class SynchronousRelease {

    private static final Logger LOG = System.getLogger("patroni.ha");
    private static final Duration POLL = Duration.ofSeconds(2);

    private final AgentStore store;
    private final TimeSource time;
    private volatile boolean asking;

    SynchronousRelease(AgentStore store, TimeSource time) {
        this.store = store;
        this.time = time;
    }

    /** What to publish instead of the tags as configured. */
    Tags tags(Tags configured) {
        if (!asking) {
            return configured;
        }
        JsonObject values = configured.values().deepCopy();
        values.addProperty("nosync", true);
        values.addProperty("sync_priority", 0);
        return new Tags(values);
    }

    /**
     * Asks and waits; {@link #done} must follow when the standby is back.
     *
     * @param publish writes the member key at once; false when that failed
     * @param cancelled ends the wait
     */
    void ask(NodeStatus status, BooleanSupplier publish, BooleanSupplier cancelled) throws InterruptedException {
        ClusterView view = status.view();
        String me = status.name();
        if (!status.dynamic().isSynchronous()
                || view.isLeader(me)
                || status.tags().nosync()) {
            return;
        }
        asking = true;
        if (!publish.getAsBoolean()) {
            LOG.log(Level.WARNING, "Updating member state failed, skipping synchronous standby disable");
            return;
        }
        MonotonicTime limit = time.now().plus(status.timing().loopWait().multipliedBy(2));
        while (!cancelled.getAsBoolean()) {
            try {
                ClusterView now = store.load();
                String leader = now.leaderName();
                if (leader == null
                        || !now.sync().isLeader(leader)
                        || !now.sync().isVoter(me)) {
                    return;
                }
            } catch (StoreUnavailableException e) {
                LOG.log(Level.WARNING, "Could not get cluster state, skipping synchronous standby disable");
                return;
            }
            if (!time.now().plus(POLL).isBefore(limit)) {
                return;
            }
            LOG.log(Level.INFO, "Waiting for primary to release us from synchronous standby");
            time.sleep(POLL);
        }
    }

    /** The tags as configured are published again. */
    void done() {
        asking = false;
    }
}

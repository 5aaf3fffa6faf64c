package io.matriarch.agent.node;

import com.google.gson.JsonObject;
import io.matriarch.agent.meters.Meters;
import io.matriarch.model.FailsafePrimary;
import io.matriarch.model.LeaseAnswer;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.VoteRequest;
import io.matriarch.store.ClusterStore;
import java.util.List;
import java.util.Optional;

/** What REST requests may ask of the node. Safe for any thread; what takes long says so. */
public interface NodeControl {

    /** The picture that the cycle published last. */
    NodeStatus status();

    LeaderFlag leaderFlag();

    /** Whether the API through which this is asked answers. */
    ApiHealth apiHealth();

    FenceState fence();

    /** What the agent has counted since it started. */
    Meters meters();

    /** The store, for reading and for the keys that requests write. */
    ClusterStore store();

    /** Ends the wait for the next cycle. */
    void wakeUp();

    /** Reload at the start of the next cycle; does not shorten the wait. */
    void requestReload();

    /**
     * Restarts PostgreSQL now and waits for the end of it, at most for the start timeout plus the stop.
     *
     * @param conditions {@code role}, {@code postgres_version}, {@code restart_pending}, {@code timeout} (seconds)
     */
    RestartAnswer restart(JsonObject conditions);

    /** Remembers a restart for later; false when one is scheduled already. */
    boolean scheduleRestart(ScheduledRestart restart);

    /** Forgets the scheduled restart; false when there is none. */
    boolean deleteScheduledRestart();

    /** Starts a reinitialisation; empty on success, else the refusal's text. */
    Optional<String> reinitialize(boolean force, boolean fromLeader);

    /**
     * A primary without store asks that this node does not race for {@code ttl} (contract ha-loop.md 13).
     *
     * @return false: this node leads, or is about to
     */
    boolean consentTo(FailsafePrimary primary);

    /** A leader asks its electorate for a promise not to follow it (decision 0016). */
    LeaseAnswer promise(FailsafePrimary primary);

    /** A candidate asks that nothing is promised to the former leader, or asks that leader itself (decision 0016). */
    LeaseAnswer vote(VoteRequest request);

    /** Why this node refused a switchover or failover since then; empty: it did not. */
    List<String> refusalSince(MonotonicTime begin);

    /**
     * Lets a node without {@code bootstrap} section make the cluster once, at its next cycle; empty when it will try, else
     * the refusal's text.
     */
    Optional<String> requestBootstrap();

    /** The newest decisions of this node as lines of its journal, oldest first. */
    String journal();

    /** How a restart request ended, with the text that is answered. */
    record RestartAnswer(boolean success, String text) {}
}

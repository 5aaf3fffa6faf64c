package io.matriarch.agent.cycle;

import io.matriarch.model.ClusterView;
import io.matriarch.model.Member;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Role;
import io.matriarch.model.TimeSource;
import io.matriarch.store.AgentStore;
import io.matriarch.store.StoreUnavailableException;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waiting for somebody else to take a lock that is free (contract ha-loop.md 8.6 and 11.1). */
final class Takeover {

    /** How long others may need for it. */
    static final Duration LIMIT = Duration.ofSeconds(2);

    /** How long the winner may need from the lock to its first write: replay, end of recovery, its member key. */
    private static final Duration PROMOTION_LIMIT = Duration.ofSeconds(2);

    private static final Duration POLL = Duration.ofMillis(50);

    private final AgentStore store;
    private final TimeSource time;

    Takeover(AgentStore store, TimeSource time) {
        this.store = store;
        this.time = time;
    }

    /**
     * Waits until somebody else has the lock.
     *
     * @param limit at most this long; the cluster is read at least once
     * @param enough true: nobody wants to know any more
     * @return the cluster as it was read last
     */
    ClusterView await(String me, Duration limit, BooleanSupplier enough)
            throws StoreUnavailableException, InterruptedException {
        MonotonicTime end = time.now().plus(limit);
        while (true) {
            ClusterView view = store.load();
            boolean taken = !view.isUnlocked() && !view.isLeader(me);
            if (taken || enough.getAsBoolean() || !time.now().isBefore(end)) {
                return view;
            }
            time.sleep(POLL);
        }
    }

    /**
     * As {@link #await}, and then until the winner says that it can be written to: a server that is started beside the
     * promotion takes disk and processor from it, and finds an upstream that is still on the timeline of before.
     */
    ClusterView awaitPrimary(String me, BooleanSupplier enough) throws StoreUnavailableException, InterruptedException {
        ClusterView view = await(me, LIMIT, enough);
        MonotonicTime end = time.now().plus(PROMOTION_LIMIT);
        while (isPromoting(view, me) && !enough.getAsBoolean() && time.now().isBefore(end)) {
            time.sleep(POLL);
            view = store.load();
        }
        return view;
    }

    private static boolean isPromoting(ClusterView view, String me) {
        String leader = view.leaderName();
        return leader != null
                && !leader.equals(me)
                && view.member(leader)
                        .flatMap(Member::role)
                        .filter(role -> role == Role.REPLICA || role == Role.PROMOTED)
                        .isPresent();
    }
}

package io.matriarch.engine;

import io.matriarch.model.PeerStatus;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The store answers and has neither a leader nor a configuration, which every leader puts back: its data were lost under a cluster that
 * may well run (scenario S20; beyond the contract, where such a store counts as one without leader).
 *
 * <p>Nobody begins a new cluster who has seen this one. A running primary publishes everything again at once. A replica waits until
 * whoever led must have stepped down, since leases went with the data; and as nothing in the store says who holds what, it leads only
 * when every member that it knows says that it has no more.
 */
final class LostStore {

    private LostStore() {}

    static boolean is(Situation s) {
        return s.view().isUnlocked() && s.view().config() == null;
    }

    /** This process has seen the cluster, so this is no new one. */
    static boolean wasKnown(Situation s) {
        return is(s) && (s.ledView().config() != null || !s.ledView().isUnlocked());
    }

    /** Null: whoever led leads no more. */
    static @Nullable Reason mayBeLed(Situation s) {
        if (!is(s)) {
            return null;
        }
        var since = s.memory().leaderMissingSince();
        Duration missing = since == null ? Duration.ZERO : s.now().since(since);
        Duration left = longestLease(s).minus(missing);
        return left.isPositive()
                ? Reason.warning("the store has lost its data: whoever led may lead on for " + (left.toSeconds() + 1)
                        + " seconds")
                : null;
    }

    private static Duration longestLease(Situation s) {
        Duration ttl = s.timing().ttl();
        Duration promised = s.config().memberLease() ? s.config().memberLeaseLimit() : Duration.ZERO;
        return ttl.compareTo(promised) < 0 ? promised : ttl;
    }

    /** Null: this member has no commit that is not here, or the store knows enough. */
    static @Nullable Reason mayHoldMore(Situation s, String member, @Nullable PeerStatus answer) {
        if (!is(s)) {
            return null;
        }
        String unusable = PeerCheck.unusable(answer);
        if (unusable == null && answer instanceof PeerStatus.Reachable peer) {
            return peer.timeline() > s.local().timeline()
                    ? Reason.warning("the store has lost its data, and " + member + " is on timeline " + peer.timeline()
                            + ", ahead of my timeline " + s.local().timeline())
                    : null;
        }
        return Reason.warning("the store has lost its data, and " + member + " is " + unusable
                        + ": it may hold commits that are not here")
                .because("start it; or, if it is lost for good, let the member with the most WAL lead: patronictl"
                        + " failover --candidate " + s.me());
    }
}

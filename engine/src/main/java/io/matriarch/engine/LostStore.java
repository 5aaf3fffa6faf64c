package io.matriarch.engine;

import io.matriarch.model.Electorate;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.PeerStatus;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The store answers and has neither a leader nor a configuration nor a sync state, which every leader puts back: its data were lost
 * under a cluster that may well run (scenario S20; beyond the contract, where such a store counts as one without leader).
 *
 * <p>Nobody begins a new cluster who has seen this one. A running primary publishes everything again at once. A replica waits until
 * whoever led must have stepped down, since leases went with the data; and as nothing in the store says who holds what, it leads only
 * when every member of before says that it has no more. Who has not seen the cluster since it started goes by the contract: it may be
 * the first.
 */
final class LostStore {

    private LostStore() {}

    /** This process has seen the cluster, of which the store knows nothing. */
    static boolean is(Situation s) {
        return s.view().hasLostCluster(s.me())
                && (s.ledView().config() != null || !s.ledView().isUnlocked());
    }

    /** The lock was taken in such a store before it was seen that it is one; null: this node may lead. */
    static @Nullable Verdict giveBackLock(Situation s) {
        boolean unaware = s.hasLock()
                && s.memory().lockTakenUnaware()
                && is(s)
                && !"promote".equals(s.memory().task())
                && !s.local().mayAcceptWrites();
        return unaware
                ? Verdict.end(
                        Rule.STORE_LOST,
                        new Step.ReleaseLock(),
                        "Released the leader key because the store lost its data before it was taken",
                        List.of(Reason.warning("the store has lost its data: whoever led may lead on")))
                : null;
    }

    /** Null: whoever led leads no more. */
    static @Nullable Reason mayBeLed(Situation s) {
        if (!is(s)) {
            return null;
        }
        var since = s.memory().storeLostSince();
        Duration lost = since == null ? Duration.ZERO : s.now().since(since);
        Duration left = longestLease(s).minus(lost);
        return left.isPositive()
                ? Reason.warning("the store has lost its data: whoever led may lead on for " + (left.toSeconds() + 1)
                        + " seconds")
                : null;
    }

    /** By the configuration in force, or as whoever led has published it. */
    private static Duration longestLease(Situation s) {
        Electorate electorate = s.ledView().electorate();
        return Stream.of(
                        s.timing().ttl(),
                        s.config().memberLease() ? s.config().memberLeaseLimit() : Duration.ZERO,
                        electorate.isInForce() ? electorate.limit() : Duration.ZERO)
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }

    /** Null: this member has no commit that is not here, or the store knows enough. */
    static @Nullable Reason mayHoldMore(Situation s, String member, @Nullable PeerStatus answer) {
        if (!is(s)
                || s.config().isStandbyCluster()
                || s.ledView().member(member).isEmpty()
                || s.view().member(member).filter(LostStore::isWithoutData).isPresent()) {
            return null;
        }
        if (!(answer instanceof PeerStatus.Reachable peer) || !peer.position().isKnown()) {
            return Reason.warning("the store has lost its data, and " + member
                            + " does not say what it has: there may be commits that are not here")
                    .because("start it; or, if it is lost for good, let the member with the most WAL lead: patronictl"
                            + " failover --candidate " + s.me());
        }
        boolean more = peer.timeline() > s.local().timeline()
                || (peer.timeline() == s.local().timeline()
                        && peer.position().isAfter(s.local().position()));
        if (!peer.isPrimary() && !more) {
            return null;
        }
        return Reason.warning("the store has lost its data, and " + member
                + (peer.isPrimary()
                        ? " is primary"
                        : " has more: it is at " + at(peer.timeline(), peer.position()) + ", I am at "
                                + at(s.local().timeline(), s.local().position())));
    }

    /** As it says of itself, in a store that has known it for a moment only. */
    private static boolean isWithoutData(Member member) {
        return member.role().equals(Optional.of(Role.UNINITIALIZED))
                || member.state().equals(PostgresState.CREATING_REPLICA.toString());
    }

    private static String at(int timeline, Lsn position) {
        return position + " on timeline " + timeline;
    }
}

package io.matriarch.agent.cycle;

import io.matriarch.engine.LockOutcome;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.model.Member;
import io.matriarch.model.ReservedTimeline;
import io.matriarch.model.Revision;
import io.matriarch.store.ClusterStore;
import io.matriarch.store.Expectation;
import io.matriarch.store.WriteOutcome;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * Takes the number of a timeline in the store before PostgreSQL takes it, so that no two promotions ever get the same one,
 * whether or not anybody has seen what became of the other (decision 0011). Belongs to the cycle's thread.
 */
final class TimelineKeeper {

    private static final Logger LOG = System.getLogger("patroni.ha");

    /** More numbers than this were never taken in vain: somebody has written nonsense into the key. */
    private static final int MOST_LEFT_OUT = 1000;
    /** So many promotions may have been forgotten with the data of a store; each number that is left out costs one small file. */
    private static final int FORGOTTEN = 8;

    private final ClusterStore store;
    private final String me;
    /** Ours, and no promotion has begun with it. */
    private @Nullable ReservedTimeline unused;

    TimelineKeeper(ClusterStore store, String me) {
        this.store = store;
        this.me = me;
    }

    /** A number that may be taken, and what the key must be for that. */
    record Claim(int number, String value, Expectation expectation) {}

    /**
     * The number to take with the lock; null: none is needed, for what is ours already and was not used is taken again.
     *
     * @param own our present timeline; 0: not known
     */
    @Nullable
    Claim claim(ClusterView view, int own) {
        ReservedTimeline key = view.reservedTimeline();
        int seen = highestSeen(view, own);
        boolean forgotten = hasForgotten(view);
        int least = seen + 1 + (forgotten ? FORGOTTEN : 0);
        ReservedTimeline mine = unused;
        if (mine != null && mine.revision().equals(key.revision()) && mine.timeline() >= least) {
            return null;
        }
        unused = null;
        boolean nonsense = key.timeline() > seen + MOST_LEFT_OUT;
        if (nonsense) {
            LOG.log(
                    Level.ERROR,
                    "The store says that timeline {0} is taken while nobody is beyond {1}; not believed",
                    key.timeline(),
                    seen);
        }
        int number = nonsense ? least : Math.max(least, key.timeline() + 1);
        if (forgotten) {
            LOG.log(
                    Level.WARNING,
                    "The store has lost its data: taking timeline {0}, because those before it may be taken by members"
                        + " that are not here. A recovery from a backup that is older than this ends before it unless"
                        + " recovery_target_timeline names it",
                    number);
        }
        Expectation expected = key.revision().exists() ? new Expectation.Version(key.revision()) : Expectation.ABSENT;
        return new Claim(number, new ReservedTimeline(number, me, key.revision()).toJson(), expected);
    }

    /** The store has confirmed it. */
    void claimed(Claim claim, Revision revision) {
        unused = new ReservedTimeline(claim.number(), me, revision);
    }

    /**
     * Takes a number by itself.
     *
     * @param view from after we took the lock
     */
    LockOutcome reserve(ClusterView view, int own) {
        Claim claim = claim(view, own);
        if (claim == null) {
            return LockOutcome.APPLIED;
        }
        return switch (store.put(Key.RESERVED_TIMELINE, claim.value(), claim.expectation())) {
            case WriteOutcome.Applied(var revision, var _) -> {
                claimed(claim, revision);
                yield LockOutcome.APPLIED;
            }
            case WriteOutcome.Refused _ -> LockOutcome.REFUSED;
            case WriteOutcome.Unknown _ -> LockOutcome.UNKNOWN;
        };
    }

    /** Hands out the reserved number for a promotion that begins now. */
    ReservedTimeline use() {
        ReservedTimeline mine = unused;
        unused = null;
        if (mine == null) {
            throw new IllegalStateException("a promotion without a number");
        }
        return mine;
    }

    /** The promotion was given up before it began. */
    void giveBack(ReservedTimeline mine) {
        unused = mine;
    }

    /** The primary's timeline may have come about without us: by hand, under Patroni, or with a number from an archive. */
    void publish(ClusterView view, int timeline) {
        ReservedTimeline key = view.reservedTimeline();
        if (timeline > 1 && key.timeline() < timeline) {
            var own = new ReservedTimeline(timeline, me, key.revision());
            store.put(Key.RESERVED_TIMELINE, own.toJson(), Expectation.unchanged(key.revision()));
        }
    }

    /**
     * The store has lost its data, and with them which numbers are taken; an empty {@code initialize} is that of a new cluster. There
     * may be a number: somebody took it with the lock before he saw the rest.
     */
    private static boolean hasForgotten(ClusterView view) {
        return view.config() == null && (view.initialize() == null || view.hasValidInitialize());
    }

    private static int highestSeen(ClusterView view, int own) {
        int members = view.members().values().stream()
                .mapToInt(Member::timeline)
                .max()
                .orElse(0);
        return Math.max(Math.max(own, members), view.history().clusterTimeline());
    }
}

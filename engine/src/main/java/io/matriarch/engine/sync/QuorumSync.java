package io.matriarch.engine.sync;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.SyncState;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * Quorum mode: the next change on the way to the wanted synchronous set (contract replication.md 1.8).
 *
 * <p>A commit is acknowledged by {@code number} of the standbys that the parameter lists. A new leader needs the agreement of
 * {@code quorum} voters besides itself, out of the voters and the leader in the key. The rule: <em>whoever can be elected has
 * met somebody who holds every acknowledged commit.</em> In numbers: each commit is on at least {@code voters - quorum} of the
 * voters. Every single step keeps that, for the commits of the present setting and for all that were acknowledged before,
 * so that the sequence may be cut after any step, also by a crash, and be taken up from there:
 *
 * <ul>
 *   <li>The parameter changes only to what holds the present promise: {@code number}, less the listed names that are no
 *       voters, is at least {@code voters - quorum}.
 *   <li>The key changes only to a promise that is kept already. What is known of any commit: by the promise in force, it is on
 *       {@code voters - quorum} of the present voters; or it was acknowledged before the parameter last changed, then it
 *       is on every confirmed standby, or after, then on {@code number} of the listed ones.
 * </ul>
 *
 * <p>Besides, the voters are among the listed names or the other way round, as Patroni wants to find it.
 *
 * <p>Rejected: planning all steps at once with the confirmations of before the first. A parameter that changed on the way makes
 * them stale; so one step is given at a time, and the next is asked for with fresh facts.
 */
public final class QuorumSync {

    /** So many must confirm that no commit is let go. */
    private static final int EVERYBODY = 10_000;

    private final SortedSet<String> voters;
    private final int quorum;
    private final StandbyNames parameter;
    private final SortedSet<String> listed;
    private final int number;
    private final SortedSet<String> active;
    private final SortedSet<String> confirmed;
    private final int wanted;
    private final String me;
    private final boolean waited;

    private QuorumSync(
            String me, DynamicConfig config, SyncState key, StandbyNames parameter, Standbys standbys, boolean waited) {
        this.me = me;
        this.voters = Names.without(key.voters(), List.of(me));
        this.quorum = key.quorum();
        this.parameter = parameter;
        this.listed = listed(parameter);
        this.number = parameter.holdsEverything() ? EVERYBODY : Math.min(parameter.count(), listed.size());
        this.active = Names.of(standbys.active());
        this.confirmed = standbys.confirmed();
        this.wanted = Math.max(1, config.synchronousNodeCount());
        this.waited = waited;
    }

    /**
     * The next step; to be asked again with fresh facts after each.
     *
     * @param waited whether confirmation was awaited already since the parameter last changed
     */
    public static SyncStep next(
            String me, DynamicConfig config, SyncState key, StandbyNames parameter, Standbys standbys, boolean waited) {
        if (key.isEmpty()) {
            return SyncStep.WriteKey.enable();
        }
        String leader = key.leader();
        if (leader != null && !key.isLeader(me)) {
            return takeOver(me, leader, key, parameter);
        }
        if (standbys.active().isEmpty() && config.synchronousModeStrict()) {
            return SyncStep.Hold.of(parameter, StandbyNames.quorumPlaceholder(), key.voters(), key.quorum());
        }
        return new QuorumSync(me, config, key, parameter, standbys, waited).next();
    }

    /**
     * What a node sets before it promotes (contract replication.md 1.6): where others may elect the next leader, nothing is let
     * go until enough of them were seen to follow the new timeline. Listing them at once, as Patroni does, would count those that
     * are ahead of it ({@link Walsender#isAhead}): the leader before, and whoever got more of its last WAL.
     *
     * @return the value; empty: none
     */
    public static String beforePromotion(String me, SyncState key, boolean strict) {
        SortedSet<String> electors = electors(key);
        boolean promises = electors.size() - key.quorum() - (electors.contains(me) ? 1 : 0) > 0;
        return strict || promises ? StandbyNames.quorumPlaceholder() : "";
    }

    /**
     * What a node writes before it promotes: the electors and their promise stay, but from now on it is the leader whose WAL
     * counts. As long as the key named the leader before, that one could be elected without a vote, and would not have what
     * this node and the others acknowledged meanwhile.
     */
    public static SyncState keyOfPromotion(String me, SyncState key) {
        return new SyncState(me, key.quorum(), List.copyOf(Names.without(electors(key), List.of(me))), key.revision());
    }

    private static SortedSet<String> electors(SyncState key) {
        String leader = key.leader();
        return leader == null ? Names.of(List.of()) : Names.union(key.voters(), List.of(leader));
    }

    /** The electors stay the same, and so does what they promise; only their names change places. */
    private static SyncStep takeOver(String me, String leader, SyncState key, StandbyNames parameter) {
        SortedSet<String> others = Names.without(Names.union(key.voters(), List.of(leader)), List.of(me));
        if (listed(parameter).isEmpty() && !parameter.holdsEverything()) {
            return new SyncStep.SetParameter(StandbyNames.quorumPlaceholder());
        }
        return SyncStep.WriteKey.quorum(me, key.quorum(), others, false);
    }

    /** {@code *}, which old versions wrote, names nobody. */
    private static SortedSet<String> listed(StandbyNames parameter) {
        return Names.without(parameter.names(), List.of("*"));
    }

    private SyncStep next() {
        if (voters.isEmpty()) {
            return begin();
        }
        boolean nested = listed.containsAll(voters) || voters.containsAll(listed);
        if (!nested || number - Names.without(listed, voters).size() < promised()) {
            return repair();
        }
        if (Names.common(Names.union(voters, listed), active).isEmpty()) {
            return write(0, List.of());
        }
        if (!listed.equals(voters)) {
            return listed.containsAll(voters) ? finishListed() : finishVoters();
        }
        SortedSet<String> gone = Names.without(listed, active);
        if (!gone.isEmpty()) {
            return dismiss(gone);
        }
        SortedSet<String> fresh = Names.without(active, listed);
        return fresh.isEmpty() ? adjustNumbers() : welcome(fresh);
    }

    /** Nobody votes: nothing is promised, so the parameter may be anything; voters must be confirmed first. */
    private SyncStep begin() {
        int copies = Math.min(wanted, active.size());
        boolean fits = listed.equals(active)
                && number == copies
                && parameter.method() == (active.isEmpty() ? StandbyNames.Method.OFF : StandbyNames.Method.QUORUM);
        if (!fits) {
            return set(active);
        }
        if (!waited && Math.min(confirmed.size(), number) < copies) {
            return new SyncStep.AwaitConfirmation();
        }
        SyncStep write = promise(active);
        return write == null ? new SyncStep.Done() : write;
    }

    /** Somebody else changed one of the two: what the key promised no longer counts, only what is confirmed does. */
    private SyncStep repair() {
        int held = Math.min(Names.common(confirmed, listed).size(), number);
        return held == 0
                ? SyncStep.WriteKey.quorum(me, 0, List.of(), true)
                : SyncStep.WriteKey.quorum(me, listed.size() - held, listed, true);
    }

    /** More are listed than vote: those who left are taken off the list, the others get their vote. */
    private SyncStep finishListed() {
        SortedSet<String> gone = Names.without(Names.without(listed, voters), active);
        if (!gone.isEmpty()) {
            return set(Names.without(listed, gone));
        }
        SyncStep write = promise(listed);
        return write == null ? await() : write;
    }

    /** More vote than are listed: those who are back are listed, the others lose their vote once enough is held without them. */
    private SyncStep finishVoters() {
        SortedSet<String> returning = Names.common(Names.without(voters, listed), active);
        SortedSet<String> back = Names.union(listed, returning);
        if (!returning.isEmpty() && back.size() >= promised()) {
            return set(back);
        }
        SortedSet<String> gone = Names.without(Names.without(voters, listed), active);
        SyncStep write = gone.isEmpty() ? null : promise(Names.without(voters, gone));
        if (write == null && promised() > 1 && gone.size() >= promised()) {
            // Without all of them a commit could be on nobody who votes; without one less it is still on one.
            List<String> some = List.copyOf(gone).subList(0, promised() - 1);
            write = promise(Names.without(voters, some));
        }
        return write == null ? await() : write;
    }

    /**
     * While the quorum allows for members that are away, they are taken off the list first and lose their vote when the others
     * are confirmed. Otherwise every commit is on every voter, and they can lose their vote at once.
     */
    private SyncStep dismiss(SortedSet<String> gone) {
        if (quorum > 0) {
            List<String> last = List.copyOf(gone).subList(Math.max(0, gone.size() - quorum), gone.size());
            return set(Names.without(listed, last));
        }
        SyncStep write = promise(Names.without(voters, gone));
        return write == null ? await() : write;
    }

    /**
     * Whoever comes votes first and is listed then. Patroni lists first where copies are missing; but while that spreads, a commit
     * may be let go for the new one in place of a voter ({@link SpreadingReload}).
     */
    private SyncStep welcome(SortedSet<String> fresh) {
        SyncStep write = promise(Names.union(voters, fresh));
        return write == null ? await() : write;
    }

    private SyncStep adjustNumbers() {
        int aim = Math.min(wanted, listed.size());
        if (number != Math.max(promised(), aim)) {
            return set(listed);
        }
        SyncStep write = promise(voters);
        if (write != null) {
            return write;
        }
        if (quorum != voters.size() - aim && !waited) {
            return new SyncStep.AwaitConfirmation();
        }
        return parameter.method() == StandbyNames.Method.QUORUM ? new SyncStep.Done() : set(listed);
    }

    private SyncStep await() {
        return waited ? new SyncStep.Done() : new SyncStep.AwaitConfirmation();
    }

    /** On how many of the present voters each acknowledged commit is at least. */
    private int promised() {
        return voters.isEmpty() ? 0 : Math.max(0, voters.size() - quorum);
    }

    /** On how many of {@code next} each acknowledged commit is at least, as far as we know. */
    private int heldBy(SortedSet<String> next) {
        int byPromise = promised() - Names.without(voters, next).size();
        int before = Names.common(confirmed, next).size();
        int since = number - Names.without(listed, next).size();
        return Math.max(byPromise, Math.min(before, since));
    }

    /** Gives the vote to {@code next}; null when that cannot be promised yet, or stands in the key already. */
    private @Nullable SyncStep promise(SortedSet<String> next) {
        int held = heldBy(next);
        if (held <= 0) {
            return null;
        }
        int needed = next.size() - Math.min(held, Math.min(wanted, next.size()));
        return next.equals(voters) && needed == quorum ? null : write(needed, next);
    }

    private SyncStep write(int newQuorum, Collection<String> newVoters) {
        return SyncStep.WriteKey.quorum(me, newQuorum, newVoters, false);
    }

    private SyncStep set(SortedSet<String> names) {
        int aim = Math.min(wanted, names.size());
        int needed =
                voters.isEmpty() ? 0 : promised() + Names.without(names, voters).size();
        String value = StandbyNames.quorum(names, Math.max(needed, aim));
        return SpreadingReload.towards(parameter, value, StandbyNames.quorumPlaceholder(), voters, quorum);
    }
}

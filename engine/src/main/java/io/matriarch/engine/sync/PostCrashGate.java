package io.matriarch.engine.sync;

import io.matriarch.engine.Situation;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.SyncState;
import java.util.Collection;
import java.util.TreeSet;

/**
 * Whether ordinary clients may come in again after a crash of a synchronous primary.
 *
 * <p>A commit is in the local WAL before its standbys have it. After a crash PostgreSQL shows it, although nobody was told that
 * it is there: who reads it now sees it vanish when another member, which never got it, becomes primary. So clients wait
 * until everybody who could be elected has met the end of the WAL that the crash left. In numbers, as for quorum commit
 * ({@link QuorumSync}): as many voters of the sync key as are on every acknowledged commit, {@code voters - quorum}, hold it.
 * In priority mode, where the quorum is 0, these are all of them.
 *
 * <p>It ends by itself: when the sync key loses the voters that are away, nobody else can be elected and nothing can be lost.
 * Only strict mode waits for a standby for as long as it takes; there commits would wait as well.
 */
public sealed interface PostCrashGate {

    /** Why, for people. */
    String why();

    /** Clients may come in. */
    record Open(String why) implements PostCrashGate {}

    /** They wait. */
    record Closed(String why) implements PostCrashGate {}

    /** Whether it must be closed before PostgreSQL is started here: it crashed, and the sync key still names this node. */
    static boolean isDue(Situation s) {
        boolean crashed = s.local().isUncleanPrimary() || s.memory().crashRecoveryDone();
        return crashed
                && s.config().postCrashGate()
                && s.view().sync().isLeader(s.me())
                && !isLedByAnother(s)
                && !s.view().sync().voters().isEmpty();
    }

    /**
     * Decides about a closed one.
     *
     * @param leads whether PostgreSQL is out of recovery
     * @param end where the WAL ended when it had recovered
     */
    static PostCrashGate decide(Situation s, boolean leads, Lsn end, Collection<Walsender> senders) {
        SyncState key = s.view().sync();
        if (!s.config().postCrashGate()) {
            return new Open("it is switched off");
        }
        if (isLedByAnother(s) || !key.isLeader(s.me())) {
            return new Open("another member leads, or led since");
        }
        if (key.voters().isEmpty()) {
            return new Open("no other member can be elected");
        }
        if (!leads || !end.isKnown()) {
            return new Closed("this node is not primary yet");
        }
        var missing = new TreeSet<>(key.voters());
        missing.removeIf(name -> holds(s, name, end, senders));
        int needed = key.voters().size() - key.quorum();
        int held = key.voters().size() - missing.size();
        return held >= needed
                ? new Open("the synchronous set holds the WAL up to " + end)
                : new Closed("the WAL up to " + end + " must be on " + needed + " of the synchronous set and is on "
                        + held + "; not on " + String.join(", ", missing));
    }

    private static boolean isLedByAnother(Situation s) {
        return !s.view().isUnlocked() && !s.hasLock();
    }

    private static boolean holds(Situation s, String name, Lsn end, Collection<Walsender> senders) {
        Member member = s.view().member(name).orElse(null);
        return member != null
                && senders.stream()
                        .filter(w ->
                                w.isNamed(name) && !w.isAhead() && w.flushed().compareTo(end) >= 0)
                        .anyMatch(w -> w.strangeness(member, senders, s.config().useSlots())
                                .isEmpty());
    }
}

package io.matriarch.engine.lease;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The member-granted lease as an abstract machine: a few members, one store, time in ticks, and everything that can happen
 * next. A message is sent, arrives and is answered in three steps, any of which may come late or never. What each member
 * does follows decision 0016; each guard of it can be left out.
 *
 * <p>All times count down, so a state says nothing of how much time has passed.
 */
final class LeaseModel {

    /** What keeps two members from leading at once. */
    enum Guard {
        /** Who has promised does not vote. */
        PROMISE_STOPS_VOTE,
        /** Who has voted does not promise the leader that it voted about. */
        VOTE_STOPS_PROMISE,
        /** Only a lease that is still valid is made longer. */
        CHAIN,
        /** A lease counts from before it was asked for. */
        COUNTED_FROM_BEFORE,
        /** A set of members that promise and one that votes meet. */
        QUORUMS_MEET,
        /** An electorate whose writing had no answer is satisfied too. */
        BOTH_ELECTORATES,
        /** An electorate is changed only while the store's own lease reaches as far as promises do. */
        STORE_FIRST,
        /** Before a promotion the electorate is written at the version that was read. */
        TAKE_OVER,
        /** Also by one whom the electorate names. */
        TAKE_OVER_OWN,
        /** When the electorate is taken over, the votes are still valid. */
        VOTES_IN_TIME,
        /** After a start no vote is given while an earlier promise may bind. */
        START_WITHOUT_VOTE,
        /** After a start no promise is given while an earlier vote may bind. */
        START_WITHOUT_PROMISE,
        /** Promises of a part do not reach beyond the limit. */
        LIMIT,
        /** The limit counts anew only when the leader key was there without interruption, or the electorate is new. */
        LIMIT_UNBROKEN,
        /** After an interruption no renewal counts, not only the first one, until the electorate is new. */
        LIMIT_UNTIL_NEW,
        /** Who counts how long the key is missing begins again when the electorate has changed. */
        MISSING_WITH_ELECTORATE,
        /** Who says that it leads no more has no running primary either. */
        RESIGNED_WITHOUT_PRIMARY
    }

    /**
     * What may happen at most, so that there is an end.
     *
     * @param candidates who may want to lead, as bits; the first member leads anyway
     * @param ttl in ticks
     * @param limit in ticks
     * @param changes whether leaders change their electorates
     * @param revisions of the electorate, the first one included
     * @param lockChanges how often somebody gets the lock
     */
    record Bounds(
            int members,
            int candidates,
            int ttl,
            int limit,
            boolean changes,
            int revisions,
            int restarts,
            int lockChanges) {}

    private static final int NOBODY = -1;

    // ---- what a state consists of: one byte each

    private static final int HOLDER = 0; // member + 1
    private static final int LEASE = 1;
    private static final int REVISION = 2;
    private static final int RESTARTS = 3;
    private static final int LOCK_CHANGES = 4;
    private static final int DOCUMENTS = 5; // leader + 1 and members as bits, for each revision

    private static final int DEADLINE = 0;
    private static final int STORE_DEADLINE = 1;
    private static final int FENCE = 2;
    private static final int PRIMARY = 3;
    private static final int PROMISED_TO = 4; // member + 1
    private static final int PROMISE = 5;
    private static final int VOTED_ABOUT = 6; // member + 1
    private static final int VOTE = 7;
    private static final int STARTED = 8; // until what was said before the start binds no more
    private static final int RENEWAL = 9; // 1: its answer is on its way
    private static final int RENEWAL_LEFT = 10;
    private static final int ROUND_LEFT = 11; // of the promises asked for
    private static final int ROUND_ASKED = 12; // bits: requests on their way
    private static final int ROUND_HAVE = 14; // bits: promises that arrived
    private static final int LIMIT_LEFT = 15; // of the limit since the last renewal
    private static final int RENEWED_LEFT = 16; // the same, if the next electorate is confirmed
    private static final int OWN = 17; // 1: our electorate is in the store, confirmed since we hold the lock
    private static final int OWN_MEMBERS = 18;
    private static final int DOUBTFUL = 19; // members + 1 of an electorate whose writing has no answer; 0 none
    private static final int WRITE = 20; // 0 none, 1 on its way, 2 its answer is
    private static final int WRITE_OVER = 21; // the revision it expects
    private static final int WRITE_MEMBERS = 22;
    private static final int SEEN = 23; // revision that was read
    private static final int MISSING = 24; // 0 not missing, else what is left of the limit + 1
    private static final int VOTES = 25; // bits
    private static final int VOTES_LEFT = 26;
    private static final int VOTES_ASKED = 27;
    private static final int RESIGNED = 29; // 1: the leader of the electorate said so
    private static final int REQUEST = 30; // for the lock; 1: it was granted, the answer is on its way
    private static final int REQUEST_LEFT = 31;
    private static final int RACING = 32;
    private static final int BROKEN = 33; // 1: the key may have been missing; 2: also since the electorate was written
    private static final int SIZE = 34;

    private final Bounds bounds;
    private final Set<Guard> guards;
    private final int members;
    private final int firstMember;

    LeaseModel(Bounds bounds, Set<Guard> left) {
        this.bounds = bounds;
        this.guards = EnumSet.complementOf(left.isEmpty() ? EnumSet.noneOf(Guard.class) : EnumSet.copyOf(left));
        this.members = bounds.members();
        this.firstMember = DOCUMENTS + 2 * (bounds.revisions() + 1);
    }

    /** The first member leads; all others may be promoted. */
    byte[] first() {
        byte[] s = new byte[firstMember + members * SIZE];
        s[HOLDER] = 1;
        s[LEASE] = (byte) bounds.ttl();
        s[REVISION] = 1;
        s[DOCUMENTS + 2] = 1;
        s[DOCUMENTS + 3] = (byte) others(0);
        int p = at(0);
        s[p + DEADLINE] = (byte) bounds.ttl();
        s[p + STORE_DEADLINE] = (byte) bounds.ttl();
        s[p + FENCE] = (byte) bounds.ttl();
        s[p + PRIMARY] = 1;
        s[p + OWN] = 1;
        s[p + OWN_MEMBERS] = (byte) others(0);
        s[p + SEEN] = 1;
        s[p + LIMIT_LEFT] = (byte) bounds.limit();
        s[p + RENEWED_LEFT] = (byte) bounds.limit();
        return s;
    }

    /** Whether two servers accept writes. */
    boolean isViolation(byte[] s) {
        int primaries = 0;
        for (int m = 0; m < members; m++) {
            primaries += s[at(m) + PRIMARY];
        }
        return primaries > 1;
    }

    /** A state that can follow, and what happened. */
    record Next(String what, byte[] state) {}

    List<Next> next(byte[] s) {
        List<Next> all = successors(s);
        all.forEach(next -> forgetDocuments(next.state));
        return all;
    }

    /** Electorates that nobody can speak of any more. */
    private void forgetDocuments(byte[] n) {
        for (int revision = 1; revision < n[REVISION]; revision++) {
            boolean known = false;
            for (int m = 0; m < members; m++) {
                known |= n[at(m) + SEEN] == revision;
            }
            if (!known) {
                n[DOCUMENTS + 2 * revision] = 0;
                n[DOCUMENTS + 2 * revision + 1] = 0;
            }
        }
    }

    private List<Next> successors(byte[] s) {
        var all = new ArrayList<Next>();
        all.add(new Next("a tick", tick(s)));
        for (int m = 0; m < members; m++) {
            int a = at(m);
            renew(s, m, a, all);
            changeElectorate(s, m, a, all);
            askForPromises(s, m, a, all);
            look(s, m, a, all);
            askForVotes(s, m, a, all);
            askForLock(s, m, a, all);
            promote(s, m, a, all);
            restart(s, m, a, all);
        }
        return all;
    }

    // ---- time

    private byte[] tick(byte[] s) {
        byte[] n = s.clone();
        down(n, LEASE);
        if (n[LEASE] == 0) {
            n[HOLDER] = 0;
        }
        for (int m = 0; m < members; m++) {
            int a = at(m);
            for (int field : new int[] {
                DEADLINE,
                STORE_DEADLINE,
                FENCE,
                PROMISE,
                VOTE,
                STARTED,
                RENEWAL_LEFT,
                ROUND_LEFT,
                LIMIT_LEFT,
                RENEWED_LEFT,
                VOTES_LEFT,
                REQUEST_LEFT
            }) {
                down(n, a + field);
            }
            if (n[a + MISSING] > 1) {
                n[a + MISSING]--;
            }
            if (n[a + FENCE] == 0) {
                n[a + PRIMARY] = 0;
            }
            if (n[a + DEADLINE] == 0 && has(Guard.CHAIN)) {
                n[a + OWN] = 0;
            }
            forgetWhatIsOver(n, a);
        }
        return n;
    }

    /** States that differ only in what counts no more are one. */
    private void forgetWhatIsOver(byte[] n, int a) {
        if (n[a + PROMISE] == 0) {
            n[a + PROMISED_TO] = 0;
        }
        if (n[a + VOTE] == 0) {
            n[a + VOTED_ABOUT] = 0;
        }
        if (n[a + ROUND_LEFT] == 0) {
            n[a + ROUND_HAVE] = 0;
            n[a + ROUND_ASKED] = 0;
        }
        if (n[a + RENEWAL] == 1 && n[a + RENEWAL_LEFT] == 0) {
            n[a + RENEWAL] = 0;
        }
        if (n[a + DEADLINE] == 0 && has(Guard.CHAIN)) {
            n[a + BROKEN] = 0;
            n[a + LIMIT_LEFT] = 0;
            n[a + ROUND_LEFT] = 0;
            n[a + ROUND_HAVE] = 0;
            n[a + ROUND_ASKED] = 0;
        }
        if (n[a + VOTES_LEFT] == 0 && has(Guard.VOTES_IN_TIME)) {
            n[a + VOTES] = 0;
            n[a + VOTES_ASKED] = 0;
        }
    }

    private static void down(byte[] n, int field) {
        if (n[field] > 0) {
            n[field]--;
        }
    }

    // ---- the store's lease

    private void renew(byte[] s, int m, int a, List<Next> all) {
        boolean asks = s[a + DEADLINE] > 0 || s[HOLDER] == m + 1;
        if (s[a + RENEWAL] == 0 && asks && s[a + REQUEST] == 0) {
            byte[] n = s.clone();
            boolean granted = s[HOLDER] == m + 1 || (s[HOLDER] == 0 && s[a + DEADLINE] > 0);
            if (granted && s[HOLDER] == 0) {
                n[HOLDER] = (byte) (m + 1);
                if (++n[LOCK_CHANGES] > bounds.lockChanges()) {
                    return;
                }
            }
            if (granted) {
                n[LEASE] = (byte) bounds.ttl();
                n[a + RENEWAL] = 1;
                n[a + RENEWAL_LEFT] = (byte) bounds.ttl();
            } else {
                drop(n, a);
            }
            all.add(new Next(
                    "the store " + (granted ? "renews the lease of " : "refuses to renew that of ") + name(m), n));
        }
        if (s[a + RENEWAL] == 1) {
            byte[] n = s.clone();
            n[a + RENEWAL] = 0;
            byte left = has(Guard.COUNTED_FROM_BEFORE) ? s[a + RENEWAL_LEFT] : (byte) bounds.ttl();
            int sinceSent = bounds.ttl() - s[a + RENEWAL_LEFT];
            byte limitLeft = (byte) Math.max(0, bounds.limit() - sinceSent);
            n[a + RENEWED_LEFT] = limitLeft;
            boolean gap = s[a + STORE_DEADLINE] == 0;
            if (gap) {
                n[a + BROKEN] = (byte) (s[a + WRITE] == 0 ? 1 : 2);
            }
            boolean counts = has(Guard.LIMIT_UNTIL_NEW) ? n[a + BROKEN] == 0 : !gap;
            if (counts || !has(Guard.LIMIT_UNBROKEN)) {
                n[a + LIMIT_LEFT] = limitLeft;
            }
            n[a + STORE_DEADLINE] = max(s[a + STORE_DEADLINE], left);
            extend(n, a, left);
            n[a + RENEWAL_LEFT] = 0;
            all.add(new Next(name(m) + " learns of its renewal", n));
            lose(s, a, RENEWAL, "the renewal of " + name(m), all);
        }
    }

    private static void extend(byte[] n, int a, byte left) {
        n[a + DEADLINE] = max(n[a + DEADLINE], left);
        if (n[a + PRIMARY] == 1) {
            n[a + FENCE] = max(n[a + FENCE], left);
        }
    }

    private static void drop(byte[] n, int a) {
        n[a + DEADLINE] = 0;
        n[a + STORE_DEADLINE] = 0;
        n[a + OWN] = 0;
        n[a + BROKEN] = 0;
    }

    private static void lose(byte[] s, int a, int field, String what, List<Next> all) {
        byte[] n = s.clone();
        n[a + field] = 0;
        all.add(new Next("the answer to " + what + " is lost", n));
    }

    // ---- the electorate

    private void changeElectorate(byte[] s, int m, int a, List<Next> all) {
        boolean mayWrite = s[a + WRITE] == 0 && s[a + STORE_DEADLINE] > 0;
        boolean storeFirst = s[a + STORE_DEADLINE] >= s[a + DEADLINE] || !has(Guard.STORE_FIRST);
        boolean leads = s[a + PRIMARY] == 1 || s[a + OWN] == 1;
        if (mayWrite && storeFirst && leads) {
            for (int set = 1; set < 1 << members; set++) {
                boolean anew = s[a + OWN] == 0 || s[a + BROKEN] != 0;
                boolean changes = bounds.changes()
                        ? set != s[a + OWN_MEMBERS] || anew || s[a + DOUBTFUL] != 0
                        : set == others(m) && anew;
                if ((set & 1 << m) == 0 && changes) {
                    write(s, m, a, set, s[a + SEEN], all);
                }
            }
        }
        if (s[a + WRITE] == 1) {
            byte[] n = s.clone();
            boolean applied = s[REVISION] == s[a + WRITE_OVER];
            if (applied) {
                if (s[REVISION] == bounds.revisions()) {
                    return;
                }
                n[REVISION]++;
                n[DOCUMENTS + 2 * n[REVISION]] = (byte) (m + 1);
                n[DOCUMENTS + 2 * n[REVISION] + 1] = s[a + WRITE_MEMBERS];
            }
            n[a + WRITE] = (byte) (applied ? 2 : 0);
            if (!applied) {
                n[a + OWN] = 0;
            }
            all.add(new Next("the electorate of " + name(m) + (applied ? " is written" : " is refused"), n));
        }
        if (s[a + WRITE] == 2) {
            byte[] n = s.clone();
            n[a + WRITE] = 0;
            n[a + DOUBTFUL] = 0;
            n[a + SEEN] = (byte) (s[a + WRITE_OVER] + 1);
            if (s[a + DEADLINE] > 0) {
                n[a + OWN] = 1;
                n[a + OWN_MEMBERS] = s[a + WRITE_MEMBERS];
                if (s[a + BROKEN] < 2) {
                    n[a + LIMIT_LEFT] = max(n[a + LIMIT_LEFT], n[a + RENEWED_LEFT]);
                }
                n[a + BROKEN] = (byte) Math.max(0, s[a + BROKEN] - 1);
            }
            clearVotes(n, a);
            all.add(new Next(name(m) + " learns that its electorate " + set(s[a + WRITE_MEMBERS]) + " is written", n));
        }
        if (s[a + WRITE] == 2) {
            lose(s, a, WRITE, "the electorate of " + name(m), all);
        }
    }

    private void write(byte[] s, int m, int a, int set, int over, List<Next> all) {
        byte[] n = s.clone();
        n[a + WRITE] = 1;
        n[a + WRITE_OVER] = (byte) over;
        n[a + WRITE_MEMBERS] = (byte) set;
        n[a + DOUBTFUL] = (byte) (set + 1);
        all.add(new Next(name(m) + " writes electorate " + set(set), n));
    }

    // ---- promises

    private void askForPromises(byte[] s, int m, int a, List<Next> all) {
        boolean may = s[a + OWN] == 1 && (s[a + DEADLINE] > 0 || !has(Guard.CHAIN));
        if (may && s[a + ROUND_LEFT] != bounds.ttl()) {
            byte[] n = s.clone();
            n[a + ROUND_LEFT] = (byte) bounds.ttl();
            n[a + ROUND_ASKED] = (byte) (s[a + OWN_MEMBERS] | Math.max(0, s[a + DOUBTFUL] - 1));
            n[a + ROUND_HAVE] = 0;
            extendByPromises(n, a); // when none are needed
            all.add(new Next(name(m) + " asks for promises", n));
        }
        for (int v = 0; v < members; v++) {
            int bit = 1 << v;
            if ((s[a + ROUND_ASKED] & bit) != 0) {
                byte[] n = s.clone();
                n[a + ROUND_ASKED] &= (byte) ~bit;
                boolean given = givesPromise(s, at(v), m);
                if (given) {
                    n[at(v) + PROMISED_TO] = (byte) (m + 1);
                    n[at(v) + PROMISE] = (byte) bounds.ttl();
                    n[a + ROUND_HAVE] |= (byte) bit;
                    extendByPromises(n, a);
                }
                all.add(new Next(name(v) + (given ? " promises " : " does not promise ") + name(m), n));
            }
        }
    }

    private boolean givesPromise(byte[] s, int v, int to) {
        boolean leads = s[v + DEADLINE] > 0 || s[v + PRIMARY] == 1;
        boolean others = s[v + PROMISE] > 0 && s[v + PROMISED_TO] != to + 1;
        boolean voted = s[v + VOTE] > 0 && s[v + VOTED_ABOUT] == to + 1 && has(Guard.VOTE_STOPS_PROMISE);
        boolean started = s[v + STARTED] > 0 && has(Guard.START_WITHOUT_PROMISE);
        return !leads && !others && !voted && !started && s[v + RACING] == 0;
    }

    private void extendByPromises(byte[] n, int a) {
        if (n[a + DEADLINE] == 0 && has(Guard.CHAIN)) {
            return;
        }
        if (n[a + OWN] == 0) {
            return;
        }
        int left = has(Guard.COUNTED_FROM_BEFORE) ? n[a + ROUND_LEFT] : bounds.ttl();
        int[] sets = n[a + DOUBTFUL] != 0 && has(Guard.BOTH_ELECTORATES)
                ? new int[] {n[a + OWN_MEMBERS], n[a + DOUBTFUL] - 1}
                : new int[] {n[a + OWN_MEMBERS]};
        for (int set : sets) {
            int given = Integer.bitCount(set & n[a + ROUND_HAVE]);
            int needed = Quorums.promises(Integer.bitCount(set)) - (has(Guard.QUORUMS_MEET) ? 0 : 1);
            if (given < needed) {
                return;
            }
            if ((set & ~n[a + ROUND_HAVE]) != 0 && has(Guard.LIMIT)) {
                left = Math.min(left, n[a + LIMIT_LEFT]);
            }
        }
        extend(n, a, (byte) left);
    }

    // ---- candidates

    private void look(byte[] s, int m, int a, List<Next> all) {
        if (s[a + DEADLINE] > 0 || s[a + PRIMARY] == 1) {
            // A leader reads the version of the electorate that it is about to replace.
            if (s[a + OWN] == 0 && s[a + SEEN] != s[REVISION] && s[a + WRITE] == 0) {
                byte[] n = s.clone();
                n[a + SEEN] = s[REVISION];
                clearVotes(n, a);
                n[a + MISSING] = 0;
                all.add(new Next(name(m) + " reads the electorate", n));
            }
            return;
        }
        if ((bounds.candidates() & 1 << m) == 0) {
            return;
        }
        byte[] n = s.clone();
        boolean changed = s[a + SEEN] != s[REVISION];
        n[a + SEEN] = s[REVISION];
        if (changed) {
            clearVotes(n, a);
        }
        if (s[HOLDER] != 0) {
            n[a + MISSING] = 0;
        } else if (s[a + MISSING] == 0 || (changed && has(Guard.MISSING_WITH_ELECTORATE))) {
            n[a + MISSING] = (byte) (bounds.limit() + 1);
        }
        if (s[a + REQUEST] == 0) {
            n[a + RACING] = 0;
        }
        if (!Arrays.equals(n, s)) {
            all.add(new Next(name(m) + " reads the store", n));
        }
    }

    private static void clearVotes(byte[] n, int a) {
        n[a + VOTES] = 0;
        n[a + VOTES_LEFT] = 0;
        n[a + VOTES_ASKED] = 0;
        n[a + RESIGNED] = 0;
    }

    private void askForVotes(byte[] s, int m, int a, List<Next> all) {
        int leader = s[DOCUMENTS + 2 * s[a + SEEN]] - 1;
        if (s[a + SEEN] == 0 || leader == m || leader == NOBODY || (bounds.candidates() & 1 << m) == 0) {
            return;
        }
        int set = s[DOCUMENTS + 2 * s[a + SEEN] + 1];
        if (s[a + PRIMARY] == 0 && s[a + OWN] == 0 && s[a + VOTES_LEFT] == 0) {
            byte[] n = s.clone();
            clearVotes(n, a);
            n[a + RESIGNED] = s[a + RESIGNED];
            n[a + VOTES_LEFT] = (byte) bounds.ttl();
            n[a + VOTES_ASKED] = (byte) set;
            all.add(new Next(name(m) + " asks for votes about " + name(leader), n));
        }
        for (int v = 0; v < members; v++) {
            int bit = 1 << v;
            if ((s[a + VOTES_ASKED] & bit) != 0) {
                byte[] n = s.clone();
                n[a + VOTES_ASKED] &= (byte) ~bit;
                int b = at(v);
                boolean promised = s[b + PROMISE] > 0 && s[b + PROMISED_TO] != m + 1 && has(Guard.PROMISE_STOPS_VOTE);
                boolean started = s[b + STARTED] > 0 && has(Guard.START_WITHOUT_VOTE);
                boolean other = s[b + VOTE] > 0 && s[b + VOTED_ABOUT] != leader + 1;
                boolean given = !promised && !started && !other;
                if (given) {
                    n[b + VOTED_ABOUT] = (byte) (leader + 1);
                    n[b + VOTE] = (byte) bounds.ttl();
                    n[a + VOTES] |= (byte) bit;
                }
                all.add(new Next(name(v) + (given ? " votes for " : " does not vote for ") + name(m), n));
            }
        }
        int b = at(leader);
        boolean leads = s[b + DEADLINE] > 0 || (s[b + PRIMARY] == 1 && has(Guard.RESIGNED_WITHOUT_PRIMARY));
        if (s[a + RESIGNED] == 0 && !leads && s[a + PRIMARY] == 0) {
            byte[] n = s.clone();
            n[a + RESIGNED] = 1;
            all.add(new Next(name(leader) + " says to " + name(m) + " that it leads no more", n));
        }
    }

    private boolean isCleared(byte[] s, int m, int a) {
        int leader = s[DOCUMENTS + 2 * s[a + SEEN]] - 1;
        int set = s[DOCUMENTS + 2 * s[a + SEEN] + 1];
        if (leader == m || leader == NOBODY || s[a + RESIGNED] == 1) {
            return true;
        }
        boolean inTime = s[a + VOTES_LEFT] > 0 || !has(Guard.VOTES_IN_TIME);
        boolean elected = inTime && Integer.bitCount(s[a + VOTES] & set) >= Quorums.votes(Integer.bitCount(set));
        return elected || ((set & 1 << m) != 0 && s[a + MISSING] == 1);
    }

    private boolean isBound(byte[] s, int a) {
        return s[a + PROMISE] > 0 || s[a + STARTED] > 0;
    }

    private void askForLock(byte[] s, int m, int a, List<Next> all) {
        boolean wants = s[a + REQUEST] == 0 && s[a + DEADLINE] == 0 && s[a + PRIMARY] == 0 && s[a + RACING] == 0;
        if (wants && s[a + SEEN] > 0 && (bounds.candidates() & 1 << m) != 0 && !isBound(s, a) && isCleared(s, m, a)) {
            byte[] n = s.clone();
            boolean granted = s[HOLDER] == 0;
            if (granted) {
                n[HOLDER] = (byte) (m + 1);
                n[LEASE] = (byte) bounds.ttl();
                if (++n[LOCK_CHANGES] > bounds.lockChanges()) {
                    return;
                }
                n[a + REQUEST] = 1;
                n[a + REQUEST_LEFT] = (byte) bounds.ttl();
                n[a + RACING] = 1;
                all.add(new Next("the store gives the lock to " + name(m), n));
            }
        }
        if (s[a + REQUEST] == 1) {
            byte[] n = s.clone();
            n[a + REQUEST] = 0;
            n[a + RACING] = 0;
            byte left = has(Guard.COUNTED_FROM_BEFORE) ? s[a + REQUEST_LEFT] : (byte) bounds.ttl();
            n[a + STORE_DEADLINE] = left;
            n[a + RENEWED_LEFT] = (byte) Math.max(0, bounds.limit() - (bounds.ttl() - s[a + REQUEST_LEFT]));
            n[a + DEADLINE] = left;
            n[a + OWN] = 0;
            n[a + BROKEN] = 1;
            n[a + REQUEST_LEFT] = 0;
            all.add(new Next(name(m) + " learns what became of the lock", n));
            lose(s, a, REQUEST, "the request of " + name(m) + " for the lock", all);
        }
    }

    private void promote(byte[] s, int m, int a, List<Next> all) {
        if (s[a + PRIMARY] == 1 || s[a + DEADLINE] == 0 || s[a + SEEN] == 0) {
            return;
        }
        boolean named = s[DOCUMENTS + 2 * s[a + SEEN]] == m + 1;
        boolean without = !has(Guard.TAKE_OVER) || (named && !has(Guard.TAKE_OVER_OWN));
        if (s[a + OWN] == 0 && s[a + WRITE] == 0 && s[a + STORE_DEADLINE] > 0 && isCleared(s, m, a)) {
            write(s, m, a, others(m), s[a + SEEN], all);
        }
        if ((s[a + OWN] == 1 || (without && isCleared(s, m, a))) && !isBound(s, a)) {
            byte[] n = s.clone();
            n[a + PRIMARY] = 1;
            n[a + FENCE] = s[a + DEADLINE];
            clearVotes(n, a);
            n[a + MISSING] = 0;
            all.add(new Next(name(m) + " promotes", n));
        }
    }

    /** The agent is started again; its server and the fence go on. */
    private void restart(byte[] s, int m, int a, List<Next> all) {
        if (s[RESTARTS] == bounds.restarts()) {
            return;
        }
        byte[] n = s.clone();
        byte primary = s[a + PRIMARY];
        byte fence = s[a + FENCE];
        byte write = s[a + WRITE];
        byte over = s[a + WRITE_OVER];
        byte set = s[a + WRITE_MEMBERS];
        Arrays.fill(n, a, a + SIZE, (byte) 0);
        n[a + PRIMARY] = primary;
        n[a + FENCE] = fence;
        n[a + STARTED] = (byte) bounds.ttl();
        if (write == 1) { // still on its way
            n[a + WRITE] = 1;
            n[a + WRITE_OVER] = over;
            n[a + WRITE_MEMBERS] = set;
        }
        n[RESTARTS]++;
        all.add(new Next(name(m) + "'s agent starts again", n));
    }

    // ----

    private boolean has(Guard guard) {
        return guards.contains(guard);
    }

    private int at(int member) {
        return firstMember + member * SIZE;
    }

    private int others(int member) {
        return ((1 << members) - 1) & ~(1 << member);
    }

    private static byte max(byte a, byte b) {
        return a > b ? a : b;
    }

    private static String name(int member) {
        return String.valueOf((char) ('A' + member));
    }

    private String set(int bits) {
        var names = new StringBuilder("{");
        for (int m = 0; m < members; m++) {
            if ((bits & 1 << m) != 0) {
                names.append(name(m));
            }
        }
        return names.append('}').toString();
    }
}

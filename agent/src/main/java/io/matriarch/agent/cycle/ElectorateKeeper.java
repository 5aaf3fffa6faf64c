package io.matriarch.agent.cycle;

import io.matriarch.agent.node.MemberPromises;
import io.matriarch.agent.peers.Peers;
import io.matriarch.agent.peers.Peers.Said;
import io.matriarch.engine.Clearance;
import io.matriarch.engine.FailsafeCheck;
import io.matriarch.engine.FailsafeCheck.Outcome;
import io.matriarch.engine.LockOutcome;
import io.matriarch.engine.Reason;
import io.matriarch.engine.Situation;
import io.matriarch.engine.lease.Electors;
import io.matriarch.engine.lease.Extension;
import io.matriarch.engine.lease.Quorums;
import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Electorate;
import io.matriarch.model.FailsafePrimary;
import io.matriarch.model.Key;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.model.VoteRequest;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.store.AgentStore;
import io.matriarch.store.Expectation;
import io.matriarch.store.WriteOutcome;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.Lock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The member-granted lease (decision 0016). As leader: keeps the electorate in the store, and while the store does not
 * answer, asks it for promises. As candidate: asks for votes, and takes the electorate over before the promotion. Belongs
 * to the cycle's thread; but {@link LeaseRenewer} asks for promises too, and REST shows them.
 */
final class ElectorateKeeper {

    private static final Logger LOG = System.getLogger("patroni.ha");

    /** So long a slow answer is waited for: renewals go on meanwhile only when this is over. */
    private static final Duration LEAST_LIMIT = Duration.ofMillis(300);

    private final AgentStore store;
    private final PostgresInstance postgres;
    private final Peers peers;
    private final LockKeeper lock;
    private final FailsafePromise promise;
    private final TimeSource time;
    private final String me;
    private final Supplier<String> apiUrl;

    /** What the store showed last; of the cycle's thread. */
    private Electorate seen = Electorate.NONE;

    /** Held while the fields below are read or written, and while a lease is made longer by what they say. */
    private final Lock exclusive;

    /** Ours, as the store confirmed it in the present term; null: none. */
    private @Nullable Electorate confirmed;

    private long term;
    /** Of ours, what is being sent, or was, and may be there. */
    private final List<Electorate> doubtful = new ArrayList<>();
    /** REST URLs of all electors that were ever named. */
    private final Map<String, String> urls = new TreeMap<>();

    private volatile @Nullable String offBecause;
    /** Those who promised us, while the store does not answer. */
    private volatile Set<String> held = Set.of();

    /** The last promises of all; null: never any. */
    private volatile @Nullable Promises promises;

    private record Promises(Set<String> members, MonotonicTime end) {}

    ElectorateKeeper(
            AgentStore store,
            PostgresInstance postgres,
            Peers peers,
            LockKeeper lock,
            FailsafePromise promise,
            Threads threads,
            TimeSource time,
            String me,
            Supplier<String> apiUrl) {
        this.store = store;
        this.exclusive = threads.newLock();
        this.postgres = postgres;
        this.peers = peers;
        this.lock = lock;
        this.promise = promise;
        this.time = time;
        this.me = me;
        this.apiUrl = apiUrl;
    }

    void observe(ClusterView view) {
        seen = view.electorate();
        held = Set.of();
    }

    // ---- the leader

    /**
     * After each renewal that the store confirmed: writes the electorate when it is not what it should be. Then the store's
     * own lease reaches as far as promises do, so nobody who obeys the new one can come before these end.
     */
    void publish(Situation s) {
        if (!lock.leads() || s.config().isStandbyCluster()) {
            return;
        }
        Electorate present = confirmed();
        Electorate next = wanted(s, present == null ? seen : present);
        if (!next.isInForce()) {
            forget();
            if (seen.isInForce()) {
                write(next);
            }
            return;
        }
        boolean holds = present != null
                && present.says(next)
                && !isDoubtful()
                && lock.isUnbroken()
                && seen.revision().equals(present.revision());
        if (!holds) {
            write(next);
        }
    }

    /** What the store should hold; without anybody who could promise, nobody needs votes. */
    private Electorate wanted(Situation s, Electorate present) {
        Electors electors = Electors.of(me, s.view().members().values());
        boolean on = s.config().memberLease();
        sayWhyOff(on ? electors.foreign() : Set.of());
        var names = new TreeSet<>(electors.orLastOf(me, present));
        Promises latest = promises;
        if (latest != null && time.now().isBefore(latest.end())) {
            names.addAll(latest.members()); // they live; their keys may have ended while the store was away
        }
        if (!on || !electors.foreign().isEmpty() || names.isEmpty()) {
            return Electorate.NONE;
        }
        exclusive.lock();
        try {
            for (Member member : s.view().members().values()) {
                member.apiUrl().ifPresent(url -> urls.put(member.name(), url));
            }
        } finally {
            exclusive.unlock();
        }
        return new Electorate(me, names, s.config().memberLeaseLimit(), Revision.NONE);
    }

    /** Nobody took over and the server has stopped: whoever is started first needs nobody's votes. */
    void giveUp() {
        Electorate present = confirmed();
        forget();
        if (present != null) {
            store.put(Key.ELECTORATE, Electorate.NONE.toJson(), new Expectation.Version(present.revision()));
        }
    }

    private void sayWhyOff(Set<String> foreign) {
        String why = foreign.isEmpty()
                ? null
                : "the member lease is off: " + foreign
                        + " may lead and would not ask for votes (Patroni, or an older Matriarch)";
        if (why != null && !why.equals(offBecause)) {
            LOG.log(Level.WARNING, why);
        }
        offBecause = why;
    }

    /**
     * Writes while the store's own lease reaches as far as promises do, so that nobody who obeys the new electorate comes
     * before these end. Promises satisfy it from before it is sent.
     */
    private LockOutcome write(Electorate next) {
        Revision over;
        long writing;
        long gaps;
        exclusive.lock();
        try {
            if (!lock.isByStore()) {
                return LockOutcome.REFUSED;
            }
            Electorate present = current();
            over = present == null ? seen.revision() : present.revision();
            writing = lock.term();
            gaps = lock.gaps();
            doubtful.add(next);
        } finally {
            exclusive.unlock();
        }
        WriteOutcome outcome = store.put(
                Key.ELECTORATE, next.toJson(), over.exists() ? new Expectation.Version(over) : Expectation.ABSENT);
        exclusive.lock();
        try {
            return learn(next, outcome, writing, gaps);
        } finally {
            exclusive.unlock();
        }
    }

    private LockOutcome learn(Electorate next, WriteOutcome outcome, long writing, long gaps) {
        return switch (outcome) {
            case WriteOutcome.Applied(var revision, var _) -> {
                confirmed = next.isInForce() ? next.at(revision) : null;
                term = writing;
                seen = next.at(revision);
                doubtful.clear(); // all over a version that is gone
                lock.electorateWritten(gaps);
                LOG.log(Level.DEBUG, "electorate: {0}", next.toJson());
                yield LockOutcome.APPLIED;
            }
            case WriteOutcome.Refused(var reason) -> {
                LOG.log(Level.INFO, "The electorate was not written: {0}", reason);
                confirmed = null;
                yield LockOutcome.REFUSED;
            }
            case WriteOutcome.Unknown(var reason) -> {
                LOG.log(Level.WARNING, "The electorate: {0}", reason);
                yield LockOutcome.UNKNOWN;
            }
        };
    }

    /** Ours, if it was written since we hold the lock: then nobody's late writing can replace it unseen. */
    private @Nullable Electorate confirmed() {
        exclusive.lock();
        try {
            return current();
        } finally {
            exclusive.unlock();
        }
    }

    /** The same for who holds {@link #exclusive}. */
    private @Nullable Electorate current() {
        if (term != lock.term()) {
            confirmed = null;
            doubtful.clear();
        }
        return confirmed;
    }

    private boolean isDoubtful() {
        exclusive.lock();
        try {
            return !doubtful.isEmpty();
        } finally {
            exclusive.unlock();
        }
    }

    private void forget() {
        exclusive.lock();
        try {
            confirmed = null;
        } finally {
            exclusive.unlock();
        }
    }

    /** Whether promises can carry this leader. */
    boolean isUsable(DynamicConfig config) {
        return config.memberLease() && confirmed() != null;
    }

    /** What the store may hold of ours, for who holds {@link #exclusive}; empty: nothing is confirmed. */
    private List<Electorate> possible() {
        Electorate present = current();
        if (present == null) {
            return List.of();
        }
        var all = new ArrayList<>(doubtful);
        all.addFirst(present);
        return all;
    }

    private record Round(List<Electorate> possible, Map<String, String> asked) {}

    private Round round() {
        exclusive.lock();
        try {
            List<Electorate> possible = possible();
            var asked = new TreeMap<String, String>();
            for (Electorate electorate : possible) {
                for (String name : electorate.members()) {
                    Optional.ofNullable(urls.get(name)).ifPresent(url -> asked.put(name, url));
                }
            }
            return new Round(possible, asked);
        } finally {
            exclusive.unlock();
        }
    }

    /** Asks the electorate for promises; when enough are there, the lease and its guard reach further. */
    FailsafeCheck ask(Timing timing, DynamicConfig config) {
        Round round = round();
        if (!config.memberLease() || round.possible.isEmpty()) {
            return FailsafeCheck.refused("no promises can be asked for: the store has no electorate of " + me
                    + (offBecause == null ? "" : "; " + offBecause));
        }
        Duration ttl = timing.ttl();
        SortedSet<String> members = round.possible.getFirst().members();
        var announced = new FailsafePrimary(me, postgres.connUrl(), apiUrl.get(), Map.<String, Lsn>of(), ttl);
        MonotonicTime begin = time.now();
        List<Said> said = peers.askForLease(
                round.asked,
                announced.toJson(),
                limit(timing),
                answers -> grant(round.possible, answers, begin, ttl)
                        .filter(end -> end.equals(begin.plus(ttl)))
                        .isPresent());
        Grant grant = extend(said, begin, ttl);
        Duration worthwhile = ttl.dividedBy(3);
        if (grant == Grant.EXTENDED && lock.left().compareTo(worthwhile) > 0) {
            String who = promisers(said) + " promised not to follow " + me + " for " + ttl.toSeconds() + " s";
            held = promisers(said);
            promises = new Promises(held, begin.plus(ttl));
            return new FailsafeCheck(Outcome.ENOUGH_PROMISE, List.of(Reason.info(who)));
        }
        var reasons = new ArrayList<Reason>();
        reasons.add(Reason.warning(
                switch (grant) {
                    case EXTENDED -> "without all of the members " + members + " promises end with member_lease_limit";
                    case LEASE_OVER -> "the lease was over before enough members promised";
                    case TOO_FEW ->
                        promisers(said).size() + " of the members " + members + " promised, "
                                + Quorums.promises(members.size()) + " must";
                }));
        refusals(said).forEach(refusal -> reasons.add(Reason.warning(refusal)));
        return new FailsafeCheck(lock.left().compareTo(worthwhile) > 0 ? Outcome.ASK_AGAIN : Outcome.REFUSED, reasons);
    }

    private enum Grant {
        EXTENDED,
        LEASE_OVER,
        TOO_FEW
    }

    /** By what the store may hold now, and not only when they were asked. */
    private Grant extend(List<Said> said, MonotonicTime begin, Duration ttl) {
        exclusive.lock();
        try {
            return grant(possible(), said, begin, ttl)
                    .map(end -> lock.extendByConsent(end) ? Grant.EXTENDED : Grant.LEASE_OVER)
                    .orElse(Grant.TOO_FEW);
        } finally {
            exclusive.unlock();
        }
    }

    private Optional<MonotonicTime> grant(
            Collection<Electorate> possible, List<Said> said, MonotonicTime asked, Duration ttl) {
        MonotonicTime renewed = lock.unbrokenRenewal();
        return renewed == null ? Optional.empty() : Extension.granted(possible, promisers(said), asked, ttl, renewed);
    }

    private static Set<String> promisers(List<Said> said) {
        return said.stream()
                .filter(s -> s.answer().given())
                .map(Said::member)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<String> refusals(List<Said> said) {
        return said.stream()
                .filter(s -> !s.answer().given())
                .map(s -> "member " + s.member() + ": " + s.answer().reason())
                .toList();
    }

    /** A third of the lease: there is time for another round. */
    private static Duration limit(Timing timing) {
        Duration third = timing.ttl().dividedBy(3);
        Duration most = third.compareTo(timing.retryTimeout()) < 0 ? third : timing.retryTimeout();
        return most.compareTo(LEAST_LIMIT) < 0 ? LEAST_LIMIT : most;
    }

    // ---- a candidate

    /** Asks the members and the former leader; goes on when it resigned, or so many voted that it cannot lead. */
    Clearance.Votes askForVotes(Situation s) {
        Electorate electorate = s.view().electorate();
        var request = new VoteRequest(me, electorate.leader(), s.timing().ttl());
        int needed = Quorums.votes(electorate.members().size());
        MonotonicTime begin = time.now();
        var own = new ArrayList<Said>();
        if (electorate.members().contains(me)) {
            own.add(new Said(me, promise.vote(request)));
        }
        var asked = new TreeMap<String, String>();
        Map<String, Member> known = s.knownMembers();
        var names = new TreeSet<>(electorate.members());
        names.add(electorate.leader());
        names.remove(me);
        for (String name : names) {
            Optional.ofNullable(known.get(name)).flatMap(Member::apiUrl).ifPresent(url -> asked.put(name, url));
        }
        List<Said> others = peers.askForLease(
                asked,
                request.toJson(),
                limit(s.timing()),
                answers -> resigned(electorate, answers)
                        || promisers(answers).size() + promisers(own).size() >= needed);
        var all = new ArrayList<>(own);
        all.addAll(others);
        return new Clearance.Votes(
                electorate.revision(),
                begin,
                request.length(),
                all.stream()
                        .filter(said -> said.answer().given() && !said.member().equals(electorate.leader()))
                        .map(Said::member)
                        .collect(Collectors.toSet()),
                resigned(electorate, all),
                Set.copyOf(refusals(all)));
    }

    private static boolean resigned(Electorate electorate, List<Said> said) {
        return said.stream()
                .anyMatch(s ->
                        s.member().equals(electorate.leader()) && s.answer().resigned());
    }

    /**
     * Writes an electorate of our own over the one that was read. Refused as well when the votes have ended by now: they
     * and the lock must hold at the same moment, for then the former leader's lease is over.
     */
    LockOutcome takeOver(Situation s) {
        if (!lock.leads() || !(Clearance.of(s, time.now()) instanceof Clearance.Given)) {
            return LockOutcome.REFUSED;
        }
        seen = s.view().electorate();
        forget();
        Electorate next = wanted(s, seen);
        return next.isInForce() || seen.isInForce() ? write(next) : LockOutcome.APPLIED;
    }

    /** What REST shows. */
    MemberPromises promises() {
        return new MemberPromises(
                lock.leads() ? held : Set.of(), promise.primary().map(FailsafePrimary::name), promise.left());
    }
}

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
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The member-granted lease (decision 0016). As leader: keeps the electorate in the store, and while the store does not
 * answer, asks it for promises. As candidate: asks for votes, and takes the electorate over before the promotion. Belongs
 * to the cycle's thread; what REST shows is published.
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

    /** What the store showed last. */
    private Electorate seen = Electorate.NONE;
    /** Ours, as the store confirmed it in the present term; null: none. */
    private @Nullable Electorate confirmed;

    private long term;
    /** Of ours, what was sent and may be there. */
    private final List<Electorate> doubtful = new ArrayList<>();
    /** REST URLs of all electors that were ever named. */
    private final Map<String, String> urls = new TreeMap<>();

    private @Nullable String offBecause;
    /** Those who promised us, while the store does not answer. */
    private volatile Set<String> held = Set.of();

    ElectorateKeeper(
            AgentStore store,
            PostgresInstance postgres,
            Peers peers,
            LockKeeper lock,
            FailsafePromise promise,
            TimeSource time,
            String me,
            Supplier<String> apiUrl) {
        this.store = store;
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
        Electors electors = Electors.of(s.me(), s.view().members().values());
        boolean wanted = s.config().memberLease();
        sayWhyOff(wanted ? electors.foreign() : Set.of());
        if (!wanted || !electors.foreign().isEmpty()) {
            confirmed = null;
            if (seen.isInForce()) {
                write(Electorate.NONE);
            }
            return;
        }
        for (Member member : s.view().members().values()) {
            member.apiUrl().ifPresent(url -> urls.put(member.name(), url));
        }
        Electorate present = confirmed();
        var next = new Electorate(
                s.me(),
                electors.orLastOf(me, present == null ? seen : present),
                s.config().memberLeaseLimit(),
                Revision.NONE);
        boolean holds = present != null
                && present.says(next)
                && doubtful.isEmpty()
                && lock.isUnbroken()
                && seen.revision().equals(present.revision());
        if (!holds && lock.isByStore()) {
            write(next);
        }
    }

    /** Nobody took over and the server has stopped: whoever is started first needs nobody's votes. */
    void giveUp() {
        Electorate present = confirmed();
        confirmed = null;
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

    private LockOutcome write(Electorate next) {
        Electorate present = confirmed();
        Revision over = present == null ? seen.revision() : present.revision();
        long writing = lock.term();
        return switch (store.put(
                Key.ELECTORATE, next.toJson(), over.exists() ? new Expectation.Version(over) : Expectation.ABSENT)) {
            case WriteOutcome.Applied(var revision, var _) -> {
                confirmed = next.isInForce() ? next.at(revision) : null;
                term = writing;
                seen = next.at(revision);
                doubtful.clear();
                lock.electorateWritten();
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
                doubtful.add(next);
                yield LockOutcome.UNKNOWN;
            }
        };
    }

    /** Ours, if it was written since we hold the lock: then nobody's late writing can replace it unseen. */
    private @Nullable Electorate confirmed() {
        if (term != lock.term()) {
            confirmed = null;
            doubtful.clear();
        }
        return confirmed;
    }

    /** Whether promises can carry this leader. */
    boolean isUsable(DynamicConfig config) {
        return config.memberLease() && confirmed() != null;
    }

    /** Asks the electorate for promises; when enough are there, the lease and its guard reach further. */
    FailsafeCheck ask(Situation s) {
        return ask(s.timing(), s.config());
    }

    FailsafeCheck ask(Timing timing, DynamicConfig config) {
        Electorate present = confirmed();
        if (!config.memberLease() || present == null) {
            return FailsafeCheck.refused("no promises can be asked for: the store has no electorate of " + me
                    + (offBecause == null ? "" : "; " + offBecause));
        }
        Duration ttl = timing.ttl();
        var possible = new ArrayList<>(doubtful);
        possible.addFirst(present);
        var asked = new TreeMap<String, String>();
        for (Electorate electorate : possible) {
            electorate.members().stream().filter(urls::containsKey).forEach(name -> asked.put(name, urls.get(name)));
        }
        var announced = new FailsafePrimary(me, postgres.connUrl(), apiUrl.get(), Map.<String, Lsn>of(), ttl);
        MonotonicTime begin = time.now();
        List<Said> said = peers.askForLease(
                asked,
                announced.toJson(),
                limit(timing),
                answers -> grant(possible, answers, begin, ttl)
                        .filter(end -> end.equals(begin.plus(ttl)))
                        .isPresent());
        Optional<MonotonicTime> end = grant(possible, said, begin, ttl);
        Duration worthwhile = ttl.dividedBy(3);
        boolean extended = end.isPresent() && lock.extendByConsent(end.get());
        if (extended && lock.left().compareTo(worthwhile) > 0) {
            String who = promisers(said) + " promised not to follow " + me + " for " + ttl.toSeconds() + " s";
            held = promisers(said);
            return new FailsafeCheck(Outcome.ENOUGH_PROMISE, List.of(Reason.info(who)));
        }
        var reasons = new ArrayList<Reason>();
        reasons.add(Reason.warning(
                end.isPresent()
                        ? extended
                                ? "without all of the members " + present.members()
                                        + " promises end with member_lease_limit"
                                : "the lease was over before enough members promised"
                        : promisers(said).size() + " of the members " + present.members() + " promised, "
                                + Quorums.promises(present.members().size()) + " must"));
        refusals(said).forEach(refusal -> reasons.add(Reason.warning(refusal)));
        return new FailsafeCheck(lock.left().compareTo(worthwhile) > 0 ? Outcome.ASK_AGAIN : Outcome.REFUSED, reasons);
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
        confirmed = null;
        doubtful.clear();
        Electors electors = Electors.of(s.me(), s.view().members().values());
        if (!s.config().memberLease() || !electors.foreign().isEmpty()) {
            return seen.isInForce() ? write(Electorate.NONE) : LockOutcome.APPLIED;
        }
        for (Member member : s.view().members().values()) {
            member.apiUrl().ifPresent(url -> urls.put(member.name(), url));
        }
        return write(
                new Electorate(s.me(), electors.orLastOf(me, seen), s.config().memberLeaseLimit(), Revision.NONE));
    }

    /** What REST shows. */
    MemberPromises promises() {
        return new MemberPromises(
                lock.leads() ? held : Set.of(), promise.primary().map(FailsafePrimary::name), promise.left());
    }
}

package io.matriarch.simulator.etcd;

import io.matriarch.simulator.EventQueue;
import io.matriarch.simulator.Network;
import io.matriarch.simulator.Scheduler;
import io.matriarch.simulator.StoreTwin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The members of an etcd cluster together: one log, a leader, leases. Raft itself is not played: what a client can see of
 * it is. A command is committed when the leader reaches a majority; who is cut off goes on with what it has applied; a
 * leader that loses its majority believes in itself until the election timeout; what was under way when it fell may or
 * may not be in the log of the next one.
 */
public final class EtcdCluster implements StoreTwin {

    private static final Duration ELECTION_TIMEOUT = Duration.ofSeconds(1);
    /** How often the leader looks for leases that are over. */
    private static final Duration EXPIRY_PERIOD = Duration.ofMillis(500);
    /** etcd gives a request five seconds and two election timeouts. */
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(7);
    /** So many entries are kept for members that come back and for watches; older ones are compacted away. */
    private static final int MOST_ENTRIES = 5_000;

    private static final int UNAVAILABLE = 14;
    static final Result TIMED_OUT = new Result.Failed(UNAVAILABLE, "etcdserver: request timed out");

    /** A committed command with what came of it. */
    record Entry(Command command, Result result, List<EtcdState.Change> changes, long revision) {}

    /** A command that could not be proposed: its member waits for the leader to come back. */
    private record Stalled(long term, EtcdMember member, Command command, Consumer<Result> answer) {}

    private final Scheduler scheduler;
    final Network network;
    final RandomGenerator lots;
    private final Traffic traffic = new Traffic();
    private final Map<String, EtcdMember> members = new TreeMap<>();
    private final Map<String, String> committed = new HashMap<>();
    private final List<Stalled> stalled = new ArrayList<>();
    private List<Entry> log = new ArrayList<>();
    /** Number of the first entry in {@link #log}. */
    private long firstEntry;

    private long clusterId = 1;
    private long term = 2;
    private long lastLease;
    private @Nullable EtcdMember leader;
    private boolean electionPending;
    /** When the leases end, as the present leader counts. */
    private final TreeMap<Long, Long> leaseEnds = new TreeMap<>();

    private Duration leastCommit = Duration.ofNanos(500_000);
    private Duration mostCommit = Duration.ofMillis(5);

    /** A cluster whose members are endpoints of the network with these names. */
    public EtcdCluster(Scheduler scheduler, Network network, List<String> names) {
        this.scheduler = scheduler;
        this.network = network;
        this.lots = scheduler.random("etcd");
        names.forEach(name -> members.put(name, new EtcdMember(this, name)));
        this.leader = members.get(names.getFirst());
        network.onChange(this::topologyChanged);
    }

    public EtcdMember member(String name) {
        EtcdMember member = members.get(name);
        if (member == null) {
            throw new IllegalArgumentException("no etcd member " + name);
        }
        return member;
    }

    @Override
    public Collection<EtcdMember> members() {
        return members.values();
    }

    /** What clients and members told each other. */
    public Traffic traffic() {
        return traffic;
    }

    /** Who leads, or believed to until now; empty while nobody does. */
    public @Nullable EtcdMember leader() {
        return leader;
    }

    @Override
    public void commitTime(Duration least, Duration most) {
        leastCommit = least;
        mostCommit = most;
    }

    /** The empty one is another cluster. */
    @Override
    public void wipe() {
        scheduler.note("etcd", "wiped");
        log = new ArrayList<>();
        firstEntry = 0;
        clusterId++;
        leaseEnds.clear();
        committed.clear();
        members.values().forEach(EtcdMember::forget);
    }

    @Override
    public boolean remove(String key) {
        EtcdMember present = leader;
        if (present == null || !hasQuorum(present)) {
            return false;
        }
        scheduler.note("etcd", "somebody deletes " + key);
        var delete = new Command.Operation.Delete(new Command.Range(key, null));
        commit(new Command.Transaction(List.of(), List.of(delete), List.of()), present);
        return true;
    }

    @Override
    public @Nullable String committed(String key) {
        return committed.get(key);
    }

    EventQueue queue() {
        return scheduler;
    }

    long term() {
        return term;
    }

    long clusterId() {
        return clusterId;
    }

    long nextLease() {
        return ++lastLease;
    }

    // ---- the log

    long lastEntry() {
        return firstEntry + log.size();
    }

    /** Null when it was compacted away. */
    @Nullable
    Entry entry(long number) {
        return number < firstEntry ? null : log.get((int) (number - firstEntry));
    }

    long firstEntry() {
        return firstEntry;
    }

    /** Number of the first of the entries before {@code end} that is of this revision or a later one, as far as they are kept. */
    long firstEntrySince(long revision, long end) {
        long first = end;
        while (first > firstEntry && log.get((int) (first - 1 - firstEntry)).revision() >= revision) {
            first--;
        }
        return first;
    }

    /** Has a command committed and answers with what came of it. */
    void propose(EtcdMember member, Command command, Consumer<Result> answer) {
        EtcdMember present = leader;
        if (present == null || !network.connects(member.name(), present.name()) || !hasQuorum(present)) {
            stall(new Stalled(term, member, command, answer));
            return;
        }
        long proposedIn = clusterId;
        scheduler.after(roundTrip(member, present).plus(commitDelay()), "etcd commit", () -> {
            if (proposedIn != clusterId) {
                return;
            }
            boolean stillLeads = leader == present && hasQuorum(present);
            if (stillLeads) {
                Entry entry = commit(command, present);
                if (member.isAlive() && network.connects(member.name(), present.name())) {
                    member.catchUp();
                    answer.accept(entry.result());
                }
            } else {
                EtcdMember next = leader;
                // It may have reached a member that leads now.
                if (next != null && hasQuorum(next) && lots.nextBoolean()) {
                    commit(command, next);
                }
                scheduler.after(REQUEST_TIMEOUT, "etcd request timeout", () -> answer.accept(TIMED_OUT));
            }
        });
    }

    /** Waits until the member knows everything that was committed when it was asked. */
    void readIndex(EtcdMember member, Runnable ready, Consumer<Result> answer) {
        EtcdMember present = leader;
        if (present == null || !network.connects(member.name(), present.name()) || !hasQuorum(present)) {
            scheduler.after(REQUEST_TIMEOUT, "etcd request timeout", () -> answer.accept(TIMED_OUT));
            return;
        }
        long proposedIn = clusterId;
        scheduler.after(roundTrip(member, present).plus(roundTrip(present, anyOther(present))), "etcd read", () -> {
            if (leader == present && proposedIn == clusterId && network.connects(member.name(), present.name())) {
                member.catchUp();
                ready.run();
            } else {
                answer.accept(TIMED_OUT);
            }
        });
    }

    private void stall(Stalled request) {
        stalled.add(request);
        scheduler.after(REQUEST_TIMEOUT, "etcd request timeout", () -> {
            if (stalled.remove(request)) {
                request.answer().accept(TIMED_OUT);
            }
        });
    }

    private Entry commit(Command command, EtcdMember by) {
        by.catchUp();
        var changes = new ArrayList<EtcdState.Change>();
        Result result = by.state().apply(command, changes);
        var entry = new Entry(command, result, List.copyOf(changes), by.state().revision());
        log.add(entry);
        for (EtcdState.Change change : changes) {
            if (change.after() == null) {
                committed.remove(change.key());
            } else {
                committed.put(change.key(), change.after().value());
            }
        }
        by.applied(entry);
        switch (command) {
            case Command.Grant(var lease, var ttl) -> hold(lease, ttl, Duration.ZERO);
            case Command.Revoke(var lease) -> leaseEnds.remove(lease);
            case Command.Transaction _ -> {}
        }
        if (log.size() > 2 * MOST_ENTRIES) {
            firstEntry += MOST_ENTRIES;
            log = new ArrayList<>(log.subList(MOST_ENTRIES, log.size()));
        }
        spread(by);
        return entry;
    }

    /** Sends what is new to everybody whom the leader reaches. */
    private void spread(EtcdMember from) {
        for (EtcdMember member : members.values()) {
            if (member != from && member.isAlive() && network.connects(from.name(), member.name())) {
                Duration lag = network.delay(from.name(), member.name()).plus(member.lag());
                scheduler.after(lag, "etcd append", () -> {
                    if (leader == from && network.connects(from.name(), member.name())) {
                        member.catchUp();
                    }
                });
            }
        }
    }

    private Duration roundTrip(EtcdMember a, EtcdMember b) {
        return a == b ? Duration.ZERO : network.delay(a.name(), b.name()).plus(network.delay(b.name(), a.name()));
    }

    private Duration commitDelay() {
        long spread = mostCommit.minus(leastCommit).toNanos();
        return leastCommit.plusNanos(spread <= 0 ? 0 : lots.nextLong(spread));
    }

    private EtcdMember anyOther(EtcdMember than) {
        return members.values().stream()
                .filter(m -> m != than && m.isAlive() && network.connects(m.name(), than.name()))
                .findFirst()
                .orElse(than);
    }

    // ---- the leader

    boolean hasQuorum(EtcdMember candidate) {
        if (!candidate.isAlive()) {
            return false;
        }
        long reached = members.values().stream()
                .filter(m -> m.isAlive() && network.connects(m.name(), candidate.name()))
                .count();
        return 2 * reached > members.size();
    }

    /** Something about links or members is different. */
    void topologyChanged() {
        EtcdMember present = leader;
        if (present == null || !hasQuorum(present)) {
            expectElection();
            return;
        }
        spread(present);
        List<Stalled> again = stalled.stream()
                .filter(s -> s.term() == term && network.connects(s.member().name(), present.name()))
                .toList();
        stalled.removeAll(again);
        again.forEach(s -> propose(s.member(), s.command(), s.answer()));
    }

    private void expectElection() {
        if (electionPending) {
            return;
        }
        electionPending = true;
        EtcdMember doubted = leader;
        scheduler.after(ELECTION_TIMEOUT.plus(lot(ELECTION_TIMEOUT.dividedBy(2))), "etcd quorum check", () -> {
            if (doubted != null && doubted == leader && hasQuorum(doubted)) {
                electionPending = false;
                return;
            }
            if (leader != null) {
                scheduler.note("etcd", leader.name() + " steps down");
                leader = null;
            }
            scheduler.after(lot(ELECTION_TIMEOUT), "etcd election", this::elect);
        });
    }

    private void elect() {
        electionPending = false;
        List<EtcdMember> candidates =
                members.values().stream().filter(this::hasQuorum).toList();
        if (candidates.isEmpty()) {
            return; // the next change of topology begins a new one
        }
        EtcdMember elected = candidates.get(lots.nextInt(candidates.size()));
        term++;
        leader = elected;
        elected.catchUp();
        scheduler.note("etcd", elected.name() + " leads term " + term);
        // A new leader does not know when leases were renewed last: each gets its full time and a little more.
        leaseEnds.clear();
        for (long lease : elected.state().leases()) {
            Long ttl = elected.state().ttl(lease);
            hold(lease, ttl == null ? 0 : ttl, ELECTION_TIMEOUT);
        }
        topologyChanged();
    }

    @Override
    public void deposeLeader() {
        if (leader != null && !electionPending) {
            scheduler.note("etcd", leader.name() + " steps down");
            leader = null;
            electionPending = true;
            scheduler.after(lot(ELECTION_TIMEOUT), "etcd election", this::elect);
        }
    }

    private Duration lot(Duration most) {
        return Duration.ofNanos(lots.nextLong(most.toNanos()));
    }

    // ---- leases

    private void hold(long lease, long ttlSeconds, Duration more) {
        boolean watched = leaseEnds.containsKey(lease);
        Duration time = Duration.ofSeconds(ttlSeconds).plus(more);
        leaseEnds.put(lease, scheduler.now().plus(time).nanos());
        if (!watched) {
            watchForEnd(lease, term, time);
        }
    }

    private void watchForEnd(long lease, long inTerm, Duration left) {
        scheduler.after(left.plus(lot(EXPIRY_PERIOD)), "etcd lease expiry", () -> {
            EtcdMember present = leader;
            Long end = leaseEnds.get(lease);
            if (present == null || inTerm != term || end == null) {
                return;
            }
            long missing = end - scheduler.now().nanos();
            if (missing > 0) {
                watchForEnd(lease, inTerm, Duration.ofNanos(missing));
            } else if (hasQuorum(present)) {
                scheduler.note("etcd", "lease " + lease + " is over");
                commit(new Command.Revoke(lease), present);
            } else {
                watchForEnd(lease, inTerm, EXPIRY_PERIOD);
            }
        });
    }

    /**
     * Renews a lease at the leader, which asks nobody else; one that was deposed without knowing does so too.
     *
     * @param answer gets the new lifetime in seconds; 0: there is no such lease
     */
    void keepAlive(EtcdMember member, long lease, Consumer<Result> answer) {
        EtcdMember present = leader;
        if (present == null || !network.connects(member.name(), present.name()) || !present.isAlive()) {
            scheduler.after(REQUEST_TIMEOUT, "etcd request timeout", () -> answer.accept(TIMED_OUT));
            return;
        }
        scheduler.after(roundTrip(member, present), "etcd keepalive", () -> {
            if (leader != present || !present.isAlive()) {
                answer.accept(TIMED_OUT);
                return;
            }
            Long ttl = present.state().ttl(lease);
            Long end = leaseEnds.get(lease);
            if (ttl == null || end == null || end <= scheduler.now().nanos()) {
                answer.accept(new Result.Granted(lease, 0));
            } else {
                hold(lease, ttl, Duration.ZERO);
                answer.accept(new Result.Granted(lease, ttl));
            }
        });
    }
}

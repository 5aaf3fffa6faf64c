package io.matriarch.simulator.zookeeper;

import io.matriarch.model.Threads;
import io.matriarch.simulator.Network;
import io.matriarch.simulator.Program;
import io.matriarch.simulator.Scheduler;
import io.matriarch.simulator.StoreTwin;
import io.matriarch.simulator.zookeeper.Tree.Transaction;
import io.matriarch.store.zookeeper.ZooKeeperPorts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.jspecify.annotations.Nullable;

/**
 * The servers of a ZooKeeper ensemble together: one log, a leader, and the sessions that it lets expire. Zab itself is
 * not played: what clients can see of it is. A leader that is cut off believes in itself, and a follower serves reads,
 * until {@code syncLimit} is over; followers tell the leader of touched sessions with its next ping only; with each
 * election all servers drop their clients.
 */
public final class ZooKeeperEnsemble implements StoreTwin {

    static final Duration TICK = Duration.ofSeconds(2);
    /** {@code syncLimit} 5 of the sample configuration. */
    private static final Duration SYNC_LIMIT = TICK.multipliedBy(5);

    private static final Duration LONGEST_ELECTION = Duration.ofSeconds(1);
    /** {@code minSessionTimeout} and {@code maxSessionTimeout}. */
    private static final Duration SHORTEST_TIMEOUT = TICK.multipliedBy(2);

    private static final Duration LONGEST_TIMEOUT = TICK.multipliedBy(20);
    private static final int MOST_ENTRIES = 5_000;

    /** A committed transaction with what came of it. */
    record Entry(Transaction transaction, Tree.Result result, List<Tree.Change> changes) {}

    private final Scheduler scheduler;
    final Network network;
    final RandomGenerator lots;
    private final TreeMap<String, ZooKeeperServer> servers = new TreeMap<>();
    private List<Entry> log = new ArrayList<>();
    private long firstEntry;
    private long lastSession;
    private int epoch = 1;
    private @Nullable ZooKeeperServer leader;
    /** When sessions end, as the present leader counts: in whole ticks. */
    private final TreeMap<Long, Long> sessionEnds = new TreeMap<>();
    /** The connection that a session was seen on last: requests of an earlier one are refused. */
    private final TreeMap<Long, Connection> owners = new TreeMap<>();

    private final Map<String, String> committed = new HashMap<>();
    private boolean electionPending;
    private Duration leastCommit = Duration.ofNanos(500_000);
    private Duration mostCommit = Duration.ofMillis(5);

    /** An ensemble whose servers are endpoints of the network with these names. */
    public ZooKeeperEnsemble(Scheduler scheduler, Network network, List<String> names) {
        this.scheduler = scheduler;
        this.network = network;
        this.lots = scheduler.random("zookeeper");
        names.forEach(name -> servers.put(name, new ZooKeeperServer(this, name)));
        this.leader = servers.get(names.getFirst());
        network.onChange(this::topologyChanged);
        scheduler.after(TICK, "zookeeper tick", this::tick);
        scheduler.after(TICK.dividedBy(2), "zookeeper ping", this::ping);
    }

    /** What a store of a program on this host needs in place of the real library. */
    public ZooKeeperPorts ports(Program program, String host, Threads threads) {
        return new ZooKeeperPorts(
                (settings, timeout, states) -> new SimulatedClient(
                        this, scheduler, program, host, threads, settings.connectString(), timeout, states),
                threads);
    }

    public ZooKeeperServer server(String name) {
        ZooKeeperServer server = servers.get(name);
        if (server == null) {
            throw new IllegalArgumentException("no ZooKeeper server " + name);
        }
        return server;
    }

    @Override
    public Collection<ZooKeeperServer> members() {
        return servers.values();
    }

    @Override
    public void commitTime(Duration least, Duration most) {
        leastCommit = least;
        mostCommit = most;
    }

    @Override
    public void wipe() {
        scheduler.note("zookeeper", "wiped");
        log = new ArrayList<>();
        firstEntry = 0;
        epoch++;
        sessionEnds.clear();
        owners.clear();
        committed.clear();
        servers.values().forEach(ZooKeeperServer::forget);
    }

    @Override
    public boolean remove(String key) {
        ZooKeeperServer present = leader;
        if (present == null || !hasQuorum(present)) {
            return false;
        }
        scheduler.note("zookeeper", "somebody deletes " + key);
        long session = newSession();
        commit(new Transaction.OpenSession(session, SHORTEST_TIMEOUT.toMillis()), present);
        commit(new Transaction.Write(session, List.of(Op.delete(key, Tree.ANY_VERSION))), present);
        commit(new Transaction.CloseSession(session), present);
        return true;
    }

    @Override
    public @Nullable String committed(String key) {
        return committed.get(key);
    }

    @Override
    public void deposeLeader() {
        ZooKeeperServer present = leader;
        if (present != null) {
            fall(present);
            expectElection();
        }
    }

    /** Who leads, or believes to; null while there is nobody. */
    public @Nullable ZooKeeperServer leader() {
        return leader;
    }

    Scheduler scheduler() {
        return scheduler;
    }

    // ---- the log

    long firstEntry() {
        return firstEntry;
    }

    long lastEntry() {
        return firstEntry + log.size();
    }

    Entry entry(long number) {
        return log.get((int) (number - firstEntry));
    }

    /** Numbers of transactions grow with the log, and jump with each epoch. */
    long idOf(long number) {
        return number + 1;
    }

    /**
     * Has a transaction committed for a client of {@code server}. Without a leader that has a majority the answer stays
     * out: the server drops its clients in the end.
     *
     * @param connection whose session writes; null: the session is only being opened or has nobody any more
     */
    void propose(
            ZooKeeperServer server,
            @Nullable Connection connection,
            Transaction transaction,
            Consumer<Tree.Result> answer) {
        ZooKeeperServer present = leader;
        if (present == null || !network.connects(server.name(), present.name())) {
            return;
        }
        int proposedIn = epoch;
        Duration onTheWay = server == present ? Duration.ZERO : network.delay(server.name(), present.name());
        scheduler.after(onTheWay.plus(diskDelay()), "zookeeper proposal", () -> {
            ZooKeeperServer now = leader;
            if (connection != null && owners.get(connection.session()) != connection) {
                answer.accept(new Tree.Result(Code.SESSIONMOVED, null));
                return;
            }
            if (now == present && proposedIn == epoch && hasQuorum(present)) {
                Entry entry = commit(transaction, present);
                if (network.connects(server.name(), present.name())) {
                    Duration back = server == present ? Duration.ZERO : network.delay(present.name(), server.name());
                    scheduler.after(back, "zookeeper commit", () -> {
                        server.catchUp();
                        answer.accept(entry.result());
                    });
                }
            } else if (now != null && hasQuorum(now) && lots.nextBoolean()) {
                commit(transaction, now); // it had reached a server that leads now
            }
        });
    }

    /** Asks the leader, which asks nobody: also one that is cut off answers. */
    void askLeader(ZooKeeperServer server, Consumer<ZooKeeperServer> answer) {
        ZooKeeperServer present = leader;
        if (present == null || !network.connects(server.name(), present.name())) {
            return;
        }
        Duration there = server == present ? Duration.ZERO : network.delay(server.name(), present.name());
        Duration back = server == present ? Duration.ZERO : network.delay(present.name(), server.name());
        scheduler.after(there.plus(back), "zookeeper leader's answer", () -> {
            if (leader == present && network.connects(server.name(), present.name())) {
                server.catchUp();
                answer.accept(present);
            }
        });
    }

    private Entry commit(Transaction transaction, ZooKeeperServer by) {
        by.catchUp();
        var changes = new ArrayList<Tree.Change>();
        Tree.Result result = by.tree().apply(idOf(lastEntry()), transaction, changes);
        var entry = new Entry(transaction, result, List.copyOf(changes));
        log.add(entry);
        for (Tree.Change change : changes) {
            String data = by.tree().data(change.path());
            if (data == null) {
                committed.remove(change.path());
            } else {
                committed.put(change.path(), data);
            }
        }
        by.applied(entry);
        switch (transaction) {
            case Transaction.OpenSession(long session, var _) -> touch(session);
            case Transaction.CloseSession(long session) -> {
                sessionEnds.remove(session);
                owners.remove(session);
            }
            case Transaction.Write _ -> {}
        }
        if (log.size() > 2 * MOST_ENTRIES) {
            firstEntry += MOST_ENTRIES;
            log = new ArrayList<>(log.subList(MOST_ENTRIES, log.size()));
        }
        spread(by);
        return entry;
    }

    private void spread(ZooKeeperServer from) {
        for (ZooKeeperServer server : servers.values()) {
            if (server != from && server.isAlive() && network.connects(from.name(), server.name())) {
                Duration lag = network.delay(from.name(), server.name()).plus(server.lag());
                scheduler.after(lag, "zookeeper commit", () -> {
                    if (leader == from && network.connects(from.name(), server.name())) {
                        server.catchUp();
                    }
                });
            }
        }
    }

    private Duration diskDelay() {
        long spread = mostCommit.minus(leastCommit).toNanos();
        return leastCommit.plusNanos(spread <= 0 ? 0 : lots.nextLong(spread));
    }

    // ---- sessions

    /** The number of a new session. */
    long newSession() {
        return 0x100000000L + ++lastSession;
    }

    static Duration granted(Duration wanted) {
        Duration least = wanted.compareTo(SHORTEST_TIMEOUT) < 0 ? SHORTEST_TIMEOUT : wanted;
        return least.compareTo(LONGEST_TIMEOUT) < 0 ? least : LONGEST_TIMEOUT;
    }

    /** From now on the session belongs to this connection. */
    void moveTo(Connection connection) {
        owners.put(connection.session(), connection);
    }

    /** The leader hears that a session is alive. */
    void touch(long session) {
        ZooKeeperServer present = leader;
        Long timeout = present == null ? null : present.tree().timeoutOf(session);
        if (timeout != null) {
            long tick = TICK.toNanos();
            long end = scheduler.now().nanos() + timeout * 1_000_000;
            sessionEnds.merge(session, (end / tick + 1) * tick, Math::max);
        }
    }

    /** Whether the leader has not let this session expire. */
    boolean isKnown(long session) {
        return leader != null && leader.tree().timeoutOf(session) != null;
    }

    private void tick() {
        scheduler.after(TICK, "zookeeper tick", this::tick);
        ZooKeeperServer present = leader;
        if (present == null || !hasQuorum(present)) {
            return;
        }
        long now = scheduler.now().nanos();
        List<Long> over = sessionEnds.entrySet().stream()
                .filter(e -> e.getValue() <= now)
                .map(Map.Entry::getKey)
                .toList();
        for (long session : over) {
            scheduler.note("zookeeper", "session " + Long.toHexString(session) + " is over");
            sessionEnds.remove(session);
            propose(present, null, new Transaction.CloseSession(session), _ -> {});
        }
    }

    /** The leader asks its followers for the sessions that were touched there. */
    private void ping() {
        scheduler.after(TICK.dividedBy(2), "zookeeper ping", this::ping);
        ZooKeeperServer present = leader;
        if (present == null) {
            return;
        }
        for (ZooKeeperServer server : servers.values()) {
            if (server.isAlive() && network.connects(present.name(), server.name())) {
                List<Long> touched = server.takeTouched();
                if (server == present) {
                    touched.forEach(this::touch);
                } else if (!touched.isEmpty()) {
                    scheduler.after(network.delay(server.name(), present.name()), "zookeeper touches", () -> {
                        if (leader == present && network.connects(server.name(), present.name())) {
                            touched.forEach(this::touch);
                        }
                    });
                }
            }
        }
    }

    // ---- the leader

    boolean hasQuorum(ZooKeeperServer candidate) {
        if (!candidate.isAlive()) {
            return false;
        }
        long reached = servers.values().stream()
                .filter(s -> s.isAlive() && network.connects(s.name(), candidate.name()))
                .count();
        return 2 * reached > servers.size();
    }

    /** Whether a server takes clients: it follows a leader, as far as it knows. */
    boolean serves(ZooKeeperServer server) {
        return leader != null && server.isAlive() && !server.isLooking();
    }

    /** Something about links or servers is different. */
    void topologyChanged() {
        ZooKeeperServer present = leader;
        if (present == null || !present.isAlive()) {
            if (present != null) {
                fall(present); // its followers lose their connections at once
            }
            expectElection();
            return;
        }
        if (!hasQuorum(present)) {
            scheduler.after(lateness(), "zookeeper leader looks at its followers", () -> {
                if (leader == present && !hasQuorum(present)) {
                    fall(present);
                    expectElection();
                }
            });
        }
        for (ZooKeeperServer server : servers.values()) {
            boolean reaches = network.connects(server.name(), present.name());
            if (reaches && server.isLooking() && server.isAlive() && hasQuorum(present)) {
                server.look(false);
                scheduler.after(network.delay(present.name(), server.name()), "zookeeper joins", server::catchUp);
            } else if (!reaches && !server.isLooking()) {
                scheduler.after(lateness(), "zookeeper follower looks for its leader", () -> {
                    if (leader == present && !network.connects(server.name(), present.name())) {
                        server.look(true);
                    }
                });
            }
        }
        spread(present);
    }

    /** How long somebody believes in a connection that is silent. */
    private Duration lateness() {
        return SYNC_LIMIT.dividedBy(2).plus(lot(SYNC_LIMIT.dividedBy(2)));
    }

    private void fall(ZooKeeperServer old) {
        scheduler.note("zookeeper", old.name() + " leads no more");
        leader = null;
        servers.values().forEach(server -> server.look(true));
    }

    private void expectElection() {
        if (!electionPending) {
            electionPending = true;
            scheduler.after(lot(LONGEST_ELECTION), "zookeeper election", this::elect);
        }
    }

    private void elect() {
        electionPending = false;
        if (leader != null) {
            return;
        }
        List<ZooKeeperServer> candidates =
                servers.values().stream().filter(this::hasQuorum).toList();
        if (candidates.isEmpty()) {
            return; // the next change of topology begins a new one
        }
        ZooKeeperServer elected = candidates.get(lots.nextInt(candidates.size()));
        epoch++;
        leader = elected;
        elected.catchUp();
        scheduler.note("zookeeper", elected.name() + " leads epoch " + epoch);
        // A new leader does not know when sessions were touched last: each gets its full time.
        sessionEnds.clear();
        owners.clear();
        elected.tree().sessions().forEach(this::touch);
        for (ZooKeeperServer server : servers.values()) {
            if (server.isAlive() && network.connects(server.name(), elected.name())) {
                server.look(false);
                server.catchUp();
            }
        }
        topologyChanged();
    }

    private Duration lot(Duration most) {
        return Duration.ofNanos(lots.nextLong(most.toNanos()));
    }
}

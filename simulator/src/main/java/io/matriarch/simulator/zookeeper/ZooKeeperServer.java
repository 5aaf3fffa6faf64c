package io.matriarch.simulator.zookeeper;

import io.matriarch.simulator.StoreTwin;
import io.matriarch.simulator.zookeeper.Tree.Transaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** One server: what it has applied, who is connected to it, which sessions were touched here. */
public final class ZooKeeperServer implements StoreTwin.Member {

    private final ZooKeeperEnsemble ensemble;
    private final String name;
    private Tree tree = new Tree();
    private long applied;
    private boolean alive = true;
    /** It looks for a leader and serves nobody. */
    private boolean looking;

    private Duration lag = Duration.ZERO;
    private final List<Connection> connections = new ArrayList<>();
    private final TreeSet<Long> touched = new TreeSet<>();

    ZooKeeperServer(ZooKeeperEnsemble ensemble, String name) {
        this.ensemble = ensemble;
        this.name = name;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean isAlive() {
        return alive;
    }

    Tree tree() {
        return tree;
    }

    Duration lag() {
        return lag;
    }

    boolean isLooking() {
        return looking;
    }

    // ---- faults

    @Override
    public void crash() {
        if (alive) {
            alive = false;
            dropClients();
            ensemble.topologyChanged();
        }
    }

    @Override
    public void restart() {
        if (!alive) {
            alive = true;
            looking = true;
            ensemble.topologyChanged();
        }
    }

    @Override
    public void lag(Duration later) {
        lag = later;
    }

    /** A watch cannot break without its connection. */
    @Override
    public void disturbWatches(long how) {
        dropClients();
    }

    /** Ends every client's connection. */
    public void dropClients() {
        List.copyOf(connections).forEach(Connection::drop);
        connections.clear();
        touched.clear();
    }

    void look(boolean nowLooking) {
        if (nowLooking && !looking) {
            dropClients();
        }
        looking = nowLooking;
    }

    // ---- the log

    /** Its disk is empty. */
    void forget() {
        tree = new Tree();
        applied = 0;
        dropClients();
    }

    /** The leader applied a transaction that it has just appended. */
    void applied(ZooKeeperEnsemble.Entry entry) {
        applied = ensemble.lastEntry();
        tell(entry);
    }

    /** Applies what was committed meanwhile. */
    void catchUp() {
        if (applied < ensemble.firstEntry()) {
            ZooKeeperServer leader = ensemble.leader();
            if (leader == null || leader == this) {
                return;
            }
            tree = leader.tree.copy();
            applied = leader.applied;
            dropClients();
        }
        while (applied < ensemble.lastEntry()) {
            ZooKeeperEnsemble.Entry entry = ensemble.entry(applied);
            tree.apply(ensemble.idOf(applied), entry.transaction(), new ArrayList<>());
            applied++;
            tell(entry);
        }
    }

    private void tell(ZooKeeperEnsemble.Entry entry) {
        for (Tree.Change change : entry.changes()) {
            connections.forEach(connection -> connection.changed(change));
        }
        if (entry.transaction() instanceof Transaction.CloseSession(long session)) {
            List.copyOf(connections).stream()
                    .filter(c -> c.session() == session)
                    .forEach(Connection::drop);
        }
    }

    // ---- clients

    void connected(Connection connection) {
        connections.add(connection);
    }

    void disconnected(Connection connection) {
        connections.remove(connection);
    }

    /** A client gave a sign of life. */
    void heard(long session) {
        touched.add(session);
    }

    List<Long> takeTouched() {
        List<Long> sessions = List.copyOf(touched);
        touched.clear();
        return sessions;
    }
}

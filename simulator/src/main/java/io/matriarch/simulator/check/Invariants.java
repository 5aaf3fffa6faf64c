package io.matriarch.simulator.check;

import io.matriarch.model.SyncState;
import io.matriarch.simulator.clients.Ledger;
import io.matriarch.simulator.clients.Ledger.Acknowledged;
import io.matriarch.simulator.postgres.PostgresHost;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Checks a world after each of its events. */
public final class Invariants {

    private static final int FIRST_TIMELINE = 1;

    private final List<Observed> nodes;
    private final Ledger ledger;
    private final Supplier<SyncState> sync;
    private final BooleanSupplier synchronous;
    private final BooleanSupplier paused;
    /** What the sync key said after the last event. */
    private SyncState promised = SyncState.EMPTY;

    /**
     * Checks begin with the next event.
     *
     * @param sync what the store holds in truth
     * @param synchronous whether the store's configuration asks for synchronous mode
     * @param paused whether it has paused the cluster: then nobody promises that there is one primary only
     */
    public Invariants(
            List<Observed> nodes,
            Ledger ledger,
            Supplier<SyncState> sync,
            BooleanSupplier synchronous,
            BooleanSupplier paused) {
        this.nodes = List.copyOf(nodes);
        this.ledger = ledger;
        this.sync = sync;
        this.synchronous = synchronous;
        this.paused = paused;
        ledger.onAcknowledgement(this::checkPromise);
    }

    /** To be called after each event; throws {@link Violation}. */
    public void check() {
        if (paused.getAsBoolean()) {
            return;
        }
        checkChangedPromise();
        Observed writable = null;
        Observed leader = null;
        // Two at once are rare, so all that excuses one of them is looked at only then.
        for (Observed node : nodes) {
            if (node.postgres().isWritable()) {
                checkMayLead(node);
                if (writable != null && !writable.justThawed() && !node.justThawed()) {
                    throw Invariant.I1.violated(writable.name() + " and " + node.name() + " do");
                }
                writable = writable == null || writable.justThawed() ? node : writable;
            }
            if (node.leads()) {
                if (leader != null) {
                    throw Invariant.I5.violated(leader.name() + " and " + node.name() + " do");
                }
                leader = node;
            }
        }
    }

    /** Whoever begins a cluster has its first timeline; whoever was promoted has another one. */
    private static void checkMayLead(Observed node) {
        if (node.isOfStandbyCluster()) {
            throw Invariant.I9.violated(node.name() + " is primary in a standby cluster");
        }
        if (node.neverPromoted() && node.postgres().timeline() > FIRST_TIMELINE) {
            throw Invariant.I9.violated(node.name() + " was promoted");
        }
    }

    /** The sync key changed: whom it names now must hold what was acknowledged before; the last row stands for all. */
    private void checkChangedPromise() {
        SyncState state = sync.get();
        if (state.equals(promised)) {
            return;
        }
        promised = state;
        List<Acknowledged> rows = ledger.acknowledged();
        if (!rows.isEmpty() && rows.getLast().by().holds(rows.getLast().commit())) {
            checkPromise(rows.getLast());
        }
    }

    /** A commit was acknowledged: everybody whom the sync key allows to be promoted must hold it on disk. */
    private void checkPromise(Acknowledged row) {
        SyncState state = sync.get();
        if (!synchronous.getAsBoolean() || state.isEmpty() || paused.getAsBoolean()) {
            return;
        }
        String by = nameOf(row.by());
        if (!state.isLeader(by)) {
            return;
        }
        List<String> without = new ArrayList<>();
        for (Observed node : nodes) {
            boolean mayLead = state.isVoter(node.name()) && node.postgres().hasData();
            if (mayLead && !node.postgres().holdsDurably(row.commit())) {
                without.add(node.name());
            }
        }
        // A candidate leads when it reaches this many voters besides itself: one of them all must have the row.
        if (without.size() > state.quorum()) {
            throw Invariant.I2.violated("row " + row.commit().row() + " was acknowledged by " + by + " and is not on "
                    + String.join(", ", without) + "; sync key: " + state.toJson());
        }
    }

    private String nameOf(PostgresHost host) {
        return nodes.stream()
                .filter(n -> n.postgres() == host)
                .map(Observed::name)
                .findFirst()
                .orElse("?");
    }

    /**
     * At the end: every acknowledged row of a cluster that was synchronous all the time is in the primary.
     *
     * @return rows that are missing, whether they were promised or not
     */
    public static List<Acknowledged> missing(Ledger ledger, PostgresHost primary) {
        return ledger.acknowledged().stream()
                .filter(row -> !primary.holds(row.commit()))
                .toList();
    }
}

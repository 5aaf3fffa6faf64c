package io.matriarch.simulator.check;

import io.matriarch.model.SyncState;
import io.matriarch.simulator.clients.Ledger;
import io.matriarch.simulator.clients.Ledger.Acknowledged;
import io.matriarch.simulator.postgres.PostgresHost;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    private final BooleanSupplier durable;
    /** The timeline on which a node was primary last. */
    private final Map<String, Integer> primaryOn = new HashMap<>();
    /** How often the journal of a node had spoken of a promotion when its server was promoted last. */
    private final Map<String, Integer> journaled = new HashMap<>();

    private int promotions;
    /** What the sync key said after the last event. */
    private SyncState promised = SyncState.EMPTY;

    /**
     * Checks begin with the next event.
     *
     * @param sync what the store holds in truth
     * @param synchronous whether the store's configuration asks for synchronous mode
     * @param paused whether it has paused the cluster: then nobody promises that there is one primary only
     * @param durable whether every row that was acknowledged up to now must be kept
     */
    public Invariants(
            List<Observed> nodes,
            Ledger ledger,
            Supplier<SyncState> sync,
            BooleanSupplier synchronous,
            BooleanSupplier paused,
            BooleanSupplier durable) {
        this.nodes = List.copyOf(nodes);
        this.ledger = ledger;
        this.sync = sync;
        this.synchronous = synchronous;
        this.paused = paused;
        this.durable = durable;
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
                checkPromotion(node);
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

    /** How many servers were promoted. */
    public int promotions() {
        return promotions;
    }

    /** A server that became primary: it has all that was promised, and its agent's journal says why it was promoted. */
    private void checkPromotion(Observed node) {
        int timeline = node.postgres().timeline();
        Integer before = primaryOn.put(node.name(), timeline);
        if (timeline == FIRST_TIMELINE || (before != null && before == timeline)) {
            return;
        }
        promotions++;
        Integer told = journaled.put(node.name(), node.promotionsInJournal());
        if (node.promotionsInJournal() == (told == null ? 0 : told)) {
            throw Invariant.I12.violated(node.name() + " was promoted, and its journal does not say so");
        }
        if (durable.getAsBoolean() && !node.justThawed()) {
            List<Acknowledged> missing = missing(ledger, node.postgres());
            if (!missing.isEmpty()) {
                throw Invariant.I3.violated(missing.size() + " rows are missing on " + node.name()
                        + ", the first one is " + missing.getFirst().commit().row() + ", acknowledged by "
                        + nameOf(missing.getFirst().by()));
            }
        }
    }

    /** A client reads from this server. */
    public void checkRead(Observed node) {
        List<Acknowledged> rows = ledger.acknowledged();
        if (rows.isEmpty()
                || paused.getAsBoolean()
                || !durable.getAsBoolean()
                || !node.postgres().isWritable()
                || node.justThawed()) {
            return;
        }
        Acknowledged last = rows.getLast();
        if (!node.postgres().rows().contains(last.commit().row())) {
            throw Invariant.I2.violated("row " + last.commit().row() + ", acknowledged by " + nameOf(last.by())
                    + ", is not seen by a client that reads from the primary " + node.name());
        }
    }

    /** An agent answers that its node is what a load balancer asks for. */
    public static void checkHealth(Observed node, boolean asPrimary) {
        if (asPrimary && !node.holdsLock()) {
            throw Invariant.I11.violated(node.name() + " does without a lease");
        }
        if (!asPrimary && node.postgres().isWritable() && node.knowsThatItIsPrimary()) {
            throw Invariant.I11.violated(node.name() + " says that it is a replica, and knows that it is primary");
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

    /**
     * The sync key changed: whom it names now must hold what its primary has acknowledged; the last row stands for all. Who is only going
     * to be primary may have led before without promising anything.
     */
    private void checkChangedPromise() {
        SyncState state = sync.get();
        if (state.equals(promised)) {
            return;
        }
        promised = state;
        List<Acknowledged> rows = ledger.acknowledged();
        if (!rows.isEmpty()
                && rows.getLast().by().isPrimary()
                && rows.getLast().by().holds(rows.getLast().commit())) {
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

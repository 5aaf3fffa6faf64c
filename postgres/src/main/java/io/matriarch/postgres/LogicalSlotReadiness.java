package io.matriarch.postgres;

import io.matriarch.model.config.PostgresSettings;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether a replica's copies of logical slots could be used after a failover (contract replication.md 2.6). A copy needs catalog
 * rows that its own server must not have removed, and so its primary neither: that holds once the physical slot
 * through which the primary feeds this replica has taken over the {@code catalog_xmin} that the primary's logical slot had when that
 * became known, and the copy has passed it.
 *
 * <p>Looks on a thread of its own while there is a copy that is not ready; each start of PostgreSQL begins anew.
 */
final class LogicalSlotReadiness {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.slots");

    private final Supplier<PostgresSettings> settings;
    private final PostgresConnections connections;
    private final AtomicBoolean busy = new AtomicBoolean();
    private final AtomicBoolean feedbackMissed = new AtomicBoolean();
    /** What is not ready, with the primary's {@code catalog_xmin} when it became known. Guarded by this object. */
    private final Map<String, @Nullable Long> unready = new TreeMap<>();

    private @Nullable Postmaster looked;
    private String missedSlot = "";

    LogicalSlotReadiness(Supplier<PostgresSettings> settings, PostgresConnections connections) {
        this.settings = settings;
        this.connections = connections;
    }

    /** Copies that might miss something; said at a promotion. */
    synchronized Set<String> unready() {
        return new TreeSet<>(unready.keySet());
    }

    /**
     * Looks again, if there is anything to look for.
     *
     * @param physicalSlot on the leader, through which this replica is fed
     */
    void check(Upstream leader, String physicalSlot, Postmaster postmaster) {
        if (isDone(postmaster) || !busy.compareAndSet(false, true)) {
            return;
        }
        Thread.ofPlatform().daemon().name("logical slot readiness").start(() -> {
            try {
                look(leader, physicalSlot, postmaster);
            } catch (SQLException e) {
                LOG.log(Level.DEBUG, "Could not compare logical slots with those of the leader", e);
            } finally {
                busy.set(false);
            }
        });
    }

    private synchronized boolean isDone(Postmaster postmaster) {
        return postmaster.equals(looked) && unready.isEmpty();
    }

    private void look(Upstream leader, String physicalSlot, Postmaster postmaster) throws SQLException {
        Map<String, Long> here;
        boolean feedback;
        try (Connection local = connections.local()) {
            here = horizons(local, "slot_type = 'logical'");
            feedback = isFeedbackOn(local);
        }
        Map<String, Long> there;
        boolean exists;
        try (Connection primary = connections.primary(leader, settings.get().rewind())) {
            there = horizons(primary, "NOT pg_is_in_recovery()");
            exists = there.containsKey(physicalSlot) || slotExists(primary, physicalSlot);
        }
        if (!exists) {
            reportMissing(physicalSlot);
        } else if (!there.containsKey(physicalSlot) && !feedback && !feedbackMissed.getAndSet(true)) {
            LOG.log(
                    Level.ERROR,
                    "Logical slot failover requires \"hot_standby_feedback\". Please check postgresql.auto.conf");
        }
        note(postmaster, here, there, there.get(physicalSlot));
    }

    private synchronized void reportMissing(String physicalSlot) {
        if (!physicalSlot.equals(missedSlot)) {
            missedSlot = physicalSlot;
            LOG.log(Level.WARNING, "Physical slot " + physicalSlot + " does not exist on the primary");
        }
    }

    /** What was seen; the log tells of copies that became ready. */
    synchronized void note(
            Postmaster postmaster, Map<String, Long> here, Map<String, Long> there, @Nullable Long physical) {
        if (!postmaster.equals(looked)) {
            looked = postmaster;
            unready.clear();
            here.keySet().forEach(slot -> unready.put(slot, null));
        }
        unready.keySet().retainAll(here.keySet());
        if (physical == null) {
            return;
        }
        missedSlot = "";
        feedbackMissed.set(false);
        for (String slot : Set.copyOf(unready.keySet())) {
            Long copy = here.get(slot);
            Long first = unready.get(slot);
            if (first == null) {
                first = there.get(slot);
                unready.put(slot, first);
            }
            if (first != null && copy != null && isOrdered(first, physical, copy)) {
                unready.remove(slot);
                LOG.log(Level.INFO, "Logical slot " + slot + " is safe to be used after a failover");
            }
        }
    }

    /** Transaction numbers go round. */
    private static boolean isOrdered(long first, long second, long third) {
        return (int) (second - first) >= 0 && (int) (third - second) >= 0;
    }

    private static Map<String, Long> horizons(Connection connection, String condition) throws SQLException {
        var horizons = new HashMap<String, Long>();
        try (Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("SELECT slot_name, catalog_xmin::text::bigint FROM pg_replication_slots"
                                + " WHERE NOT temporary AND catalog_xmin IS NOT NULL AND " + condition)) {
            while (rows.next()) {
                horizons.put(rows.getString(1), rows.getLong(2));
            }
        }
        return horizons;
    }

    private static boolean slotExists(Connection connection, String slot) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT 1 FROM pg_replication_slots WHERE slot_name = ?")) {
            statement.setString(1, slot);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next();
            }
        }
    }

    private static boolean isFeedbackOn(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW hot_standby_feedback")) {
            return row.next() && "on".equals(row.getString(1));
        }
    }
}

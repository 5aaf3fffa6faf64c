package io.matriarch.postgres;

import io.matriarch.model.Lsn;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Makes and moves logical slots beside the cycle (contract replication.md 2.5): making one waits for all transactions that
 * run, and moving one decodes what lies between. On a thread of its own while there is something to do, over one connection
 * a database.
 */
final class LogicalSlots {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.slots");

    /** Gigabytes are decoded in this time. What is not reached is taken up in a later cycle. */
    private static final Duration LIMIT = Duration.ofMinutes(5);
    /** The WAL that the slot needs is gone: {@code undefined_file}, {@code object_not_in_prerequisite_state}. */
    private static final Set<String> GONE = Set.of("58P01", "55000");

    private final PostgresConnections connections;
    private final AtomicBoolean busy = new AtomicBoolean();
    private final Set<String> broken = ConcurrentHashMap.newKeySet();

    LogicalSlots(PostgresConnections connections) {
        this.connections = connections;
    }

    /** Slots that can only be copied anew. */
    Set<String> broken() {
        return Set.copyOf(broken);
    }

    void forgetBroken() {
        broken.clear();
    }

    /** Begins with the logical actions of a plan, unless those of an earlier one still run. */
    void begin(SlotPlan plan) {
        Map<String, List<SlotPlan.Action>> byDatabase = new LinkedHashMap<>();
        for (SlotPlan.Action action : plan.actions()) {
            switch (action) {
                case SlotPlan.Action.CreateLogical(var slot) -> put(byDatabase, slot, action);
                case SlotPlan.Action.AdvanceLogical(var slot, var _) -> put(byDatabase, slot, action);
                case SlotPlan.Action.Create _, SlotPlan.Action.Advance _, SlotPlan.Action.Drop _ -> {
                    // at once: SlotActions
                }
            }
        }
        if (!byDatabase.isEmpty() && busy.compareAndSet(false, true)) {
            Thread.ofPlatform().daemon().name("logical slots").start(() -> {
                try {
                    byDatabase.forEach(this::perform);
                } finally {
                    busy.set(false);
                }
            });
        }
    }

    private static void put(Map<String, List<SlotPlan.Action>> byDatabase, LogicalSlot slot, SlotPlan.Action action) {
        byDatabase.computeIfAbsent(slot.database(), _ -> new ArrayList<>()).add(action);
    }

    private void perform(String database, List<SlotPlan.Action> actions) {
        try (Connection connection = connections.localForLong(database, LIMIT)) {
            for (SlotPlan.Action action : actions) {
                if (action instanceof SlotPlan.Action.CreateLogical(var slot)) {
                    create(connection, slot);
                } else if (action instanceof SlotPlan.Action.AdvanceLogical(var slot, Lsn to)) {
                    advance(connection, slot, to);
                }
            }
        } catch (SQLException e) {
            LOG.log(
                    Level.ERROR,
                    "Could not change logical replication slots in database " + database + ": " + e.getMessage());
        }
    }

    private static void create(Connection connection, LogicalSlot slot) {
        try (PreparedStatement statement = connection.prepareStatement("""
            SELECT pg_create_logical_replication_slot(?, ?)
             WHERE NOT EXISTS (SELECT 1 FROM pg_replication_slots WHERE slot_name = ?)\
            """)) {
            statement.setString(1, slot.name());
            statement.setString(2, slot.plugin());
            statement.setString(3, slot.name());
            statement.execute();
        } catch (SQLException e) {
            LOG.log(
                    Level.ERROR,
                    "Failed to create logical replication slot '" + slot.name() + "' plugin='" + slot.plugin() + "': "
                            + e.getMessage());
        }
    }

    private void advance(Connection connection, LogicalSlot slot, Lsn to) {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT pg_replication_slot_advance(?, CAST(? AS pg_lsn))")) {
            statement.setString(1, slot.name());
            statement.setString(2, to.toString());
            statement.execute();
        } catch (SQLException e) {
            LOG.log(Level.ERROR, "Failed to advance logical replication slot '" + slot.name() + "': " + e.getMessage());
            if (e.getSQLState() != null && GONE.contains(e.getSQLState())) {
                broken.add(slot.name());
            }
        }
    }
}

package io.matriarch.postgres;

import io.matriarch.model.Lsn;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** Carries out at once what was decided about replication slots (contract replication.md 2.5). */
final class SlotActions {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.slots");

    private SlotActions() {}

    /** One that fails does not keep the others from being tried; a connection that broke does. */
    static void apply(Connection connection, SlotPlan plan) throws SQLException {
        for (SlotPlan.Action action : plan.actions()) {
            switch (action) {
                case SlotPlan.Action.Create(String slot) -> create(connection, slot);
                case SlotPlan.Action.Advance(String slot, Lsn to) -> advance(connection, slot, to);
                case SlotPlan.Action.CreateLogical _, SlotPlan.Action.AdvanceLogical _ -> {
                    // beside the cycle: LogicalSlots
                }
                case SlotPlan.Action.Drop(String slot, String why) -> drop(connection, slot, why);
            }
        }
    }

    private static void create(Connection connection, String slot) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
            SELECT pg_create_physical_replication_slot(?, true)
             WHERE NOT EXISTS (SELECT 1 FROM pg_replication_slots WHERE slot_name = ?)\
            """)) {
            statement.setString(1, slot);
            statement.setString(2, slot);
            statement.execute();
        } catch (SQLException e) {
            failed(connection, "Failed to create physical replication slot '" + slot + "'", e);
        }
    }

    private static void advance(Connection connection, String slot, Lsn to) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT pg_replication_slot_advance(?, CAST(? AS pg_lsn))")) {
            statement.setString(1, slot);
            statement.setString(2, to.toString());
            statement.execute();
        } catch (SQLException e) {
            failed(connection, "Failed to advance replication slot '" + slot + "'", e);
        }
    }

    /** An active slot is left alone: its walsender would only come back. */
    private static void drop(Connection connection, String slot, String why) throws SQLException {
        LOG.log(Level.INFO, why);
        try (PreparedStatement statement = connection.prepareStatement("""
            SELECT s.active, CASE WHEN NOT s.active THEN pg_drop_replication_slot(s.slot_name) END
              FROM pg_replication_slots s WHERE s.slot_name = ?\
            """)) {
            statement.setString(1, slot);
            try (var row = statement.executeQuery()) {
                if (!row.next()) {
                    return;
                }
                if (row.getBoolean(1)) {
                    LOG.log(Level.WARNING, "Unable to drop replication slot '" + slot + "', slot is active");
                } else {
                    LOG.log(Level.INFO, "Dropped replication slot '" + slot + "'");
                }
            }
        } catch (SQLException e) {
            failed(connection, "Failed to drop replication slot '" + slot + "'", e);
        }
    }

    private static void failed(Connection connection, String what, SQLException e) throws SQLException {
        LOG.log(Level.ERROR, what + ": " + e.getMessage());
        if (connection.isClosed()) {
            throw e;
        }
    }
}

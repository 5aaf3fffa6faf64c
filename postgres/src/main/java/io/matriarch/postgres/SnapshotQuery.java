package io.matriarch.postgres;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.model.Lsn;
import io.matriarch.postgres.LocalFacts.Sessions;
import io.matriarch.postgres.LocalFacts.Slot;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.LocalFacts.WalSender;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The one query of a cycle: all that a decision needs, from one moment, in one round trip (PostgreSQL 13 to 18). */
final class SnapshotQuery {

    /** PostgreSQL 17 knows slots that follow a failover by themselves; those that it synchronises are its own. */
    private static final int FAILOVER_SLOTS = 17;

    private SnapshotQuery() {}

    private static String sql(int majorVersion) {
        boolean failover = majorVersion >= FAILOVER_SLOTS;
        return """
            SELECT r.in_recovery,
                   current_setting('server_version_num')::int AS version,
                   pg_postmaster_start_time() AS started,
                   CASE WHEN r.in_recovery THEN COALESCE(w.received_tli, 0)
                        ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int
                   END AS timeline,
                   CASE WHEN NOT r.in_recovery THEN pg_current_wal_flush_lsn() END AS flushed,
                   GREATEST(pg_last_wal_receive_lsn(), w.written_lsn) AS received,
                   pg_last_wal_replay_lsn() AS replayed,
                   pg_last_xact_replay_timestamp() AS replayed_timestamp,
                   w.status AS receiver,
                   w.latest_end_lsn AS latest_end,
                   CASE WHEN r.in_recovery THEN pg_is_wal_replay_paused() ELSE false END AS paused,
                   current_setting('restore_command') <> '' AS restores,
                   current_setting('synchronous_standby_names') AS names,
                   current_setting('synchronous_commit') AS commit,
                   (SELECT json_agg(s) FROM (
                       SELECT r.pid, usename, application_name, client_addr, slot_name, state, sync_state,
                              sync_priority, sent_lsn, write_lsn, flush_lsn, replay_lsn
                         FROM pg_stat_replication r
                         LEFT JOIN pg_replication_slots o ON o.active_pid = r.pid) s) AS senders,
                   (SELECT json_agg(s) FROM (
                       SELECT slot_name, slot_type, database, plugin, active, restart_lsn, confirmed_flush_lsn,
                              xmin, wal_status, safe_wal_size, %s
                         FROM pg_replication_slots WHERE NOT temporary%s) s) AS slots,
                   a.connections, a.waiting
              FROM (SELECT pg_is_in_recovery() AS in_recovery) r
              LEFT JOIN pg_stat_get_wal_receiver() w ON w.pid IS NOT NULL
             CROSS JOIN (SELECT count(*) AS connections, count(*) FILTER (WHERE wait_event = 'SyncRep') AS waiting
                           FROM pg_stat_get_activity(NULL) WHERE backend_type = 'client backend') a\
            """.formatted(
                        failover ? "failover, synced" : "false AS failover, false AS synced",
                        failover ? " AND NOT (failover AND synced)" : "");
    }

    static Snapshot run(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery(sql(connection.getMetaData().getDatabaseMajorVersion()))) {
            if (!row.next()) {
                throw new SQLException("the snapshot query returned no row");
            }
            return new Snapshot(
                    row.getBoolean("in_recovery"),
                    row.getInt("version"),
                    row.getObject("started", OffsetDateTime.class),
                    row.getInt("timeline"),
                    lsn(row.getString("flushed")),
                    lsn(row.getString("received")),
                    lsn(row.getString("replayed")),
                    row.getObject("replayed_timestamp", OffsetDateTime.class),
                    row.getString("receiver"),
                    lsn(row.getString("latest_end")),
                    row.getBoolean("paused"),
                    row.getBoolean("restores"),
                    row.getString("names"),
                    row.getString("commit"),
                    senders(row.getString("senders")),
                    slots(row.getString("slots")),
                    new Sessions(row.getInt("connections"), row.getInt("waiting")));
        }
    }

    private static List<WalSender> senders(@Nullable String json) {
        var senders = new ArrayList<WalSender>();
        for (JsonObject o : objects(json)) {
            senders.add(new WalSender(
                    Json.integer(o, "pid").orElse(0L),
                    text(o, "usename"),
                    text(o, "application_name"),
                    Json.string(o, "client_addr").orElse(null),
                    Json.string(o, "slot_name").orElse(null),
                    text(o, "state"),
                    text(o, "sync_state"),
                    Json.integer(o, "sync_priority").orElse(0L).intValue(),
                    lsn(text(o, "sent_lsn")),
                    lsn(text(o, "write_lsn")),
                    lsn(text(o, "flush_lsn")),
                    lsn(text(o, "replay_lsn"))));
        }
        return senders;
    }

    private static List<Slot> slots(@Nullable String json) {
        var slots = new ArrayList<Slot>();
        for (JsonObject o : objects(json)) {
            slots.add(new Slot(
                    text(o, "slot_name"),
                    text(o, "slot_type"),
                    Json.string(o, "database").orElse(null),
                    Json.string(o, "plugin").orElse(null),
                    Json.bool(o, "active").orElse(false),
                    lsn(text(o, "restart_lsn")),
                    lsn(text(o, "confirmed_flush_lsn")),
                    Json.string(o, "xmin").orElse(null),
                    Json.string(o, "wal_status").orElse(null),
                    Json.bool(o, "failover").orElse(false),
                    Json.bool(o, "synced").orElse(false),
                    Json.integer(o, "safe_wal_size").orElse(null)));
        }
        return slots;
    }

    private static List<JsonObject> objects(@Nullable String json) {
        Optional<JsonElement> parsed = json == null ? Optional.empty() : Json.parse(json);
        return parsed.orElse(null) instanceof JsonArray rows
                ? rows.asList().stream().map(JsonElement::getAsJsonObject).toList()
                : List.of();
    }

    private static String text(JsonObject object, String field) {
        return Json.string(object, field).orElse("");
    }

    private static Lsn lsn(@Nullable String text) {
        return text == null ? Lsn.NONE : Lsn.parse(text).orElse(Lsn.NONE);
    }
}

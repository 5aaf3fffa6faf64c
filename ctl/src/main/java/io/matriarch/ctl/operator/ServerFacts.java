package io.matriarch.ctl.operator;

import io.matriarch.ctl.load.Endpoint;
import io.matriarch.ctl.load.Sessions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a running server says of itself.
 *
 * @param version as {@code 150018}
 * @param checksums whether data pages have checksums
 * @param hints whether hint bits are written to WAL
 * @param slots replication slots
 * @param pendingRestart parameters that wait for a restart
 * @param failedArchive the segment that could not be archived last, when none was archived since; else empty
 * @param oldestTransaction age of the oldest transaction number that is in use, of all databases
 * @param standbys state of synchronous replication by the name of the standby; empty on a standby
 */
record ServerFacts(
        int version,
        boolean inRecovery,
        boolean checksums,
        boolean hints,
        List<Slot> slots,
        List<String> pendingRestart,
        String failedArchive,
        long oldestTransaction,
        Map<String, String> standbys) {

    /**
     * A replication slot.
     *
     * @param walStatus {@code reserved extended unreserved lost}; empty when it holds nothing
     * @param heldBytes WAL that is kept for it
     */
    record Slot(String name, boolean active, String walStatus, long heldBytes) {}

    private static final String SERVER = """
        select current_setting('server_version_num')::int, pg_is_in_recovery(), current_setting('data_checksums') = 'on',
               current_setting('wal_log_hints') = 'on', (select max(age(datfrozenxid)) from pg_database)
        """;

    private static final String SLOTS = """
        select slot_name, active, coalesce(wal_status, ''), coalesce(pg_wal_lsn_diff(
                 case when pg_is_in_recovery() then coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
                      else pg_current_wal_lsn() end, restart_lsn), 0)::bigint
          from pg_replication_slots order by slot_name
        """;

    private static final String ARCHIVE = """
        select last_failed_wal from pg_stat_archiver
         where last_failed_time > coalesce(last_archived_time, '-infinity')
        """;

    ServerFacts {
        slots = List.copyOf(slots);
        pendingRestart = List.copyOf(pendingRestart);
        standbys = Map.copyOf(standbys);
    }

    /** Asks a server; each answer has the limit of the sessions. */
    static ServerFacts ask(Sessions sessions, Endpoint server) throws SQLException {
        try (Connection connection = sessions.open(server);
                Statement statement = connection.createStatement()) {
            var slots = new ArrayList<Slot>();
            try (ResultSet rows = statement.executeQuery(SLOTS)) {
                while (rows.next()) {
                    slots.add(new Slot(rows.getString(1), rows.getBoolean(2), rows.getString(3), rows.getLong(4)));
                }
            }
            var standbys = new LinkedHashMap<String, String>();
            try (ResultSet rows =
                    statement.executeQuery("select application_name, sync_state from pg_stat_replication")) {
                while (rows.next()) {
                    standbys.put(rows.getString(1), rows.getString(2));
                }
            }
            List<String> pending = texts(statement, "select name from pg_settings where pending_restart order by name");
            List<String> failed = texts(statement, ARCHIVE);
            try (ResultSet row = statement.executeQuery(SERVER)) {
                row.next();
                return new ServerFacts(
                        row.getInt(1),
                        row.getBoolean(2),
                        row.getBoolean(3),
                        row.getBoolean(4),
                        slots,
                        pending,
                        failed.isEmpty() ? "" : failed.getFirst(),
                        row.getLong(5),
                        standbys);
            }
        }
    }

    private static List<String> texts(Statement statement, String sql) throws SQLException {
        var texts = new ArrayList<String>();
        try (ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
        }
        return texts;
    }
}

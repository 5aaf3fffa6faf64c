package io.matriarch.agent.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.PostgresState;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MetricsTextTest {

    private static final String LABELS = "{scope=\"demo\",name=\"n1\"} ";

    /** Names and values in order. */
    private static List<String> values(String text) {
        return text.lines().filter(l -> !l.startsWith("#")).map(l -> l.replace(LABELS, " ")).toList();
    }

    @Test
    void aReplicaInOrder() {
        assertEquals(
                List.of(
                        "patroni_version 040104",
                        "patroni_postgres_running 1",
                        "patroni_postmaster_start_time 1795566600.25",
                        "patroni_primary 0",
                        "patroni_xlog_location 0",
                        "patroni_standby_leader 0",
                        "patroni_replica 1",
                        "patroni_sync_standby 0",
                        "patroni_quorum_standby 0",
                        "patroni_xlog_received_location 83886176",
                        "patroni_xlog_replayed_location 83886080",
                        "patroni_xlog_replayed_timestamp 1795568399.0",
                        "patroni_xlog_paused 0",
                        "patroni_postgres_streaming 1",
                        "patroni_postgres_in_archive_recovery 0",
                        "patroni_postgres_server_version 150018",
                        "patroni_cluster_unlocked 0",
                        "patroni_failsafe_mode_is_active 0",
                        "patroni_failsafe_mode_enabled 0",
                        "patroni_failsafe_member 0",
                        "patroni_postgres_timeline 3",
                        "patroni_dcs_last_seen 1764032400",
                        "patroni_pending_restart 0",
                        "patroni_is_paused 0",
                        "patroni_postgres_state 5",
                        "patroni_failover_priority 1"),
                values(MetricsText.of(new Samples.Node().replica().picture(false))));
    }

    @Test
    void everySampleHasHelpAndType() {
        String text = MetricsText.of(new Samples.Node().picture(true));
        assertTrue(
                text.startsWith("# HELP patroni_version Patroni semver without periods.\n# TYPE patroni_version gauge\n"
                        + "patroni_version" + LABELS + "040104\n"),
                text);
        assertTrue(text.contains("# TYPE patroni_xlog_location counter\npatroni_xlog_location" + LABELS + "83886176\n"));
        assertTrue(text.contains("# HELP patroni_postgres_state Numeric representation of Postgres state.\n"
                + "# Values: 0=initdb, 1=initdb_failed, 2=custom_bootstrap, 3=custom_bootstrap_failed,"
                + " 4=creating_replica, 5=running, 6=starting, 7=bootstrap_starting, 8=start_failed, 9=restarting,"
                + " 10=restart_failed, 11=stopping, 12=stopped, 13=stop_failed, 14=crashed.\n"
                + "# TYPE patroni_postgres_state gauge\n"));
        assertTrue(text.endsWith("\n"));
    }

    @Test
    void aServerThatIsDown() {
        var node = new Samples.Node();
        node.snapshot = Optional.empty();
        String unknown = MetricsText.of(node.picture(true));
        assertTrue(unknown.contains("patroni_postgres_state" + LABELS + "-1\n"));
        assertTrue(unknown.contains("patroni_postmaster_start_time" + LABELS + "0\n"));
        assertFalse(unknown.contains("patroni_postgres_streaming"));
        node.state = PostgresState.STOPPED;
        assertTrue(MetricsText.of(node.picture(true)).contains("patroni_postgres_state" + LABELS + "12\n"));
    }
}

package io.matriarch.agent.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.agent.meters.Meters;
import io.matriarch.agent.meters.Meters.Work;
import io.matriarch.agent.node.FenceState;
import io.matriarch.agent.node.Findings;
import io.matriarch.agent.node.MemberPromises;
import io.matriarch.agent.rest.OwnFacts.ConnectionFacts;
import io.matriarch.model.PostgresState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MetricsTextTest {

    private static final String LABELS = "{scope=\"demo\",name=\"n1\"} ";

    /** Names and values in order. */
    private static List<String> values(String text) {
        return text.lines()
                .filter(l -> !l.startsWith("#"))
                .map(l -> l.replace(LABELS, " ").replace(LABELS.substring(0, LABELS.indexOf('}')) + ",", "{"))
                .toList();
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
                values(metrics(new Samples.Node().replica().picture(false))).stream()
                        .takeWhile(line -> !line.startsWith("patroni_cluster_leader"))
                        .toList());
    }

    @Test
    void whatIsOursComesBehindWhatOthersKnow() {
        assertEquals(
                List.of(
                        "patroni_cluster_leader 0",
                        "patroni_replication_lag 96",
                        "patroni_connections 3",
                        "matriarch_lease_margin_seconds 12.500",
                        "matriarch_lease_seconds 30.000",
                        "matriarch_member_lease_enabled 0",
                        "matriarch_member_lease_electors 0",
                        "matriarch_member_lease_promises_held 0",
                        "matriarch_member_lease_promise_given_seconds 0.000",
                        "matriarch_cycle_overdue_seconds 0.000",
                        "matriarch_store_view_age_seconds 0.000",
                        "matriarch_members 2",
                        "matriarch_sync_standbys 0",
                        "matriarch_sync_commits_waiting 0",
                        "matriarch_walsenders 0",
                        "matriarch_replication_slots 0",
                        "matriarch_replication_slots_inactive 0",
                        "matriarch_fence_state 2",
                        "matriarch_cycle_last_seconds 0.030",
                        "matriarch_cycle_seconds_sum 0.050",
                        "matriarch_cycle_seconds_count 2",
                        "matriarch_store_seconds_sum{request=\"read\",outcome=\"ok\"} 0.007",
                        "matriarch_store_seconds_count{request=\"read\",outcome=\"ok\"} 1",
                        "matriarch_store_seconds_sum{request=\"read\",outcome=\"failed\"} 0.000",
                        "matriarch_store_seconds_count{request=\"read\",outcome=\"failed\"} 0",
                        "matriarch_store_seconds_sum{request=\"write\",outcome=\"applied\"} 0.000",
                        "matriarch_store_seconds_count{request=\"write\",outcome=\"applied\"} 0",
                        "matriarch_store_seconds_sum{request=\"write\",outcome=\"refused\"} 0.000",
                        "matriarch_store_seconds_count{request=\"write\",outcome=\"refused\"} 0",
                        "matriarch_store_seconds_sum{request=\"write\",outcome=\"unknown\"} 3.000",
                        "matriarch_store_seconds_count{request=\"write\",outcome=\"unknown\"} 1",
                        "matriarch_peer_seconds_sum{outcome=\"answered\"} 0.000",
                        "matriarch_peer_seconds_count{outcome=\"answered\"} 0",
                        "matriarch_peer_seconds_sum{outcome=\"silent\"} 2.000",
                        "matriarch_peer_seconds_count{outcome=\"silent\"} 1",
                        "matriarch_api_silent_seconds 1.000",
                        "matriarch_api_connections 7",
                        "matriarch_api_evicted_total 8",
                        "matriarch_log_records_lost_total 0",
                        "matriarch_heap_used_bytes 1",
                        "matriarch_heap_limit_bytes 2",
                        "matriarch_resident_bytes 3",
                        "matriarch_threads 4",
                        "matriarch_open_files 5"),
                values(metrics(new Samples.Node().replica().picture(false))).stream()
                        .dropWhile(line -> !line.startsWith("patroni_cluster_leader"))
                        .toList());
        String primary = metrics(new Samples.Node().picture(true));
        assertTrue(primary.contains("patroni_cluster_leader" + LABELS + "1\n"), primary);
        assertTrue(primary.contains("patroni_replication_lag" + LABELS + "0\n"), primary);
        assertTrue(primary.contains("matriarch_sync_commits_waiting" + LABELS + "1\n"), primary);
    }

    @Test
    void promisesAreCounted() {
        var node = new Samples.Node();
        node.findings = new Findings(
                Optional.empty(),
                Optional.empty(),
                new MemberPromises(Set.of("n2", "n3"), Optional.of("n4"), Duration.ofMillis(1500)),
                List.of());
        String text = metrics(node.picture(true));
        assertTrue(text.contains("matriarch_member_lease_promises_held" + LABELS + "2\n"), text);
        assertTrue(text.contains("matriarch_member_lease_promise_given_seconds" + LABELS + "1.500\n"), text);
    }

    @Test
    void theProcessIsMeasured() {
        ProcessFacts now = ProcessFacts.now();
        assertTrue(now.heapUsed() > 0 && now.threads() > 0 && now.openFiles() > 0 && now.residentBytes() > 1_000_000);
    }

    private static String metrics(Picture picture) {
        var end = picture.now().plus(Duration.ofMillis(12_500));
        var meters = new Meters();
        meters.add(Work.CYCLE, Duration.ofMillis(20));
        meters.add(Work.CYCLE, Duration.ofMillis(30));
        meters.add(Work.STORE_READ_OK, Duration.ofMillis(7));
        meters.add(Work.STORE_WRITE_UNKNOWN, Duration.ofSeconds(3));
        meters.add(Work.PEER_SILENT, Duration.ofSeconds(2));
        return MetricsText.of(
                picture,
                new OwnFacts(
                        Optional.of(end),
                        FenceState.ARMED,
                        Duration.ofSeconds(1),
                        new ConnectionFacts(7, 8),
                        meters,
                        new ProcessFacts(1, 2, 3, 4, 5)));
    }

    @Test
    void everySampleHasHelpAndType() {
        String text = metrics(new Samples.Node().picture(true));
        assertTrue(
                text.startsWith("# HELP patroni_version Patroni semver without periods.\n# TYPE patroni_version gauge\n"
                        + "patroni_version" + LABELS + "040104\n"),
                text);
        assertTrue(
                text.contains("# TYPE patroni_xlog_location counter\npatroni_xlog_location" + LABELS + "83886176\n"));
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
        String unknown = metrics(node.picture(true));
        assertTrue(unknown.contains("patroni_postgres_state" + LABELS + "-1\n"));
        assertTrue(unknown.contains("patroni_postmaster_start_time" + LABELS + "0\n"));
        assertFalse(unknown.contains("patroni_postgres_streaming"));
        node.state = PostgresState.STOPPED;
        assertTrue(metrics(node.picture(true)).contains("patroni_postgres_state" + LABELS + "12\n"));
    }
}

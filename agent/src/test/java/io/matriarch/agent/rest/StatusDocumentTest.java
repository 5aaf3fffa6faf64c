package io.matriarch.agent.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.agent.meters.Meters.LogBacklog;
import io.matriarch.agent.node.Findings;
import io.matriarch.agent.node.MemberPromises;
import io.matriarch.agent.node.ScheduledRestart;
import io.matriarch.engine.Durability;
import io.matriarch.model.Json;
import io.matriarch.model.Lsn;
import io.matriarch.model.Revision;
import io.matriarch.model.Role;
import io.matriarch.model.SyncState;
import io.matriarch.model.Tags;
import io.matriarch.postgres.PendingRestart;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The whole document, byte for byte. */
class StatusDocumentTest {

    private static String document(Samples.Node node, boolean leader) {
        return Json.spaced(StatusDocument.of(node.picture(leader), LogBacklog.NONE));
    }

    @Test
    void primary() {
        assertEquals(
                "{\"state\": \"running\", \"postmaster_start_time\": \"2026-11-25 00:30:00.250000+00:00\","
                        + " \"role\": \"primary\", \"server_version\": 150018, \"xlog\": {\"location\": 83886176},"
                        + " \"timeline\": 3, \"replication\": [{\"usename\": \"replicator\","
                        + " \"application_name\": \"n2\", \"client_addr\": \"10.0.0.2\", \"state\": \"streaming\","
                        + " \"sync_state\": \"async\", \"sync_priority\": 0}], \"dcs_last_seen\": 1764032400,"
                        + " \"database_system_identifier\": \"7000000000000000001\","
                        + " \"patroni\": {\"version\": \"4.1.4\", \"scope\": \"demo\", \"name\": \"n1\"}}",
                document(new Samples.Node(), true));
    }

    @Test
    void synchronousReplicaWithEverythingThatCanBeSaid() {
        var node = new Samples.Node().replica();
        String config = "{\"pause\":true,\"synchronous_mode\":true}";
        node.view = Samples.view(config, new SyncState("n2", 0, List.of("n1"), new Revision(2)), 0);
        node.config(config);
        node.tags = new Tags(Samples.json("{\"clonefrom\":true}"));
        node.pendingRestart = List.of(new PendingRestart("max_connections", "100", "200"));
        node.scheduledRestart = new ScheduledRestart(
                OffsetDateTime.parse("2026-11-26T01:00:00+00:00"),
                Samples.json("{\"schedule\":\"2026-11-26T01:00:00+00:00\",\"role\":\"replica\"}"),
                "");
        node.failsafeActive = true;
        node.watchdogFailed = true;
        assertEquals(
                "{\"state\": \"running\", \"postmaster_start_time\": \"2026-11-25 00:30:00.250000+00:00\","
                        + " \"role\": \"replica\", \"server_version\": 150018,"
                        + " \"xlog\": {\"received_location\": 83886176, \"replayed_location\": 83886080,"
                        + " \"replayed_timestamp\": \"2026-11-25 00:59:59+00:00\", \"paused\": false},"
                        + " \"sync_standby\": true, \"timeline\": 3, \"replication_state\": \"streaming\","
                        + " \"pause\": true, \"failsafe_mode_is_active\": true, \"dcs_last_seen\": 1764032400,"
                        + " \"tags\": {\"clonefrom\": true}, \"database_system_identifier\": \"7000000000000000001\","
                        + " \"pending_restart\": true, \"pending_restart_reason\": {\"max_connections\":"
                        + " {\"old_value\": \"100\", \"new_value\": \"200\"}},"
                        + " \"patroni\": {\"version\": \"4.1.4\", \"scope\": \"demo\", \"name\": \"n1\"},"
                        + " \"scheduled_restart\": {\"schedule\": \"2026-11-26T01:00:00+00:00\","
                        + " \"role\": \"replica\"}, \"watchdog_failed\": true, \"lag\": 96}",
                document(node, false));
    }

    /** Votes compare both (seed 9214944): a new position on the timeline of the last cycle would be far ahead of everybody there. */
    @Test
    void theTimelineOfAReplicaIsAsNewAsItsPosition() {
        var node = new Samples.Node().replica();
        node.snapshot = node.snapshot.map(last -> last.withTimeline(4));

        assertTrue(document(node, false).contains("\"timeline\": 4"));
    }

    @Test
    void whatItSaysOfItsPromises() {
        var node = new Samples.Node();
        node.findings = new Findings(
                Optional.of("waits for n2"),
                Optional.of(new Durability(
                        Durability.Promise.NOT_PROVEN, "not proven. So.", new Lsn(0x3E8), new Lsn(0x3F2))),
                new MemberPromises(Set.of("n3", "n2"), Optional.empty(), Duration.ZERO),
                List.of());
        assertEquals(
                "\"post_crash_gate\": \"waits for n2\", \"member_lease\": \"[n2, n3] promised not to follow this"
                        + " leader\", \"durability\": {\"promise\": \"not proven\", \"statement\": \"not proven. So.\","
                        + " \"at_risk\": {\"from\": \"0/3E8\", \"to\": \"0/3F2\"}}}",
                document(node, true)
                        .substring(document(new Samples.Node(), true).length() + 1));
    }

    @Test
    void serverThatDoesNotAnswer() {
        var node = new Samples.Node();
        node.role = Role.DEMOTED;
        node.snapshot = Optional.empty();
        node.viewReadAt = null;
        assertEquals(
                "{\"state\": \"unknown\", \"role\": \"demoted\", \"cluster_unlocked\": true,"
                        + " \"dcs_last_seen\": 1764032400, \"database_system_identifier\": \"7000000000000000001\","
                        + " \"patroni\": {\"version\": \"4.1.4\", \"scope\": \"demo\", \"name\": \"n1\"}}",
                document(node, false));
    }

    @Test
    void replicaThatOnlyReplaysCountsItsReplayAsReceived() {
        var node = new Samples.Node().replica();
        node.snapshot = Optional.of(Samples.replica(null, 0, 0x5000000));
        var xlog = StatusDocument.of(node.picture(false), LogBacklog.NONE).getAsJsonObject("xlog");
        assertEquals(0x5000000, xlog.get("received_location").getAsLong());
    }

    @Test
    void aLogThatIsBehindIsTold() {
        var picture = new Samples.Node().picture(true);
        JsonObject behind = StatusDocument.of(picture, new LogBacklog(3, 0));
        assertEquals(3, behind.get("logger_queue_size").getAsInt());
        assertFalse(behind.has("logger_records_lost"));
        JsonObject losing = StatusDocument.of(picture, new LogBacklog(1000, 7));
        assertEquals(7, losing.get("logger_records_lost").getAsInt());
        assertFalse(StatusDocument.of(picture, new LogBacklog(2, 7)).has("logger_queue_size"));
    }
}

package io.matriarch.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The values of the keys in the store (contract dcs-etcd3.md 1). */
class StoredValuesTest {

    private static final Revision SEVEN = new Revision(7);

    // ---- members

    @Test
    void a_member_publishes_its_addresses_and_positions() {
        Member member = Member.parse("pg0", """
            {"conn_url":"postgres://10.0.0.1:5432/postgres","api_url":"http://10.0.0.1:8008/patroni",\
            "state":"running","role":"primary","version":"4.1.4","checkpoint_after_promote":false,\
            "tags":{"nosync":true},"xlog_location":67108960,"timeline":1,"pause":true}\
            """);

        assertEquals("pg0", member.name());
        assertEquals(new ConnUrl("10.0.0.1", 5432, "postgres"), member.address());
        assertTrue(member.isRunning());
        assertEquals(Optional.of(Role.PRIMARY), member.role());
        assertEquals(new Lsn(67108960), member.position());
        assertEquals(1, member.timeline());
        assertFalse(member.checkpointConfirmed());
        assertTrue(member.tags().nosync());
        assertTrue(member.pause());
    }

    @Test
    void a_member_without_data_is_still_a_member() {
        Member member = Member.parse("pg0", "not json");

        assertEquals("unknown", member.state());
        assertEquals(Optional.empty(), member.role());
        assertEquals(Lsn.NONE, member.position());
        assertEquals(0, member.timeline());
        assertTrue(member.checkpointConfirmed());
        assertNull(member.address());
    }

    @Test
    void the_ancient_form_of_a_member_is_a_url() {
        Member member = Member.parse("old", "postgres://a:5433/postgres?application_name=http://a:8008/patroni&x=1");

        assertEquals(Optional.of("postgres://a:5433/postgres"), member.connUrl());
        assertEquals(Optional.of("http://a:8008/patroni"), member.apiUrl());
        assertEquals(Optional.of(Role.PRIMARY), Role.parse("master"));
    }

    @Test
    void addresses_may_be_ipv6_and_leave_out_the_port() {
        assertEquals(Optional.of(new ConnUrl("fe80::1", 6000, null)), ConnUrl.parse("postgres://[FE80::1]:6000"));
        assertEquals(Optional.of(new ConnUrl("host", 5432, "db")), ConnUrl.parse("postgres://Host/db"));
        assertEquals(Optional.empty(), ConnUrl.parse("nonsense"));
    }

    // ---- sync

    @Test
    void a_sync_state_is_written_as_it_is_read() {
        String value = "{\"leader\":\"a\",\"quorum\":1,\"sync_standby\":\"b,c\"}";
        SyncState state = SyncState.parse(value, SEVEN);

        assertEquals(new SyncState("a", 1, List.of("c", "b"), SEVEN), state);
        assertEquals(value, state.toJson());
        assertEquals("{\"leader\":null,\"quorum\":0,\"sync_standby\":null}", SyncState.EMPTY.toJson());
    }

    @Test
    void names_in_a_sync_state_have_no_case() {
        SyncState state = SyncState.parse("{\"leader\":\"A\",\"sync_standby\":\"B,c\"}", SEVEN);

        assertTrue(state.isVoter("b"));
        assertFalse(state.isVoter("a"));
        assertTrue(state.isMember("a"));
        assertTrue(state.isLeader("a"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "null", "[]", "{}", "{\"leader\":null,\"sync_standby\":\"b\"}", "{\"leader\":\"\"}"})
    void a_sync_state_without_leader_is_empty(String value) {
        SyncState state = SyncState.parse(value, SEVEN);

        assertTrue(state.isEmpty());
        assertEquals(List.of(), state.voters());
        assertEquals(SEVEN, state.revision());
    }

    // ---- history

    @Test
    void a_history_keeps_what_its_entries_have() {
        String value = "[[1,25623960,\"no recovery target specified\"],"
                + "[2,25624344,\"x\",\"2026-11-23T23:24:40.319+01:00\"],"
                + "[3,25624648,\"y\",\"2026-11-23T23:25:40+01:00\",\"pg1\"]]";
        History history = History.parse(value);

        assertEquals(4, history.clusterTimeline());
        assertEquals(new Lsn(25623960), history.entries().getFirst().switchPoint());
        assertNull(history.entries().getFirst().timestamp());
        assertEquals("pg1", history.entries().getLast().leader());
        assertEquals(value, history.toJson());
    }

    @Test
    void an_empty_history_is_timeline_one_and_garbage_is_none() {
        assertEquals(1, History.parse("[]").clusterTimeline());
        assertEquals("[]", History.parse("[]").toJson());
        assertEquals(0, History.parse("").clusterTimeline());
        assertEquals(0, History.parse("{}").clusterTimeline());
        assertEquals(0, History.parse("[[\"x\"]]").clusterTimeline());
        assertEquals(0, History.UNKNOWN.clusterTimeline());
    }

    // ---- failover

    @Test
    void a_request_is_written_in_the_order_of_the_contract() {
        String value = "{\"leader\":\"a\",\"member\":\"b\",\"scheduled_at\":\"2026-11-23T23:24:40+00:00\"}";
        FailoverRequest request = FailoverRequest.parse(value, SEVEN).orElseThrow();

        assertEquals("switchover", request.action());
        assertEquals(value, request.toJson());
        assertEquals(
                "manual failover",
                FailoverRequest.parse("{\"member\":\"b\"}", SEVEN).orElseThrow().action());
    }

    @Test
    void the_old_form_of_a_request_is_two_names() {
        assertEquals(Optional.of(new FailoverRequest("a", "b", null, SEVEN)), FailoverRequest.parse("a:b", SEVEN));
        assertEquals(Optional.of(new FailoverRequest(null, "b", null, SEVEN)), FailoverRequest.parse(":b", SEVEN));
        assertEquals(Optional.of(new FailoverRequest("a", null, null, SEVEN)), FailoverRequest.parse("a:", SEVEN));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "{}", "{\"scheduled_at\":\"2026-11-23T23:24:40Z\"}", "{\"leader\":\"\"}", ":", "a", "{\"a\":"
            })
    void nobody_named_is_no_request(String value) {
        assertEquals(Optional.empty(), FailoverRequest.parse(value, SEVEN));
    }

    // ---- status

    @Test
    void a_status_is_written_as_it_is_read() {
        String value = "{\"optime\":67108960,\"slots\":{\"pg0\":67108960,\"ls\":5},\"retain_slots\":[\"pg0\"]}";
        ClusterStatus status = ClusterStatus.parse(value);

        assertEquals(new Lsn(67108960), status.optime());
        assertEquals(Map.of("pg0", new Lsn(67108960), "ls", new Lsn(5)), status.slots());
        assertEquals(List.of("pg0"), status.retainSlots());
        assertEquals(value, status.toJson());
        assertEquals(
                "{\"optime\":5}", ClusterStatus.EMPTY.withOptime(new Lsn(5)).toJson());
    }

    @Test
    void a_status_may_be_old_or_garbage() {
        assertEquals(new Lsn(123), ClusterStatus.parse("123").optime());
        assertEquals(ClusterStatus.EMPTY, ClusterStatus.parse("garbage"));
        assertEquals(ClusterStatus.EMPTY, ClusterStatus.parse(""));
        ClusterStatus embedded =
                ClusterStatus.parse("{\"optime\":1,\"slots\":\"{\\\"a\\\":2}\",\"retain_slots\":\"[\\\"b\\\"]\"}");
        assertEquals(Map.of("a", new Lsn(2)), embedded.slots());
        assertEquals(List.of("b"), embedded.retainSlots());
    }

    // ---- config

    @Test
    void a_config_that_is_no_object_is_invalid_and_empty() {
        assertTrue(ConfigKey.parse("{\"ttl\":30}", SEVEN).hasContent());
        assertFalse(ConfigKey.parse("{}", SEVEN).hasContent());
        assertTrue(ConfigKey.parse("{}", SEVEN).valid());
        assertFalse(ConfigKey.parse("[]", SEVEN).valid());
        assertEquals(DynamicConfig.EMPTY, ConfigKey.parse("", SEVEN).config());
    }

    // ---- paths, positions

    @Test
    void slashes_of_a_path_collapse() {
        assertEquals("/service/batman", ClusterPath.of("/service/", "batman").base());
        assertEquals("/a/b/batman/members/pg0", ClusterPath.of("a//b", "batman").member("pg0"));
    }

    @Test
    void a_position_has_two_forms_and_no_sign() {
        assertEquals(Optional.of(new Lsn(0x1_0400_0060L)), Lsn.parse("1/4000060"));
        assertEquals("1/4000060", new Lsn(0x1_0400_0060L).toString());
        assertEquals("FFFFFFFF/FFFFFFFF", new Lsn(-1).toString());
        assertTrue(new Lsn(-1).isAfter(new Lsn(Long.MAX_VALUE)));
        for (String bad : new String[] {"", "/", "1/", "/1", "x/1", "1/100000000", "-1/1"}) {
            assertEquals(Optional.empty(), Lsn.parse(bad), bad);
        }
    }

    // ---- the view

    @Test
    void a_view_knows_who_leads() {
        Member pg0 = Member.parse("pg0", "{\"role\":\"primary\"}");
        Member pg1 = Member.parse("pg1", "{\"role\":\"replica\"}");
        var view = new ClusterView(
                "7000000000000000001",
                null,
                new LeaderKey("pg0", false, SEVEN),
                ClusterStatus.EMPTY,
                Map.of("pg1", pg1, "pg0", pg0),
                null,
                SyncState.EMPTY,
                History.UNKNOWN,
                null,
                ReservedTimeline.NONE,
                Electorate.NONE);

        assertEquals(List.of("pg0", "pg1"), List.copyOf(view.members().keySet()));
        assertEquals(Optional.of(pg0), view.leaderMember());
        assertEquals(List.of(pg1), view.membersExcept("pg0"));
        assertTrue(view.isLeader("pg0"));
        assertFalse(view.isUnlocked());
        assertTrue(view.hasValidInitialize());

        ClusterView unlocked = view.withLeader(null);
        assertTrue(unlocked.isUnlocked());
        assertNull(unlocked.leaderName());
        assertEquals(Optional.empty(), unlocked.leaderMember());
        assertTrue(view.withLeader(new LeaderKey("", false, SEVEN)).isUnlocked());
        assertFalse(ClusterView.EMPTY.hasValidInitialize());
    }
}

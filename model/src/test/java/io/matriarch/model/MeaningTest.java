package io.matriarch.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.google.gson.JsonObject;
import io.matriarch.model.DynamicConfig.SynchronousMode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What tags, dynamic configuration and the answers of peers mean (contract config.md 2.10, 3.2; rest-api.md 3). */
class MeaningTest {

    private static JsonObject yaml(String text) throws YamlSyntaxException {
        return YamlReader.parse(text).getAsJsonObject();
    }

    private static DynamicConfig dynamic(String text) throws YamlSyntaxException {
        return new DynamicConfig(yaml(text));
    }

    // ---- tags

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|false|1",
                "{nofailover: true}|true|1",
                "{nofailover: 'false'}|true|1",
                "{nofailover: '0'}|true|1",
                "{nofailover: ''}|false|1",
                "{nofailover: 0}|false|1",
                "{nofailover: null}|false|1",
                "{nofailover: []}|false|1",
                "{failover_priority: 0}|true|0",
                "{failover_priority: -1}|true|-1",
                "{failover_priority: '5'}|false|5",
                "{failover_priority: high}|false|1",
                "{nofailover: false, failover_priority: 0}|false|0",
                "{nofailover: true, failover_priority: 2}|true|2",
            })
    void nofailover_goes_before_the_priority(String tags, boolean excluded, int priority) throws Exception {
        assertEquals(excluded, new Tags(yaml(tags)).nofailover());
        assertEquals(priority, new Tags(yaml(tags)).failoverPriority());
        String analogous = tags.replace("nofailover", "nosync").replace("failover_priority", "sync_priority");
        assertEquals(excluded, new Tags(yaml(analogous)).nosync());
        assertEquals(priority, new Tags(yaml(analogous)).syncPriority());
    }

    @Test
    void only_nostream_is_lenient() throws Exception {
        assertEquals(false, new Tags(yaml("{nostream: 'false'}")).nostream());
        assertEquals(true, new Tags(yaml("{nostream: 'yes'}")).nostream());
        assertEquals(false, new Tags(yaml("{nostream: perhaps}")).nostream());
        assertEquals(true, new Tags(yaml("{clonefrom: 'false'}")).clonefrom());
        assertEquals(true, new Tags(yaml("{noloadbalance: 'no'}")).noloadbalance());
        assertEquals(Optional.of("pg1"), new Tags(yaml("{replicatefrom: pg1}")).replicatefrom());
        assertEquals(Optional.empty(), new Tags(yaml("{replicatefrom: ''}")).replicatefrom());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{clonefrom: false, nofailover: false, noloadbalance: false, nosync: false, nostream: false}|{}",
                "{nofailover: false, failover_priority: 1}|{\"nofailover\":false,\"failover_priority\":1}",
                "{nosync: false, sync_priority: 0}|{\"nosync\":false,\"sync_priority\":0}",
                "{z: '1', nosync: true, a: [1], m: {x:"
                        + " null}}|{\"z\":\"1\",\"nosync\":true,\"a\":[1],\"m\":{\"x\":null}}",
            })
    void false_flags_are_not_published(String configured, String published) throws Exception {
        assertEquals(published, Json.compact(Tags.configured(yaml(configured)).values()));
    }

    @Test
    void contradictions_are_named() throws Exception {
        assertEquals(
                List.of(
                        "Conflicting configuration between nofailover: True and failover_priority: 1."
                                + " Defaulting to nofailover: True",
                        "Conflicting configuration between nosync: False and sync_priority: 0."
                                + " Defaulting to nosync: False"),
                new Tags(yaml("{nofailover: true, failover_priority: 1, nosync: false, sync_priority: 0}"))
                        .contradictions());
        assertEquals(
                List.of(),
                new Tags(yaml("{nofailover: true, failover_priority: 0, nosync: false, sync_priority: 3}"))
                        .contradictions());
        assertEquals(List.of(), new Tags(yaml("{failover_priority: 0}")).contradictions());
    }

    // ---- dynamic configuration

    @Test
    void defaults_are_those_of_the_contract() {
        DynamicConfig config = DynamicConfig.EMPTY;

        assertEquals(1_048_576, config.maximumLagOnFailover());
        assertEquals(Optional.empty(), config.maximumLagOnSyncnode());
        assertEquals(Duration.ofSeconds(300), config.primaryStartTimeout());
        assertEquals(Duration.ZERO, config.primaryStopTimeout());
        assertEquals(Duration.ofMinutes(30), config.memberSlotsTtl());
        assertEquals(1, config.synchronousNodeCount());
        assertEquals(SynchronousMode.OFF, config.synchronousMode());
        assertEquals(true, config.useSlots());
        assertEquals(false, config.isPaused());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{synchronous_mode: true}|PRIORITY",
                "{synchronous_mode: 'on'}|PRIORITY",
                "{synchronous_mode: Quorum}|QUORUM",
                "{synchronous_mode: perhaps}|OFF",
                "{synchronous_mode: quorum, standby_cluster: {host: a}}|OFF",
                "{synchronous_mode: quorum, standby_cluster: {host: ''}}|QUORUM",
                "{synchronous_mode: quorum, standby_cluster: {create_replica_methods: [x]}}|QUORUM",
                "{synchronous_mode: true, standby_cluster: {restore_command: cp}}|OFF",
                "{synchronous_mode: true, standby_cluster: null}|PRIORITY",
            })
    void a_standby_cluster_is_never_synchronous(String document, SynchronousMode expected) throws Exception {
        assertEquals(expected, dynamic(document).synchronousMode());
    }

    @Test
    void old_names_count_while_the_new_ones_are_absent() throws Exception {
        assertEquals(Duration.ofSeconds(7), dynamic("master_start_timeout: 7").primaryStartTimeout());
        assertEquals(
                Duration.ofSeconds(5),
                dynamic("{master_start_timeout: 7, primary_start_timeout: 5}").primaryStartTimeout());
        assertEquals(
                "{\"b\":{}}",
                Json.compact(dynamic("{permanent_slots: {}, slots: {b: {}}}").permanentSlots()));
        assertEquals(
                "{\"a\":{}}",
                Json.compact(
                        dynamic("{permanent_slots: {a: {}}, slots: {b: {}}}").permanentSlots()));
    }

    @Test
    void units_and_limits_hold() throws Exception {
        assertEquals(Duration.ofHours(1), dynamic("member_slots_ttl: 1h").memberSlotsTtl());
        assertEquals(Optional.empty(), dynamic("maximum_lag_on_syncnode: -1").maximumLagOnSyncnode());
        assertEquals(Optional.of(5L), dynamic("maximum_lag_on_syncnode: 5").maximumLagOnSyncnode());
        assertEquals(0, dynamic("synchronous_node_count: 0").synchronousNodeCount());
        assertEquals(
                1,
                dynamic("{synchronous_node_count: 0, synchronous_mode_strict: true}")
                        .synchronousNodeCount());
        assertEquals(false, dynamic("postgresql: {use_slots: perhaps}").useSlots());
    }

    // ---- peers

    @Test
    void a_replica_answers_with_the_furthest_of_its_positions() throws Exception {
        PeerStatus answer = PeerStatus.parse("pg1", """
            {"state":"running","role":"replica","timeline":3,"watchdog_failed":true,"tags":{"nofailover":true},
             "xlog":{"received_location":50331968,"replayed_location":50331960}}\
            """);

        assertEquals(
                new PeerStatus.Reachable(
                        "pg1", false, new Lsn(50331968), 3, new Tags(yaml("{nofailover: true}")), true),
                answer);
    }

    @Test
    void a_primary_answers_with_its_location() {
        PeerStatus answer = PeerStatus.parse("pg0", "{\"role\":\"master\",\"xlog\":{\"location\":5},\"timeline\":2}");

        assertEquals(new PeerStatus.Reachable("pg0", true, new Lsn(5), 2, Tags.NONE, false), answer);
    }

    @Test
    void an_answer_without_a_position_is_none() {
        assertInstanceOf(PeerStatus.Unreachable.class, PeerStatus.parse("pg0", "{\"state\":\"starting\"}"));
        assertInstanceOf(PeerStatus.Unreachable.class, PeerStatus.parse("pg0", "<html>"));
    }
}

package io.matriarch.ctl.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.Json;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** When the tour believes that the cluster is whole. */
class ClusterPictureTest {

    private static final String LEADER = "{'name': 'node1', 'role': 'leader', 'state': 'running', 'timeline': 2}";
    private static final String SYNC =
            "{'name': 'node2', 'role': 'sync_standby', 'state': 'streaming', 'timeline': 2, 'lag': 0}";
    private static final String REPLICA =
            "{'name': 'node3', 'role': 'replica', 'state': 'streaming', 'timeline': 2, 'lag': 20480}";

    @Test
    void isWholeWhenAllStreamOnOneTimelineAndOneConfirms() {
        ClusterPicture picture = read(LEADER, SYNC, REPLICA);

        assertTrue(picture.isWhole(3));
        assertEquals(Optional.of("node1"), picture.leader());
    }

    @Test
    void isNotWholeWithoutASynchronousStandby() {
        assertFalse(
                read(LEADER, SYNC.replace("sync_standby", "replica"), REPLICA).isWhole(3));
    }

    @Test
    void isNotWholeWhileAMemberIsMissingOrOnAnotherTimelineOrNotStreaming() {
        assertFalse(read(LEADER, SYNC).isWhole(3));
        assertFalse(read(LEADER, SYNC, REPLICA.replace("'timeline': 2", "'timeline': 1"))
                .isWhole(3));
        assertFalse(read(LEADER, SYNC, REPLICA.replace("streaming", "starting")).isWhole(3));
    }

    @Test
    void hasNoLeaderUntilTheOwnerOfTheLockRuns() {
        assertEquals(
                Optional.empty(),
                read(LEADER.replace("running", "starting"), SYNC, REPLICA).leader());
    }

    @Test
    void showsLagInUnitsThatPeopleRead() {
        ClusterPicture picture = read(LEADER, SYNC, REPLICA.replace("20480", "'unknown'"));

        assertEquals("", picture.members().get("node1").lag());
        assertEquals("0 B", picture.members().get("node2").lag());
        assertEquals("unknown", picture.members().get("node3").lag());
        assertEquals("20 kB", read(REPLICA).members().get("node3").lag());
    }

    private static ClusterPicture read(String... members) {
        String text = "{\"members\": [" + String.join(", ", members).replace('\'', '"') + "]}";
        return ClusterPicture.read(Json.parseObject(text).orElseThrow());
    }
}

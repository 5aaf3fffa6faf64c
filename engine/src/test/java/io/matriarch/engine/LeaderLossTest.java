package io.matriarch.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.engine.LeaderLoss.Prospect;
import io.matriarch.model.ClusterStatus;
import io.matriarch.model.ClusterView;
import io.matriarch.model.ConfigKey;
import io.matriarch.model.Electorate;
import io.matriarch.model.History;
import io.matriarch.model.LeaderKey;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.ReservedTimeline;
import io.matriarch.model.Revision;
import io.matriarch.model.SyncState;
import io.matriarch.model.Timing;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The forecast says what the race would say: n0 leads at 1000, n1 and n2 follow. */
class LeaderLossTest {

    private final Map<String, Member> members = new TreeMap<>();
    private String config = "{}";
    private SyncState sync = SyncState.EMPTY;
    private @Nullable LeaderKey leader = new LeaderKey("n0", true, new Revision(1));

    LeaderLossTest() {
        member("n0", "primary", "running", 1000, "{}");
        member("n1", "replica", "running", 1000, "{}");
        member("n2", "replica", "running", 1000, "{}");
    }

    private void member(String name, String role, String state, long position, String tags) {
        members.put(name, Member.parse(name, """
            {"conn_url":"postgres://h:5432/postgres","api_url":"http://%s:8008/patroni","state":"%s",\
            "role":"%s","xlog_location":%d,"timeline":1,"replication_state":"streaming","tags":%s}\
            """.formatted(name, state, role, position, tags)));
    }

    private Map<String, Prospect> foresee() {
        var view = new ClusterView(
                Given.SYSTEM,
                ConfigKey.parse(config, new Revision(2)),
                leader,
                new ClusterStatus(new Lsn(1000), Map.of(), List.of()),
                members,
                null,
                sync,
                new History(List.of(), true),
                null,
                ReservedTimeline.NONE,
                Electorate.NONE);
        return LeaderLoss.foresee(view, view.dynamicConfig(), Timing.DEFAULT, new MonotonicTime(0), Instant.EPOCH)
                .stream()
                .collect(Collectors.toMap(Prospect::member, p -> p));
    }

    private List<String> takers() {
        return foresee().values().stream()
                .filter(Prospect::takesOver)
                .map(Prospect::member)
                .sorted()
                .toList();
    }

    private String why(String member) {
        return foresee().get(member).reasons().stream().map(Reason::text).collect(Collectors.joining("; "));
    }

    @Test
    void equalMembersBothAskForTheLock() {
        assertEquals(List.of("n1", "n2"), takers());
    }

    @Test
    void theOneBehindSaysWhoIsAhead() {
        member("n2", "replica", "running", 900, "{}");
        assertEquals(List.of("n1"), takers());
        assertEquals("Wal position of n1 is ahead of my wal position", why("n2"));
        assertEquals(Rule.NO_RACE, foresee().get("n2").rule());
    }

    @Test
    void onlyTheSynchronousSetMayLead() {
        config = "{\"synchronous_mode\":true}";
        sync = new SyncState("n0", 0, List.of("n2"), new Revision(3));
        assertEquals(List.of("n2"), takers());
        assertTrue(why("n1").contains("n1 is not in the synchronous set"), why("n1"));
    }

    @Test
    void nobodyTakesOverInPause() {
        config = "{\"pause\":true}";
        assertEquals(List.of(), takers());
    }

    @Test
    void tagsAndStoppedServersCount() {
        member("n1", "replica", "running", 1000, "{\"nofailover\":true}");
        member("n2", "replica", "stopped", 1000, "{}");
        assertEquals(List.of(), takers());
        assertTrue(
                foresee().get("n1").result().contains("not allowed to promote"),
                foresee().get("n1").result());
        assertEquals(Rule.NOT_RUNNING, foresee().get("n2").rule());
    }

    @Test
    void aMemberTooFarBehindMayNotLead() {
        config = "{\"maximum_lag_on_failover\":50}";
        member("n1", "replica", "running", 900, "{}");
        member("n2", "replica", "running", 900, "{}");
        assertEquals(List.of(), takers());
        assertEquals("My wal position exceeds maximum replication lag", why("n1"));
    }

    @Test
    void withoutLeaderAllMembersAreAsked() {
        leader = null;
        member("n0", "replica", "running", 1000, "{}");
        assertEquals(List.of("n0", "n1", "n2"), takers());
    }
}

package io.matriarch.engine.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.Revision;
import io.matriarch.model.SyncState;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Who counts (contract replication.md 1.2). The primary is n0, at 1000. */
class StandbysTest {

    private final List<Member> members = new ArrayList<>();
    private final List<Walsender> senders = new ArrayList<>();
    private List<String> voters = List.of();
    private String config = "{\"synchronous_mode\":\"quorum\"}";

    private StandbysTest member(String name, String tags) {
        members.add(Member.parse(
                name,
                "{\"conn_url\":\"postgres://10.0.0." + name.charAt(1)
                        + ":5432/postgres\",\"state\":\"running\",\"tags\":" + tags + "}"));
        return this;
    }

    private StandbysTest sender(String name, String address, String slot, String syncState, long position) {
        Lsn at = new Lsn(position);
        senders.add(new Walsender(
                senders.size() + 100L,
                name,
                address,
                slot.isEmpty() ? null : slot,
                "streaming",
                syncState,
                at,
                at,
                at,
                at));
        return this;
    }

    /** A member that streams as it should. */
    private StandbysTest standby(String name, String tags, String syncState, long position) {
        return member(name, tags).sender(name, "10.0.0." + name.charAt(1), name, syncState, position);
    }

    /** Streams, and says that it has more than it was sent. */
    private StandbysTest ahead(String name, String syncState) {
        member(name, "{}");
        Lsn more = new Lsn(2000);
        senders.add(new Walsender(
                200, name, "10.0.0." + name.charAt(1), name, "streaming", syncState, new Lsn(1000), more, more, more));
        return this;
    }

    private StandbysTest voting(String... names) {
        voters = List.of(names);
        return this;
    }

    private StandbysTest config(String json) {
        config = json;
        return this;
    }

    private Standbys chosen(String parameter, String... caughtUp) {
        return Standbys.choose(
                "n0",
                members,
                new DynamicConfig(Json.parseObject(config).orElseThrow()),
                new SyncState("n0", 0, voters, Revision.NONE),
                senders,
                StandbyNames.parse(parameter).orElseThrow(),
                "on",
                Set.of(caughtUp),
                new Lsn(1000));
    }

    private static StandbysTest given() {
        return new StandbysTest();
    }

    @Test
    void quorumModeTakesEverybodyAndPriorityModeTheBest() {
        StandbysTest three = given().standby("n1", "{}", "async", 900)
                .standby("n2", "{}", "async", 1000)
                .standby("n3", "{\"sync_priority\":5}", "async", 800);

        assertEquals(List.of("n3", "n2", "n1"), three.chosen("").active());
        assertEquals(
                List.of("n3"),
                three.config("{\"synchronous_mode\":true}").chosen("").active());
        assertEquals(
                List.of("n3", "n2"),
                three.config("{\"synchronous_mode\":true,\"synchronous_node_count\":2}")
                        .chosen("")
                        .active());
    }

    @Test
    void whoHasMoreThanItWasSentIsNotTaken() {
        StandbysTest two = given().standby("n1", "{}", "async", 1000).ahead("n2", "async");
        assertEquals(List.of("n1"), two.chosen("").active());
    }

    @Test
    void inPriorityModeAVoterIsConfirmedWhileEveryCommitIsHeld() {
        StandbysTest held = given().config("{\"synchronous_mode\":true}").standby("n1", "{}", "async", 500);
        assertEquals(Set.of(), held.chosen(SyncState.NOBODY).confirmed());
        assertEquals(Set.of("n1"), held.voting("n1").chosen(SyncState.NOBODY).confirmed());
    }

    @Test
    void nosyncIsNeverTakenAndNofailoverOnlyToReachTheNumber() {
        StandbysTest two = given().standby("n1", "{\"nosync\":true}", "async", 1000)
                .standby("n2", "{\"nofailover\":true}", "async", 1000);
        assertEquals(List.of("n2"), two.chosen("").active());

        two.standby("n3", "{}", "async", 10);
        assertEquals(List.of("n3"), two.chosen("").active());
    }

    @Test
    void whoBelongsBehindAnotherIsNotTakenWhenTheHeadOfItsChainIsConnected() {
        StandbysTest chain = given().standby("n1", "{}", "async", 1000)
                .member("n2", "{\"replicatefrom\":\"n1\"}")
                .standby("n3", "{\"replicatefrom\":\"n2\"}", "async", 1000);
        assertEquals(List.of("n1"), chain.chosen("").active());

        StandbysTest headless = given().member("n1", "{}")
                .member("n2", "{\"replicatefrom\":\"n1\"}")
                .standby("n3", "{\"replicatefrom\":\"n2\"}", "async", 1000);
        assertEquals(List.of("n3"), headless.chosen("").active());

        StandbysTest behindUs = given().standby("n1", "{\"replicatefrom\":\"n0\"}", "async", 1000)
                .standby("n2", "{\"replicatefrom\":\"n1\"}", "async", 1000)
                .standby("n3", "{\"replicatefrom\":\"gone\"}", "async", 1000);
        assertEquals(List.of("n1", "n3"), behindUs.chosen("").active());

        StandbysTest circle = given().standby("n1", "{\"replicatefrom\":\"n2\"}", "async", 1000)
                .standby("n2", "{\"replicatefrom\":\"n1\"}", "async", 1000);
        assertEquals(List.of("n1", "n2"), circle.chosen("").active());
    }

    @Test
    void whoLagsTooFarBehindTheBestIsNotTaken() {
        StandbysTest two = given().config("{\"synchronous_mode\":\"quorum\",\"maximum_lag_on_syncnode\":50}")
                .standby("n1", "{}", "async", 900)
                .standby("n2", "{}", "async", 920);
        assertEquals(List.of("n2", "n1"), two.chosen("").active());

        two.standby("n3", "{}", "async", 960);
        assertEquals(List.of("n3", "n2"), two.chosen("").active());
    }

    @Test
    void confirmedIsWhoIsListedIsWaitedForAndHasCaughtUp() {
        StandbysTest three = given().standby("n1", "{}", "quorum", 1000)
                .standby("n2", "{}", "async", 1000)
                .standby("n3", "{}", "quorum", 1000);

        assertEquals(Set.of("n1"), three.chosen("ANY 1 (n1,n2,n3)", "n1", "n2").confirmed());
        assertEquals(Set.of(), three.chosen("ANY 1 (n2)", "n1", "n2").confirmed());
    }

    static Stream<Arguments> walsenders() {
        return Stream.of(
                arguments("its own slot, from anywhere", "172.17.0.1", "n1", true, List.of("n1")),
                arguments("no slot, its address", "10.0.0.1", "", true, List.of("n1")),
                arguments("no slot, another address", "10.0.0.9", "", true, List.of()),
                arguments("another slot", "10.0.0.1", "backup", true, List.of()),
                arguments("another slot where slots are not managed", "10.0.0.1", "backup", false, List.of("n1")),
                arguments("another address where slots are not managed", "10.0.0.9", "", false, List.of()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("walsenders")
    void aStrangerUnderAMembersNameIsNotCounted(
            String what, String address, String slot, boolean useSlots, List<String> active) {
        Standbys chosen = given().config(
                        "{\"synchronous_mode\":\"quorum\",\"postgresql\":{\"use_slots\":" + useSlots + "}}")
                .member("n1", "{}")
                .sender("n1", address, slot, "async", 1000)
                .chosen("");

        assertEquals(active, chosen.active());
        assertEquals(active.isEmpty() ? 1 : 0, chosen.strangers().size());
    }

    /** PostgreSQL would take the stranger's word for the member's. */
    @Test
    void aMemberIsNotWaitedForWhileAStrangerUsesItsName() {
        Standbys chosen = given().standby("n1", "{}", "quorum", 1000)
                .sender("n1", "10.0.0.1", "", "quorum", 1000)
                .standby("n2", "{}", "quorum", 1000)
                .chosen("ANY 1 (n1,n2)");

        assertEquals(List.of("n2"), chosen.active());
        assertEquals(
                List.of(new Standbys.Stranger("n1", 101, "the member streams through its slot, this does not")),
                chosen.strangers());
    }

    /** Its host lost power while it asked for the next timeline, and came back over another one (seed 8034796). */
    @Test
    void aMemberIsWaitedForAlthoughAnEarlierConnectionOfItsWaitsForACommand() {
        StandbysTest given = given().standby("n1", "{}", "async", 1000);
        given.senders.add(
                new Walsender(200, "n1", "10.0.0.1", null, "startup", "async", Lsn.NONE, Lsn.NONE, Lsn.NONE, Lsn.NONE));

        Standbys chosen = given.chosen("");

        assertEquals(List.of("n1"), chosen.active());
        assertEquals(List.of(), chosen.strangers());
    }

    @Test
    void aMemberThatIsToStreamFromAnotherStandbyIsConnectedForTheMomentOnly() {
        String cascading = "{\"replicatefrom\":\"n1\"}";
        assertEquals(
                List.of("n1"),
                given().standby("n1", "{}", "async", 900)
                        .standby("n2", cascading, "async", 1000)
                        .chosen("")
                        .active());
        assertEquals(
                List.of("n2"),
                given().standby("n2", cascading, "async", 1000).chosen("").active());
        assertEquals(
                List.of("n2", "n1"),
                given().standby("n1", "{}", "async", 900)
                        .standby("n2", "{\"replicatefrom\":\"n0\"}", "async", 1000)
                        .chosen("")
                        .active());
    }

    @Test
    void inPriorityModeWhoHasAVoteIsConfirmedAsSoonAsItIsWaitedFor() {
        StandbysTest one = given().config("{\"synchronous_mode\":true}").standby("n1", "{}", "sync", 1000);

        assertEquals(Set.of(), one.chosen("n1").confirmed());
        assertEquals(Set.of("n1"), one.chosen("n1", "n1").confirmed());
        assertEquals(
                Set.of(),
                given().config("{\"synchronous_mode\":true}")
                        .standby("n1", "{}", "potential", 1000)
                        .chosen("n1", "n1")
                        .confirmed());
    }
}

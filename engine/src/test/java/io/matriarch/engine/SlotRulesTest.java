package io.matriarch.engine;

import static io.matriarch.engine.Given.leader;
import static io.matriarch.engine.Given.replica;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.engine.slots.ExistingSlot;
import io.matriarch.engine.slots.LocalSlots;
import io.matriarch.engine.slots.LogicalSlot;
import io.matriarch.engine.slots.SlotAction;
import io.matriarch.engine.slots.SlotDecision;
import io.matriarch.engine.slots.SlotRules;
import io.matriarch.model.Lsn;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which slots are made, moved and dropped (contract replication.md 2). This node is n1; n0 and n2 are the others. */
class SlotRulesTest {

    private static final String LOGICAL =
            "{\"ttl\":30,\"slots\":{\"cdc\":{\"database\":\"app\",\"plugin\":\"pgoutput\"}}}";
    private static final LogicalSlot CDC = new LogicalSlot("cdc", "app", "pgoutput");

    private static ExistingSlot physical(String name, boolean active, long restart, @Nullable String xmin) {
        return new ExistingSlot(name, true, "", "", active, new Lsn(restart), Lsn.NONE, xmin, false, false, false);
    }

    private static ExistingSlot idle(String name, long restart) {
        return physical(name, false, restart, null);
    }

    private static ExistingSlot logical(String name, String database, long confirmed) {
        return new ExistingSlot(
                name, false, database, "pgoutput", false, new Lsn(1), new Lsn(confirmed), null, false, false, false);
    }

    private static ExistingSlot lost(ExistingSlot s) {
        return new ExistingSlot(
                s.name(), s.physical(), s.database(), s.plugin(), false, Lsn.NONE, Lsn.NONE, null, true, false, false);
    }

    private static ExistingSlot failover(boolean synced) {
        return new ExistingSlot(
                "f", false, "app", "pgoutput", false, new Lsn(1), new Lsn(1), null, false, true, synced);
    }

    private static SlotDecision plan(Given given, ExistingSlot... slots) {
        Situation s = given.situation();
        return SlotRules.plan(s, new LocalSlots(s.local().primaryHere(), new Lsn(1000), List.of(slots), Set.of()));
    }

    /** In short: {@code +name} made, {@code -name} dropped, {@code name>position} moved. */
    private static List<String> actions(Given given, ExistingSlot... slots) {
        var all = new ArrayList<String>();
        for (SlotAction action : plan(given, slots).actions()) {
            all.add(
                    switch (action) {
                        case SlotAction.CreatePhysical(var name) -> "+" + name;
                        case SlotAction.CreateLogical(var slot) -> "+logical " + slot.name();
                        case SlotAction.Advance(var name, var to) -> name + ">" + to.bytes();
                        case SlotAction.AdvanceLogical(var slot, var to) -> "logical " + slot.name() + ">" + to.bytes();
                        case SlotAction.Drop(var name, var _) -> "-" + name;
                    });
        }
        return all;
    }

    /** In an emptied store nobody has said again which slots are retained. */
    @Test
    void theLeaderDropsNothingBeforeItHasPublishedItsStatus() {
        assertEquals(List.of(), actions(leader().optime(0), idle("n0", 900), idle("n2", 900), idle("n3", 900)));
        assertEquals(List.of("-n3"), actions(leader(), idle("n0", 900), idle("n2", 900), idle("n3", 900)));
    }

    @Test
    void everyNodeHasASlotForEveryMember() {
        assertEquals(List.of("+n0", "+n2"), actions(leader()));
        assertEquals(List.of("+n0", "+n2"), actions(replica().leaderIs("n0")));
        assertEquals(List.of(), actions(replica().leaderIs("n0"), idle("n0", 1), idle("n2", 1)));
    }

    @Test
    void withoutRetentionOnlyWhereTheMemberStreams() {
        String none = "{\"ttl\":30,\"member_slots_ttl\":0}";

        assertEquals(List.of("+n0", "+n2"), actions(leader().config(none)));
        assertEquals(List.of("-n2"), actions(replica().leaderIs("n0").config(none), idle("n2", 1)));
        assertEquals(
                List.of("+n2"),
                actions(replica()
                        .leaderIs("n0")
                        .config(none)
                        .member("n2", "replica", "running", 1000, "{\"replicatefrom\":\"n1\"}")));
    }

    @Test
    void aMemberWithoutStreamingHasNone() {
        assertEquals(List.of("+n0"), actions(leader().member("n2", "replica", "running", 1000, "{\"nostream\":true}")));
    }

    @Test
    void aNodeThatMustNotLeadKeepsOnlyTheSlotsOfThoseThatStreamFromIt() {
        Given given = replica().leaderIs("n0").tags("{\"nofailover\":true}").retained("gone");
        assertEquals(List.of(), actions(given));

        given.member("n2", "replica", "running", 1000, "{\"replicatefrom\":\"n1\"}");
        assertEquals(List.of("+n2"), actions(given));
    }

    @Test
    void anIdleSlotFollowsTheLeaders() {
        Given given = replica().leaderIs("n0").published("n2", 700);

        assertEquals(List.of("n2>700"), actions(given, idle("n0", 1), idle("n2", 500)));
        assertEquals(List.of(), actions(given, idle("n0", 1), physical("n2", true, 500, null)));
        assertEquals(List.of(), actions(given, idle("n0", 1), idle("n2", 800)));
    }

    @Test
    void aRetainedSlotStaysWhereItIs() {
        Given given = leader().retained("gone").published("gone", 900);

        assertEquals(List.of(), actions(given, idle("n0", 1), idle("n2", 1), physical("gone", false, 5, "730")));
        assertEquals(List.of("+gone"), actions(given, idle("n0", 1), idle("n2", 1)));
    }

    @Test
    void anIdleSlotThatHoldsTransactionsBackIsMadeAnew() {
        assertEquals(
                List.of("-n2", "+n2"),
                actions(replica().leaderIs("n0"), idle("n0", 1), physical("n2", false, 500, "730")));
        assertEquals(List.of(), actions(replica(), idle("n0", 1), physical("n2", false, 500, "730")));
        assertEquals(List.of(), actions(replica().leaderIs("n1"), idle("n0", 1), physical("n2", false, 500, "730")));
    }

    @Test
    void anIdleSlotThatReservesNothingIsDropped() {
        assertEquals(List.of("-n2"), actions(replica().leaderIs("n0"), idle("n0", 1), idle("n2", 0)));
    }

    @Test
    void unknownAndLostSlotsGoExceptInPauseAndWhereIgnored() {
        ExistingSlot[] slots = {idle("n0", 1), idle("n2", 1), idle("stray", 1)};

        assertEquals(List.of("-stray"), actions(leader(), slots));
        assertEquals(List.of(), actions(leader().paused(), slots));
        assertEquals(
                List.of(),
                actions(leader().config("{\"ignore_slots\":[{\"name\":\"stray\",\"type\":\"physical\"}]}"), slots));
        assertEquals(
                List.of("-stray"),
                actions(leader().config("{\"ignore_slots\":[{\"name\":\"stray\",\"type\":\"logical\"}]}"), slots));
        assertEquals(List.of("-n2", "+n2"), actions(leader(), idle("n0", 1), lost(idle("n2", 1))));
    }

    @Test
    void withoutSlotsAllGo() {
        assertEquals(List.of("-n0"), actions(leader().config("{\"postgresql\":{\"use_slots\":false}}"), idle("n0", 1)));
    }

    @Test
    void permanentPhysicalSlotsAreEverywhere() {
        Given given = leader().config("{\"slots\":{\"backup\":{\"type\":\"physical\"},\"other\":null,\"n1\":{},"
                + "\"elsewhere\":{\"cluster_type\":\"standby\"}}}");
        assertEquals(List.of("+backup", "+other"), actions(given, idle("n0", 1), idle("n2", 1)));

        Given there = replica()
                .leaderIs("n0")
                .config("{\"slots\":{\"backup\":{\"type\":\"physical\"}}}")
                .published("backup", 600);
        assertEquals(List.of("backup>600"), actions(there, idle("n0", 1), idle("n2", 1), idle("backup", 100)));
    }

    @Test
    void thePermanentSlotOfACascadingMemberFollowsItsPosition() {
        Given given = leader().config("{\"member_slots_ttl\":0,\"slots\":{\"n2\":{}}}")
                .member("n2", "replica", "running", 800, "{\"replicatefrom\":\"n0\"}");

        assertEquals(List.of("n2>800"), actions(given, idle("n0", 1), idle("n2", 500)));
    }

    @Test
    void aPermanentLogicalSlotIsMadeOnThePrimaryCopiedToAReplicaAndMovedThere() {
        assertEquals(List.of("+logical cdc"), actions(leader().config(LOGICAL), idle("n0", 1), idle("n2", 1)));

        Given there = replica().leaderIs("n0").config(LOGICAL);
        assertEquals(List.of(), plan(there).copies());
        there.published("cdc", 900);
        assertEquals(List.of(CDC), plan(there).copies());
        assertEquals(List.of(), plan(there, logical("cdc", "app", 800)).copies());
        assertEquals(
                List.of("logical cdc>900"), actions(there, idle("n0", 1), idle("n2", 1), logical("cdc", "app", 800)));
        assertEquals(List.of(), actions(there, idle("n0", 1), idle("n2", 1), logical("cdc", "app", 900)));
    }

    @Test
    void aLogicalSlotIsNotMovedBeyondWhatWasReplayed() {
        assertEquals(
                List.of("logical cdc>1000"),
                actions(
                        replica().leaderIs("n0").config(LOGICAL).published("cdc", 5000),
                        idle("n0", 1),
                        idle("n2", 1),
                        logical("cdc", "app", 800)));
    }

    @Test
    void aLogicalSlotWhoseWalIsGoneIsCopiedAnew() {
        Situation s =
                replica().leaderIs("n0").config(LOGICAL).published("cdc", 900).situation();

        SlotDecision decision = SlotRules.plan(
                s, new LocalSlots(false, new Lsn(1000), List.of(logical("cdc", "app", 800)), Set.of("cdc")));

        assertEquals(List.of(CDC), decision.copies());
    }

    @Test
    void noLogicalSlotWhereItCouldNotBeKept() {
        Given given = replica().leaderIs("n0").config(LOGICAL).published("cdc", 900);
        assertEquals(List.of(), plan(given.tags("{\"nostream\":true}")).copies());
        assertEquals(List.of(), plan(given.tags("{\"nofailover\":true}")).copies());
        given.member("n2", "replica", "running", 1000, "{\"nostream\":true}");
        assertEquals(List.of(), plan(given.tags("{\"replicatefrom\":\"n2\"}")).copies());
    }

    @Test
    void aSlotOfAnotherKindIsMadeAnewAlsoInPause() {
        assertEquals(
                List.of("-cdc", "+logical cdc"),
                actions(leader().config(LOGICAL).paused(), idle("n0", 1), idle("n2", 1), logical("cdc", "other", 1)));
        assertEquals(
                List.of("-cdc", "+logical cdc"),
                actions(leader().config(LOGICAL), idle("n0", 1), idle("n2", 1), idle("cdc", 1)));
    }

    @Test
    void postgresFailoverSlotsAreItsOwnExceptWhatAFormerPrimaryLeft() {
        assertEquals(List.of(), actions(leader(), idle("n0", 1), idle("n2", 1), failover(false)));
        assertEquals(List.of("-f"), actions(replica().leaderIs("n0"), idle("n0", 1), idle("n2", 1), failover(false)));
        assertEquals(List.of(), actions(replica().leaderIs("n0"), idle("n0", 1), idle("n2", 1), failover(true)));
    }

    @Test
    void whatIsWrongInTheConfigurationIsSaid() {
        Given given = leader().config("{\"slots\":{\"Bad-Name\":null,\"x\":{\"type\":\"logical\"},"
                + "\"n0\":{\"database\":\"a\",\"plugin\":\"b\"}}}");

        assertEquals(
                List.of(
                        "Invalid permanent replication slot name 'Bad-Name'",
                        "Slot name may only contain lower case letters, numbers, and the underscore chars",
                        "Bad value for slot 'x' in permanent_slots: {\"type\":\"logical\"}",
                        "Permanent logical replication slot {'n0'} is conflicting with physical replication slot for"
                                + " cluster member"),
                plan(given).complaints().stream().map(Reason::text).toList());
    }

    // ---- 2.6: hot_standby_feedback for those behind

    @Test
    void aNodeThatMayNotLeadRelaysTheFeedbackOfMembersBehindItThatMay() {
        String behind = "{\"replicatefrom\":\"n1\"}";
        Given node = replica().leaderIs("n0").config(LOGICAL).tags("{\"nofailover\":true}");
        assertFalse(SlotRules.relaysFeedback(node.situation()));
        assertTrue(SlotRules.relaysFeedback(
                node.member("n2", "replica", "running", 1000, behind).situation()));
        assertFalse(SlotRules.relaysFeedback(
                node.member("n2", "replica", "running", 1000, "{\"replicatefrom\":\"n1\",\"nofailover\":true}")
                        .situation()));
        assertTrue(SlotRules.relaysFeedback(node.member("n3", "replica", "running", 1000, "{\"replicatefrom\":\"n2\"}")
                .situation()));
        assertFalse(SlotRules.relaysFeedback(
                node.tags("{\"nofailover\":true,\"nostream\":true}").situation()));
        assertFalse(SlotRules.relaysFeedback(replica()
                .leaderIs("n0")
                .member("n2", "replica", "running", 1000, behind)
                .situation()));
    }

    @Test
    void membersThatReplicateFromEachOtherInACircleRelayNothingForEver() {
        Given circle = replica()
                .leaderIs("n0")
                .config(LOGICAL)
                .tags("{\"replicatefrom\":\"n2\",\"nofailover\":true}")
                .member("n1", "replica", "running", 1000, "{\"replicatefrom\":\"n2\",\"nofailover\":true}")
                .member("n2", "replica", "running", 1000, "{\"replicatefrom\":\"n1\",\"nofailover\":true}");
        assertFalse(SlotRules.relaysFeedback(circle.situation()));
    }

    @Test
    void walComesThroughTheSlotOfTheHeadOfTheChain() {
        Given chain = replica().leaderIs("n0");
        assertEquals("n1", SlotRules.slotTowardsLeader(chain.situation()));
        chain.tags("{\"replicatefrom\":\"n2\"}");
        assertEquals("n2", SlotRules.slotTowardsLeader(chain.situation()));
        chain.member("n2", "replica", "running", 1000, "{\"replicatefrom\":\"n3\"}");
        chain.member("n3", "replica", "running", 1000);
        assertEquals("n3", SlotRules.slotTowardsLeader(chain.situation()));
        assertEquals(
                "n1",
                SlotRules.slotTowardsLeader(replica()
                        .leaderIs("n0")
                        .tags("{\"replicatefrom\":\"gone\"}")
                        .situation()));
    }
}

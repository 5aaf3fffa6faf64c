package io.matriarch.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.ClusterView;
import io.matriarch.model.Lsn;
import io.matriarch.model.Revision;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClusterAssemblerTest {

    @Test
    void noKeysMakeAnEmptyView() {
        assertEquals(ClusterView.EMPTY, ClusterAssembler.assemble(Map.of()));
    }

    @Test
    void onlyKeysDirectlyBelowMembersAreMembers() {
        ClusterView view = ClusterAssembler.assemble(Map.of(
                "members/n0", value("{\"state\":\"running\"}"),
                "members/n0/extra", value("{}"),
                "members/", value("{}"),
                "membersx", value("{}"),
                "something/else", value("{}")));
        assertEquals(Set.of("n0"), view.members().keySet());
    }

    @Test
    void theLegacyPositionCountsOnlyWithoutStatus() {
        assertEquals(
                new Lsn(7),
                ClusterAssembler.assemble(Map.of("optime/leader", value("7")))
                        .status()
                        .optime());
        assertEquals(
                new Lsn(8),
                ClusterAssembler.assemble(Map.of("optime/leader", value("7"), "status", value("{\"optime\":8}")))
                        .status()
                        .optime());
    }

    @Test
    void leaderKeyCarriesOwnershipAndVersion() {
        ClusterView view = ClusterAssembler.assemble(Map.of("leader", new StoredValue("n0", new Revision(5), true)));
        assertNotNull(view.leader());
        assertTrue(view.leader().owned());
        assertEquals(new Revision(5), view.leader().revision());
    }

    @Test
    void garbageBecomesNothingInsteadOfAnError() {
        ClusterView view = ClusterAssembler.assemble(Map.of(
                "config", value("{"),
                "status", value("?"),
                "sync", value("[]"),
                "history", value("{}"),
                "failover", value("{}"),
                "failsafe", value("no"),
                "members/n0", value("\u0000")));
        assertNotNull(view.config());
        assertEquals(Lsn.NONE, view.status().optime());
        assertTrue(view.sync().isEmpty());
        assertEquals(0, view.history().clusterTimeline());
        assertNull(view.failover());
        assertEquals(Map.of(), view.failsafe());
        assertEquals("unknown", view.member("n0").orElseThrow().state());
    }

    private static StoredValue value(String text) {
        return new StoredValue(text, new Revision(1), false);
    }
}

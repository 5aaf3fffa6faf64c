package io.matriarch.ctl.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Json;
import io.matriarch.model.Member;
import io.matriarch.model.Revision;
import io.matriarch.model.SyncState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** How the harm is done, and what is put right. */
class StrikeTest {

    private final Member leader = Member.parse("n0", "{\"conn_url\":\"postgres://10.0.0.1:5433/postgres\"}");

    @Test
    void aFailoverGoesToASynchronousStandby() throws Exception {
        Strike.Request request = assertInstanceOf(Strike.Request.class, strike(Fault.FAILOVER, null, null));
        assertEquals("failover", request.path());
        assertEquals("{\"candidate\":\"n2\"}", Json.compact(request.body()));
        assertEquals("n0", request.member().name());
    }

    @Test
    void commandsGetTheLeadersAddress() throws Exception {
        assertEquals(
                new Strike.Command("ssh 10.0.0.1 cut n0 5433", "ssh 10.0.0.1 mend"),
                strike(Fault.PARTITION, "ssh {host} cut {member} {port}", "ssh {host} mend"));
        assertEquals(new Strike.Command("off 10.0.0.1", null), strike(Fault.CRASH, "off {host}", null));
    }

    @Test
    void aPartitionNeedsToBeTakenBack() {
        CommandFailure failure = assertThrows(CommandFailure.class, () -> strike(Fault.PARTITION, "cut {host}", null));
        assertTrue(String.valueOf(failure.getMessage()).contains("--undo"), failure.getMessage());
    }

    @Test
    void onlyANodeOfThisHostIsKilledFromHere() {
        CommandFailure failure = assertThrows(CommandFailure.class, () -> strike(Fault.CRASH, null, null));
        assertTrue(
                String.valueOf(failure.getMessage()).startsWith("The leader n0 is not the node of this configuration."),
                failure.getMessage());
    }

    @Test
    void unusualNamesDoNotGetIntoAShell() {
        var odd = Member.parse("n0;reboot", "{\"conn_url\":\"postgres://10.0.0.1:5433/postgres\"}");
        var wish = wish(Fault.CRASH, "kill {member}", null);
        assertThrows(CommandFailure.class, () -> Strike.of(wish, view(), odd, new JsonObject()));
    }

    @Test
    void whatWasDoneLastIsTakenBackFirstAndOnce() {
        var done = new ArrayList<String>();
        try (var undo = new Undo(done::add)) {
            undo.add("a", () -> done.add("a"));
            undo.add("b", () -> {
                throw new IllegalStateException("cannot");
            });
            undo.add("c", () -> done.add("c"));
            undo.runLast();
            assertEquals(List.of("c"), done);
        }
        assertEquals(List.of("c", "not undone (cannot); left to do: b", "a"), done);
    }

    private Strike strike(Fault fault, @Nullable String exec, @Nullable String undo) throws CommandFailure {
        return Strike.of(wish(fault, exec, undo), view(), leader, new JsonObject());
    }

    private static Wish wish(Fault fault, @Nullable String exec, @Nullable String undo) {
        var limits = new Wish.Limits(null, null, Duration.ofSeconds(1), Duration.ofSeconds(1));
        return new Wish(fault, null, exec, undo, false, limits);
    }

    private ClusterView view() {
        var members = new TreeMap<String, Member>();
        for (Map.Entry<String, String> entry : Map.of("n1", "{}", "n2", "{}", "n3", "{\"tags\":{\"nofailover\":true}}")
                .entrySet()) {
            members.put(entry.getKey(), Member.parse(entry.getKey(), entry.getValue()));
        }
        members.put("n0", leader);
        SyncState sync = SyncState.parse("{\"leader\":\"n0\",\"sync_standby\":\"n2\"}", Revision.NONE);
        return ClusterView.EMPTY.withMembers(members).withSync(sync);
    }
}

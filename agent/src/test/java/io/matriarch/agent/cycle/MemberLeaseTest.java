package io.matriarch.agent.cycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.Electorate;
import io.matriarch.model.FailsafePrimary;
import io.matriarch.model.Key;
import io.matriarch.model.Revision;
import io.matriarch.model.Timing;
import io.matriarch.model.VoteRequest;
import io.matriarch.store.Expectation;
import io.matriarch.store.memory.Fault;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The member-granted lease over several cycles (decision 0016). */
class MemberLeaseTest extends NodeWorld {

    private static final String ELECTOR = """
        {"conn_url":"postgres://127.0.0.1:5433/postgres","api_url":"http://127.0.0.1:8009/patroni","state":"running",
         "role":"replica","member_lease":true}\
        """;

    MemberLeaseTest() {
        super("{\"loop_wait\":10,\"matriarch\":{\"member_lease\":true}}");
    }

    private void leaderWithElectorate() throws Exception {
        other.publishMember(ELECTOR);
        leader();
        await("the electorate", () -> view().electorate().members().equals(Set.of("n2")));
    }

    private static FailsafePrimary primary(String name) {
        return new FailsafePrimary(
                name, "postgres://n2:5432/postgres", "http://n2:8008/patroni", Map.of(), Duration.ZERO);
    }

    @Test
    void aPrimaryLeadsOnByPromisesAndTheGuardFollows() throws Exception {
        leaderWithElectorate();
        var leaseEnd = guard.leaseEnd;
        Revision before = view().electorate().revision();
        store.fault(Fault.UNREACHABLE);
        await("a cycle without store", () -> node.status().lastResult().contains("enough members promised"));
        for (int i = 0; i < 5; i++) {
            time.advance(Duration.ofSeconds(10));
            cycle();
        }
        assertTrue(node.leaderFlag().isLeader());
        assertTrue(leaseEnd.isBefore(guard.leaseEnd));
        assertTrue(node.status().findings().promises().words().orElseThrow().contains("[n2] promised"));

        store.fault(Fault.NONE);
        await("the lock", () -> view().isLeader("n1"));
        // The key was gone meanwhile: who counted that begins again with a new electorate. The next cycle writes it.
        wake();
        await("a new electorate", () -> !view().electorate().revision().equals(before));
        assertFalse(postgres.calls.contains("stop FAST"));
    }

    /** Their keys end with the store's absence, one after the other they write them again: one alone must not carry the lease. */
    @Test
    void whoPromisedWhileTheStoreWasAwayStaysInTheElectorate() throws Exception {
        leaderWithElectorate();
        store.fault(Fault.UNREACHABLE);
        await("a cycle without store", () -> node.status().lastResult().contains("enough members promised"));
        for (int i = 0; i < 5; i++) {
            time.advance(Duration.ofSeconds(10));
            cycle();
        }
        assertEquals(Set.of(), view().members().keySet());
        server.connect("n3", Timing.DEFAULT).publishMember(ELECTOR);

        store.fault(Fault.NONE);
        await("the lock", () -> view().isLeader("n1"));
        wake();

        await("both", () -> view().electorate().members().equals(Set.of("n2", "n3")));
    }

    @Test
    void withoutPromisesItStepsDownWhenTheLeaseIsAlmostOver() throws Exception {
        leaderWithElectorate();
        consenting = false;
        store.fault(Fault.UNREACHABLE);
        await("a cycle without store", () -> node.status().lastResult().contains("until the lease ends"));
        time.advance(Duration.ofSeconds(21));
        node.wakeUp();
        await("the stop", () -> postgres.calls.contains("stop FAST"));
    }

    @Test
    void aMemberThatDoesNotKnowOfVotesSwitchesItOff() throws Exception {
        leaderWithElectorate();
        server.connect("n3", Timing.DEFAULT).publishMember(REPLICA);
        node.wakeUp();
        await("no electorate", () -> !view().electorate().isInForce());
        store.fault(Fault.UNREACHABLE);
        node.wakeUp();
        await("the stop", () -> postgres.calls.contains("stop FAST"));
    }

    @Test
    void aReplicaLeadsOnlyWithVotes() throws Exception {
        var electorate = new Electorate("n2", new TreeSet<>(Set.of("n1", "n3")), Duration.ofSeconds(30), Revision.NONE);
        store.put(Key.ELECTORATE, electorate.toJson(), Expectation.ANY);
        other.publishMember(ELECTOR);
        server.connect("n3", Timing.DEFAULT).publishMember(ELECTOR);
        other.takeLeader();
        consenting = false;
        run();
        await("a first cycle", () -> "n2".equals(node.status().view().leaderName()));
        time.advance(Duration.ofSeconds(31)); // what a predecessor promised is over
        other.releaseLeader(view());
        server.connect("n3", Timing.DEFAULT).publishMember(ELECTOR);
        node.wakeUp();
        await("it waits", () -> node.status().lastResult().contains("waiting for votes"));
        consenting = true;
        node.wakeUp();
        await("the promotion", () -> postgres.calls.stream().anyMatch(call -> call.startsWith("promote")));
        assertEquals("n1", view().electorate().leader());
    }

    @Test
    void aLeaderHasNotResignedAndAReplicaHas() throws Exception {
        leaderWithElectorate();
        assertFalse(
                node.vote(new VoteRequest("n2", "n1", Duration.ofSeconds(3))).resigned());
        assertFalse(node.promise(primary("n2")).given());
    }
}

package io.matriarch.agent.cycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.FailsafePrimary;
import io.matriarch.model.Key;
import io.matriarch.model.Lsn;
import io.matriarch.store.Expectation;
import io.matriarch.store.memory.Fault;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Failsafe mode over several cycles (contract ha-loop.md 13). */
class FailsafeTest extends NodeWorld {

    FailsafeTest() {
        super("{\"loop_wait\":10,\"failsafe_mode\":true}");
    }

    private void withoutStore() {
        store.fault(Fault.UNREACHABLE);
        await("a failsafe cycle", () -> node.status().lastResult().startsWith("continue to run as a leader"));
    }

    @Test
    void theLeaderWritesWhoMayRace() throws Exception {
        other.publishMember(REPLICA);
        leader();
        await(
                "the map",
                () -> Map.of("n1", "http://127.0.0.1:8008/patroni", "n2", "http://127.0.0.1:8009/patroni")
                        .equals(view().failsafe()));
    }

    @Test
    void aPrimaryLeadsOnWhileAllConsentAndTheGuardFollows() throws Exception {
        other.publishMember(REPLICA);
        leader();
        await("the map", () -> view().failsafe() != null && view().failsafe().containsKey("n2"));
        var leaseEnd = guard.leaseEnd;
        withoutStore();

        // Far beyond the lease that the store gave: only consent keeps it.
        for (int i = 0; i < 5; i++) {
            time.advance(Duration.ofSeconds(10));
            cycle();
        }
        assertTrue(node.leaderFlag().isLeader());
        assertTrue(node.status().failsafeActive());
        assertNotNull(guard.guarded);
        assertTrue(leaseEnd.isBefore(guard.leaseEnd));
        assertFalse(postgres.calls.contains("stop FAST"));
        assertTrue(announcements.getLast().contains("\"name\":\"n1\""));
        // Slots of members move on with what they answer, since the store does not tell where they are.
        var slots = Objects.requireNonNull(slotsFor);
        assertEquals(new Lsn(1234), slots.view().member("n2").orElseThrow().position());

        // Back with an expired key: the running primary takes it again.
        store.fault(Fault.NONE);
        await("the lock", () -> view().isLeader("n1"));
        await("the end of failsafe", () -> !node.status().failsafeActive());
        assertFalse(postgres.calls.contains("stop FAST"));
    }

    @Test
    void onePeerThatDoesNotConsentEndsIt() throws Exception {
        other.publishMember(REPLICA);
        leader();
        await("the map", () -> view().failsafe() != null && view().failsafe().containsKey("n2"));
        withoutStore();
        consenting = false;
        node.wakeUp();

        await("the stop", () -> postgres.calls.contains("stop FAST"));
    }

    @Test
    void aLeaseThatEndedIsNotRevivedByConsent() throws Exception {
        other.publishMember(REPLICA);
        leader();
        await("the map", () -> view().failsafe() != null && view().failsafe().containsKey("n2"));
        time.advance(Duration.ofSeconds(31)); // the host was suspended
        store.fault(Fault.UNREACHABLE);
        node.wakeUp();

        await("the stop", () -> postgres.calls.contains("stop FAST"));
    }

    @Test
    void whoPromisedTreatsTheAnnouncedPrimaryAsLeader() throws Exception {
        other.publishMember(REPLICA);
        store.put(Key.FAILSAFE, "{\"n1\":\"http://n1/patroni\",\"n2\":\"http://n2/patroni\"}", Expectation.ANY);
        other.takeLeader();
        run();
        await("a first cycle", () -> "n2".equals(node.status().view().leaderName()));
        time.advance(Duration.ofSeconds(29)); // what a predecessor promised is over soon

        assertTrue(node.consentTo(new FailsafePrimary(
                "n2", "postgres://n2:5432/postgres", "http://n2:8008/patroni", Map.of(), Duration.ZERO)));
        other.releaseLeader(view());
        cycle();
        assertEquals("n2", node.status().view().leaderName());
        assertTrue(node.status().failsafeActive());
        time.advance(Duration.ofSeconds(29));
        cycle();
        assertNull(leader(other));

        time.advance(Duration.ofSeconds(2));
        node.wakeUp();
        await("the race", () -> "n1".equals(leader(other)));
        assertEquals(List.of(), announcements);
    }
}

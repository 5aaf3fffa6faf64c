package io.matriarch.agent.cycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.engine.LockOutcome;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Role;
import io.matriarch.model.Threads;
import io.matriarch.model.Timing;
import io.matriarch.store.memory.MemoryServer;
import io.matriarch.store.memory.MemoryStore;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class LockKeeperTest {

    private final ManualTime time = new ManualTime();
    private final MemoryStore store = new MemoryServer(time).connect("n1", Timing.DEFAULT);
    private final FakePostgres postgres = new FakePostgres();
    private final FakeGuard guard = new FakeGuard();
    private final LeaseDeadline flag = new LeaseDeadline(time);
    private final LockKeeper lock =
            new LockKeeper(store, postgres, flag, guard, Threads.system(), Timing.DEFAULT);

    @Test
    void aRenewalDoesNotMakeTheKeyAgainThatAJobHasReleased() throws Exception {
        lock.acquire();
        lock.beforeLoad();
        ClusterView seen = store.load();
        lock.release(seen, null);

        assertEquals(LockOutcome.REFUSED, lock.renew(seen));
        assertTrue(store.load().isUnlocked());
        assertFalse(flag.isLeader());
    }

    @Test
    void aViewThatIsReadAfterTheReleaseCountsAgain() throws Exception {
        lock.acquire();
        lock.release(store.load(), null);
        lock.acquire();
        lock.beforeLoad();

        assertEquals(LockOutcome.APPLIED, lock.renew(store.load()));
        assertTrue(flag.isLeader());
    }

    @Test
    void anAgentThatSleptDoesNotMakeTheKeyAgainUnderWhichAnotherHasLed() throws Exception {
        lock.acquire();
        lock.beforeLoad();
        ClusterView seen = store.load();
        time.advance(Timing.DEFAULT.ttl());

        assertEquals(LockOutcome.REFUSED, lock.renew(seen));
        assertTrue(store.load().isUnlocked());
    }

    @Test
    void aKeyThatSomebodyRemovedWithinOurLeaseIsMadeAgain() throws Exception {
        lock.acquire();
        lock.beforeLoad();
        ClusterView seen = store.load();
        store.releaseLeader(seen);

        assertEquals(LockOutcome.APPLIED, lock.renew(seen));
    }

    @Test
    void aReplicaWhoseLeaseIsOverIsNotHandedToTheGuard() {
        lock.acquire();
        time.advance(Timing.DEFAULT.ttl());

        assertFalse(lock.guardPromotion());
        assertEquals(List.of(), guard.calls);
    }

    @Test
    void aPromotionThatCameToNothingIsNotGuarded() {
        lock.acquire();
        assertTrue(lock.guardPromotion());

        lock.guardOutcomeOfPromotion();

        assertNull(guard.guarded);
    }

    @Test
    void aServerThatIsAboutToOpenStaysGuarded() {
        lock.acquire();
        assertTrue(lock.guardPromotion());
        postgres.role = Role.PROMOTED;

        lock.guardOutcomeOfPromotion();

        assertEquals(postgres.postmaster, guard.guarded);
    }

    @Test
    void theLeaseCountsFromBeforeTheRequest() {
        lock.acquire();
        time.advance(Timing.DEFAULT.ttl().minus(Duration.ofNanos(1)));
        assertTrue(flag.isLeader());
        time.advance(Duration.ofNanos(1));
        assertFalse(flag.isLeader());
    }
}

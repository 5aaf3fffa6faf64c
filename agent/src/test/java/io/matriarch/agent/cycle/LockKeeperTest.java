package io.matriarch.agent.cycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.engine.LockOutcome;
import io.matriarch.model.ClusterView;
import io.matriarch.model.FailsafePrimary;
import io.matriarch.model.LeaderKey;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import io.matriarch.model.Role;
import io.matriarch.model.Threads;
import io.matriarch.model.Timing;
import io.matriarch.store.memory.Fault;
import io.matriarch.store.memory.MemoryServer;
import io.matriarch.store.memory.MemoryStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LockKeeperTest {

    private final ManualTime time = new ManualTime();
    private final MemoryStore store = new MemoryServer(time).connect("n1", Timing.DEFAULT);
    private final FakePostgres postgres = new FakePostgres();
    private final FakeGuard guard = new FakeGuard();
    private final LeaseDeadline flag = new LeaseDeadline(time);
    private final FailsafePromise promise =
            new FailsafePromise(time, flag::isUndisputed, PromiseRecord.NONE, Duration.ZERO);
    private final LockKeeper lock =
            new LockKeeper(store, postgres, flag, guard, promise, Watchdog.NONE, Threads.system(), Timing.DEFAULT);

    @Test
    void aRenewalDoesNotMakeTheKeyAgainThatAJobHasReleased() throws Exception {
        lock.acquire(List.of());
        lock.beforeLoad();
        ClusterView seen = store.load();
        lock.release(seen, null);

        assertEquals(LockOutcome.REFUSED, lock.renew(seen));
        assertTrue(store.load().isUnlocked());
        assertFalse(flag.isLeader());
    }

    @Test
    void aViewThatIsReadAfterTheReleaseCountsAgain() throws Exception {
        lock.acquire(List.of());
        lock.release(store.load(), null);
        lock.acquire(List.of());
        lock.beforeLoad();

        assertEquals(LockOutcome.APPLIED, lock.renew(store.load()));
        assertTrue(flag.isLeader());
    }

    @Test
    void anAgentThatSleptDoesNotMakeTheKeyAgainUnderWhichAnotherHasLed() throws Exception {
        lock.acquire(List.of());
        lock.beforeLoad();
        ClusterView seen = store.load();
        time.advance(Timing.DEFAULT.ttl());

        assertEquals(LockOutcome.REFUSED, lock.renew(seen));
        assertTrue(store.load().isUnlocked());
    }

    @Test
    void aKeyThatSomebodyRemovedWithinOurLeaseIsMadeAgain() throws Exception {
        lock.acquire(List.of());
        lock.beforeLoad();
        ClusterView seen = store.load();
        store.releaseLeader(seen);

        assertEquals(LockOutcome.APPLIED, lock.renew(seen));
    }

    @Test
    void aReplicaWhoseLeaseIsOverIsNotHandedToTheGuard() {
        lock.acquire(List.of());
        time.advance(Timing.DEFAULT.ttl());

        assertFalse(lock.guardPromotion());
        assertEquals(List.of(), guard.calls);
    }

    @Test
    void aPromotionThatCameToNothingIsNotGuarded() {
        lock.acquire(List.of());
        assertTrue(lock.guardPromotion());

        lock.guardOutcomeOfPromotion();

        assertNull(guard.guarded);
    }

    @Test
    void aServerThatIsAboutToOpenStaysGuarded() {
        lock.acquire(List.of());
        assertTrue(lock.guardPromotion());
        postgres.role = Role.PROMOTED;

        lock.guardOutcomeOfPromotion();

        assertEquals(postgres.postmaster, guard.guarded);
    }

    /** The answer to the request that binds the key to a shorter lease may be lost (simulated world 340). */
    @Test
    void aShorterTtlShortensTheLeaseBeforeTheStoreHearsOfIt() {
        postgres.asPrimary();
        lock.acquire(List.of());
        Timing shorter = new Timing(Duration.ofSeconds(20), Duration.ofSeconds(1), Duration.ofSeconds(3));
        time.advance(Duration.ofSeconds(5));

        lock.applyTiming(shorter);

        assertEquals(Optional.of(time.now().plus(shorter.ttl())), flag.deadline());
        assertEquals(flag.deadline().orElseThrow(), guard.leaseEnd);
    }

    @Test
    void aShorterTtlDoesNotLengthenALeaseThatEndsSooner() {
        lock.acquire(List.of());
        MonotonicTime end = flag.deadline().orElseThrow();
        time.advance(Duration.ofSeconds(15));

        lock.applyTiming(new Timing(Duration.ofSeconds(20), Duration.ofSeconds(1), Duration.ofSeconds(3)));

        assertEquals(Optional.of(end), flag.deadline());
    }

    @Test
    void aLongerTtlCountsFromTheNextRenewal() throws Exception {
        lock.acquire(List.of());
        MonotonicTime end = flag.deadline().orElseThrow();
        Timing longer = new Timing(Duration.ofSeconds(60), Duration.ofSeconds(10), Duration.ofSeconds(10));

        lock.applyTiming(longer);

        assertEquals(Optional.of(end), flag.deadline());
        lock.beforeLoad();
        lock.renew(store.load());
        assertEquals(Optional.of(time.now().plus(longer.ttl())), flag.deadline());
    }

    // ---- failsafe mode

    private final FailsafePrimary elsewhere =
            new FailsafePrimary("n2", "postgres://n2", "http://n2:8008/patroni", Map.of(), Duration.ZERO);

    @Test
    void consentExtendsALeaseThatIsStillValid() {
        postgres.asPrimary();
        lock.acquire(List.of());
        time.advance(Duration.ofSeconds(20));
        MonotonicTime asked = time.now();
        time.advance(Duration.ofSeconds(4));

        assertTrue(lock.extendByConsent(asked, Timing.DEFAULT.ttl()));
        assertEquals(Optional.of(asked.plus(Timing.DEFAULT.ttl())), flag.deadline());
        assertEquals(asked.plus(Timing.DEFAULT.ttl()), guard.leaseEnd);
    }

    @Test
    void consentDoesNotReviveALeaseThatIsOver() {
        postgres.asPrimary();
        lock.acquire(List.of());
        time.advance(Timing.DEFAULT.ttl());

        assertFalse(lock.extendByConsent(time.now(), Timing.DEFAULT.ttl()));
        assertFalse(flag.isLeader());
    }

    @Test
    void consentDoesNotReviveALeaseThatWasGivenUp() throws Exception {
        lock.acquire(List.of());
        lock.release(store.load(), null);
        lock.beforeLoad();

        assertFalse(lock.extendByConsent(time.now(), Timing.DEFAULT.ttl()));
    }

    @Test
    void aMissingKeyEndsTheFlagButNotWhatConsentIsJoinedTo() throws Exception {
        lock.acquire(List.of());
        store.releaseLeader(store.load());
        lock.observe(false, store.load(), "n1");
        assertFalse(flag.isLeader());

        assertTrue(lock.extendByConsent(time.now(), Timing.DEFAULT.ttl()));
        assertTrue(flag.isLeader());
    }

    @Test
    void anotherLeaderInTheStoreEndsBoth() throws Exception {
        lock.acquire(List.of());
        lock.observe(false, store.load().withLeader(new LeaderKey("n2", false, Revision.NONE)), "n1");

        assertFalse(lock.extendByConsent(time.now(), Timing.DEFAULT.ttl()));
    }

    @Test
    void whoPromisedDoesNotRaceAsLongAsThePromiseLasts() {
        assertTrue(promise.give(elsewhere, Duration.ofSeconds(20)));
        assertEquals(LockOutcome.REFUSED, lock.acquire(List.of()).outcome());

        time.advance(Duration.ofSeconds(20));
        assertEquals(LockOutcome.APPLIED, lock.acquire(List.of()).outcome());
    }

    @Test
    void aPromiseLastsAsLongAsThePrimaryCountsOnIt() {
        var patient = new FailsafePrimary("n2", "", "", Map.of(), Duration.ofSeconds(40));
        assertTrue(promise.give(patient, Duration.ofSeconds(20)));

        time.advance(Duration.ofSeconds(39));
        assertEquals(LockOutcome.REFUSED, lock.acquire(List.of()).outcome());
    }

    @Test
    void nothingIsPromisedWhileTheOutcomeOfARaceIsUnknown() throws Exception {
        store.fault(Fault.UNREACHABLE);
        assertEquals(LockOutcome.UNKNOWN, lock.acquire(List.of()).outcome());
        assertFalse(promise.give(elsewhere, Timing.DEFAULT.ttl()));

        store.fault(Fault.NONE);
        lock.observe(false, store.load(), "n1");
        assertTrue(promise.give(elsewhere, Timing.DEFAULT.ttl()));
    }

    @Test
    void whoLeadsPromisesNothing() {
        lock.acquire(List.of());
        assertFalse(promise.give(elsewhere, Timing.DEFAULT.ttl()));
    }

    @Test
    void aLateLockDoesNotPromoteOverAPromise() {
        promise.give(elsewhere, Timing.DEFAULT.ttl());
        lock.take();

        assertFalse(lock.guardPromotion());
        assertEquals(List.of(), guard.calls);
    }

    @Test
    void whatAnEarlierAgentArmedIsLimitedBeforeAFirstLeaseIsAskedFor() {
        MonotonicTime end = time.now().plus(Timing.DEFAULT.ttl());
        store.fault(Fault.ANSWERS_LOST);
        assertEquals(LockOutcome.UNKNOWN, lock.take());
        assertEquals(end, guard.limit);

        store.fault(Fault.NONE);
        lock.take();
        guard.limit = null;
        lock.take();
        assertNull(guard.limit, "this agent's own lease counts now");
    }

    @Test
    void theLeaseCountsFromBeforeTheRequest() {
        lock.acquire(List.of());
        time.advance(Timing.DEFAULT.ttl().minus(Duration.ofNanos(1)));
        assertTrue(flag.isLeader());
        time.advance(Duration.ofNanos(1));
        assertFalse(flag.isLeader());
    }
}

package io.matriarch.agent.cycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.agent.peers.Peers;
import io.matriarch.engine.Answers;
import io.matriarch.engine.LocalPostgres;
import io.matriarch.engine.Situation;
import io.matriarch.engine.WatchdogCondition;
import io.matriarch.model.Bell;
import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PeerStatus;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import io.matriarch.model.Tags;
import io.matriarch.model.Threads;
import io.matriarch.model.Timing;
import io.matriarch.postgres.Postmaster;
import io.matriarch.store.memory.Fault;
import io.matriarch.store.memory.MemoryServer;
import io.matriarch.store.memory.MemoryStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The renewer's thread is played: what happens between its looks is what a test says. */
class LeaseRenewerTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Timing FAST = new Timing(Duration.ofSeconds(3), SECOND, SECOND);
    private static final String PROFILE = "{\"matriarch\":{\"profile\":\"fast\"}}";

    private final ManualTime time = new ManualTime();
    private final MemoryServer server = new MemoryServer(time);
    private final MemoryStore store = server.connect("n1", FAST);
    private final LeaseDeadline flag = new LeaseDeadline(time);
    private final FakePostgres postgres = new FakePostgres();
    private final Played played = new Played();
    private final FailsafePromise promise =
            new FailsafePromise(time, flag::isUndisputed, PromiseRecord.NONE, Duration.ZERO);
    private final Turnstile turnstile = new Turnstile();
    private final LockKeeper lock =
            new LockKeeper(store, postgres, flag, new FaultyGuard(), promise, Watchdog.NONE, turnstile, FAST);
    private boolean guardFails;
    private int woken;
    private final LeaseRenewer renewer = new LeaseRenewer(
            lock,
            new ElectorateKeeper(
                    store, postgres, new NoPeers(), lock, promise, Threads.system(), time, "n1", () -> "http://n1"),
            played,
            time,
            () -> woken++);

    @BeforeEach
    void leads() {
        lock.acquire(List.of());
    }

    @Test
    void itRenewsWhileTheCycleWaits() throws Exception {
        renewer.allow(situation(PROFILE));
        looksEverySecond(10);

        assertEquals(FAST.ttl(), lock.left());
        assertTrue(store.load().isLeader("n1"));
        assertEquals(FAST.renewalPeriod(), played.limits.getFirst());
    }

    @Test
    void aCycleThatHangsLosesTheLease() throws Exception {
        renewer.allow(situation(PROFILE));
        looksEverySecond(20);
        assertTrue(flag.isLeader());

        looksEverySecond(3);
        assertFalse(flag.isLeader());
        assertTrue(store.load().isUnlocked());
    }

    @Test
    void eachCycleAllowsItAnew() throws Exception {
        for (int i = 0; i < 5; i++) {
            renewer.forbid();
            renewer.allow(situation(PROFILE));
            looksEverySecond(15);
        }
        assertTrue(flag.isLeader());
    }

    @Test
    void nothingIsRenewedBetweenTheBeginOfACycleAndItsOwnRenewal() throws Exception {
        renewer.allow(situation(PROFILE));
        renewer.forbid();
        looksEverySecond(2);

        assertEquals(SECOND, lock.left());
    }

    @Test
    void whoWaitedForTheLockSendsNothingWhenACycleHasBegunMeanwhile() throws Exception {
        renewer.allow(situation(PROFILE));
        played.between(() -> {
            time.advance(SECOND);
            turnstile.meanwhile = renewer::forbid;
        });
        played.play();

        assertEquals(Duration.ofSeconds(2), lock.left());
    }

    @Test
    void whoWaitedForTheLockSendsNothingForACycleThatHangs() throws Exception {
        renewer.allow(situation(PROFILE));
        looksEverySecond(19);
        played.between(() -> turnstile.meanwhile = () -> time.advance(Duration.ofSeconds(2)));
        played.play();

        assertEquals(SECOND, lock.left());
    }

    @Test
    void whoWaitedForTheLockWhileItWasGivenUpDoesNotMakeTheKeyAgain() throws Exception {
        renewer.allow(situation(PROFILE));
        ClusterView seen = store.load();
        played.between(() -> turnstile.meanwhile = () -> lock.release(seen, null));
        played.play();

        assertTrue(store.load().isUnlocked());
        assertFalse(flag.isLeader());
    }

    @Test
    void nothingIsRenewedOnceTheLockWasGivenUp() throws Exception {
        renewer.allow(situation(PROFILE));
        lock.release(store.load(), null);
        looksEverySecond(2);

        assertTrue(store.load().isUnlocked());
        assertFalse(flag.isLeader());
    }

    /** A release without answer may have been applied or not: the key is never written again for it. */
    @Test
    void nothingIsRenewedOnceAReleaseGotNoAnswer() throws Exception {
        renewer.allow(situation(PROFILE));
        ClusterView seen = store.load();
        store.fault(Fault.ANSWERS_LOST);
        lock.release(seen, null);
        store.fault(Fault.NONE);
        looksEverySecond(2);

        assertTrue(store.load().isUnlocked());
        assertFalse(flag.isLeader());
    }

    @Test
    void aLeaseThatIsOverIsNotRenewedAnyMore() throws Exception {
        renewer.allow(situation(PROFILE));
        time.advance(FAST.ttl());
        looksEverySecond(1);

        assertTrue(store.load().isUnlocked());
    }

    @Test
    void theStoresSilenceMakesTheLeaseNoLonger() throws Exception {
        renewer.allow(situation(PROFILE));
        store.fault(Fault.UNREACHABLE);
        looksEverySecond(2);
        assertEquals(SECOND, lock.left());

        looksEverySecond(1);
        assertFalse(flag.isLeader());
    }

    @Test
    void whoLostTheKeyToAnotherIsWoken() throws Exception {
        renewer.allow(situation(PROFILE));
        server.connect("n2", FAST).takeLeader();
        looksEverySecond(1);

        assertEquals(1, woken);
        assertFalse(flag.isLeader());
    }

    @Test
    void onlyWhereTheConfigurationAsksForIt() throws Exception {
        renewer.allow(situation("{}"));
        renewer.allow(situation("{\"pause\":true,\"matriarch\":{\"profile\":\"fast\"}}"));

        assertEquals(0, played.started.size());
    }

    @Test
    void aDefectCostsOneRenewal() throws Exception {
        renewer.allow(situation(PROFILE));
        postgres.asPrimary();
        guardFails = true;
        played.between(() -> time.advance(SECOND));
        played.between(() -> guardFails = false);
        looksEverySecond(1);

        assertEquals(FAST.ttl(), lock.left());
    }

    @Test
    void oneThreadForAllCycles() throws Exception {
        for (int i = 0; i < 3; i++) {
            renewer.forbid();
            renewer.allow(situation(PROFILE));
        }
        assertEquals(List.of("lease"), played.started);
    }

    private void looksEverySecond(int times) throws InterruptedException {
        for (int i = 0; i < times; i++) {
            played.between(() -> time.advance(SECOND));
        }
        played.play();
    }

    private Situation situation(String config) throws Exception {
        var local = new LocalPostgres(
                LocalPostgres.DataDirectory.PRESENT,
                "",
                "4711",
                true,
                PostgresState.RUNNING,
                Role.PRIMARY,
                false,
                1,
                Lsn.NONE,
                false,
                "",
                true,
                false,
                false,
                false,
                false);
        return new Situation(
                "n1",
                Tags.NONE,
                time.now(),
                Instant.EPOCH,
                store.load(),
                store.load(),
                new DynamicConfig(Json.parseObject(config).orElseThrow()),
                FAST,
                local,
                new NodeMemory(time.now(), Duration.ZERO)
                        .snapshot(time.now(), null, false, WatchdogCondition.READY, null, null),
                Answers.NONE,
                false,
                false,
                0);
    }

    /** Keeps the body of the one thread; {@link #play} runs it until nothing more is to happen between its waits. */
    private static final class Played implements Threads {

        private static final class Interlude extends RuntimeException {
            private static final long serialVersionUID = 1L;
        }

        final List<String> started = new ArrayList<>();
        final List<Duration> limits = new ArrayList<>();
        private final Deque<Runnable> events = new ArrayDeque<>();
        private Runnable body = () -> {};

        void between(Runnable event) {
            events.add(event);
        }

        void play() {
            try {
                body.run();
            } catch (Interlude e) {
                assertTrue(events.isEmpty());
            }
        }

        @Override
        public void start(String name, Runnable newBody) {
            started.add(name);
            body = newBody;
        }

        @Override
        public Lock newLock() {
            return Threads.system().newLock();
        }

        @Override
        public Bell newBell() {
            return new Bell() {
                @Override
                public void ring() {}

                @Override
                public boolean await(Duration limit) {
                    limits.add(limit);
                    if (events.isEmpty()) {
                        throw new Interlude();
                    }
                    Objects.requireNonNull(events.poll()).run();
                    return false;
                }
            };
        }
    }

    /** Something may happen while somebody waits for its lock. */
    private static final class Turnstile implements Threads {

        private Runnable meanwhile = () -> {};

        @Override
        public void start(String name, Runnable body) {
            throw new AssertionError();
        }

        @Override
        public Lock newLock() {
            return new ReentrantLock() {
                private static final long serialVersionUID = 1L;

                @Override
                public void lock() {
                    Runnable event = meanwhile;
                    meanwhile = () -> {};
                    event.run();
                    super.lock();
                }
            };
        }

        @Override
        public Bell newBell() {
            throw new AssertionError();
        }
    }

    private final class FaultyGuard implements LeaseGuard {

        @Override
        public void holdUntil(Postmaster postmaster, MonotonicTime leaseEnd) {
            if (guardFails) {
                throw new IllegalStateException("a defect");
            }
        }

        @Override
        public void release() {}
    }

    private static final class NoPeers implements Peers {
        @Override
        public List<PeerStatus> poll(Collection<Member> members, Duration limit) {
            throw new AssertionError();
        }

        @Override
        public List<Consent> askForConsent(Map<String, String> members, String announcement) {
            throw new AssertionError();
        }

        @Override
        public List<Said> askForLease(
                Map<String, String> members, String body, Duration limit, Predicate<List<Said>> enough) {
            throw new AssertionError();
        }

        @Override
        public boolean isAlive(Member member) {
            throw new AssertionError();
        }
    }
}

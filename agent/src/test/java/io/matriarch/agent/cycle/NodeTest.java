package io.matriarch.agent.cycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.agent.peers.Peers;
import io.matriarch.engine.LockOutcome;
import io.matriarch.engine.Situation;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.PeerStatus;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import io.matriarch.model.Threads;
import io.matriarch.model.Timing;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.postgres.LocalFacts;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.PromoteOutcome;
import io.matriarch.postgres.StopRequest;
import io.matriarch.store.Expectation;
import io.matriarch.store.memory.Fault;
import io.matriarch.store.memory.MemoryServer;
import io.matriarch.store.memory.MemoryStore;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Sequences over several cycles with a job beside them: who stops what, who keeps the lock, what is guarded when. */
class NodeTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String REPLICA = "{\"conn_url\":\"postgres://127.0.0.1:5433/postgres\","
            + "\"api_url\":\"http://127.0.0.1:8009/patroni\",\"state\":\"running\",\"role\":\"replica\","
            + "\"xlog_location\":1000}";

    private final ManualTime time = new ManualTime();
    private final MemoryServer server = new MemoryServer(time);
    private final MemoryStore store = server.connect("n1", Timing.DEFAULT);
    private final MemoryStore other = server.connect("n2", Timing.DEFAULT);
    private final FakePostgres postgres = new FakePostgres();
    private final FakeGuard guard = new FakeGuard();
    private final Peers peers = new Peers() {
        @Override
        public List<PeerStatus> poll(Collection<Member> members) {
            return members.stream()
                    .<PeerStatus>map(m -> new PeerStatus.Reachable(m.name(), false, new Lsn(1000), 1, m.tags(), false))
                    .toList();
        }

        @Override
        public boolean isAlive(Member member) {
            return false;
        }
    };
    private Node node;
    private Thread thread;
    private final AtomicReference<Integer> exitCode = new AtomicReference<>();

    @AfterEach
    void end() throws InterruptedException {
        if (thread != null) {
            postgres.stopping = request -> true;
            postgres.cancelled.set(true);
            node.requestStop();
            assertTrue(thread.join(LIMIT));
        }
    }

    // ---- demotion ---------------------------------------------------------------------------------------------------

    @Test
    void aLostLockDoesNotWaitForAnOrderlyDemotion() throws Exception {
        leader();
        postgres.stopping = request -> request.mode() == StopRequest.Mode.IMMEDIATE || !waitForCancel();
        demand("{\"leader\":\"n1\",\"member\":\"n2\"}");
        await("the orderly stop", () -> postgres.calls.contains("stop FAST"));

        other.put(Key.INITIALIZE, FakePostgres.SYSTEM, Expectation.ANY);
        other.takeLeader();
        wake();

        await("the immediate stop", () -> postgres.calls.contains("stop IMMEDIATE"));
        await("the end of it", () -> postgres.role() != Role.PRIMARY);
    }

    @Test
    void anOrderlyDemotionThatIsCutOffKeepsTheLockAndTheRole() throws Exception {
        leader();
        postgres.stopping = request -> !waitForCancel();
        demand("{\"leader\":\"n1\",\"member\":\"n2\"}");
        await("the orderly stop", () -> postgres.calls.contains("stop FAST"));

        postgres.cancel();
        await("its end", () -> postgres.calls.contains("stop FAST failed"));
        wake();
        await("the next one", () -> postgres.calls.indexOf("stop FAST") != postgres.calls.lastIndexOf("stop FAST"));

        assertEquals("n1", other.load().leaderName());
        assertEquals(Role.PRIMARY, postgres.role());
        assertFalse(postgres.calls.contains("start REPLICA"));
    }

    // ---- what is guarded ------------------------------------------------------------------------------------------------

    @Test
    void anOrderlyEndReleasesTheGuardOnceNobodyCanWrite() throws Exception {
        leader();
        assertNotNull(guard.guarded);
        var whileStopping = new AtomicReference<Boolean>();
        postgres.stopping = request -> {
            request.onSafePoint().run();
            whileStopping.set(guard.guarded == null);
            return true;
        };

        node.requestStop();
        assertTrue(thread.join(LIMIT));

        assertEquals(Boolean.TRUE, whileStopping.get());
        assertTrue(other.load().isUnlocked());
    }

    @Test
    void aPrimaryThatIsStartedAgainIsGuardedBeforeItAcceptsConnections() throws Exception {
        leader();
        var crashed = postgres.postmaster;
        postgres.started = started(postgres.started);
        postgres.postmaster = null;
        wake();

        await("the start", () -> stateWhenGuarded.get() != null);
        assertEquals(PostgresState.STARTING, stateWhenGuarded.get());
        assertFalse(postgres.postmaster.equals(crashed));
    }

    private final AtomicReference<PostgresState> stateWhenGuarded = new AtomicReference<>();

    private Runnable started(Runnable before) {
        return () -> {
            before.run();
            if (postgres.postmaster.equals(guard.guarded)) {
                stateWhenGuarded.set(postgres.state());
            }
        };
    }

    @Test
    void aDataDirectoryThatIsGoneStopsPostgresqlBeforeTheLockIsGivenUp() throws Exception {
        leader();
        var leaderAtStop = new AtomicReference<String>();
        postgres.stopping = request -> {
            leaderAtStop.set(leader(other));
            return true;
        };
        postgres.directory = new LocalFacts.DataDirectory.Inaccessible("input/output error");
        wake();

        await("the release", () -> leader(other) == null);
        assertEquals("n1", leaderAtStop.get());
        assertNull(postgres.postmaster);
        assertNull(guard.guarded);
    }

    @Test
    void whatCannotBeStoppedOverAMissingDataDirectoryKeepsTheLock() throws Exception {
        leader();
        postgres.stopping = request -> false;
        postgres.directory = new LocalFacts.DataDirectory.Empty();
        wake();

        await("the stop", () -> postgres.calls.contains("stop IMMEDIATE failed"));
        await("the end of that cycle", () -> node.status().lastResult().contains("could not be stopped"));
        assertEquals("n1", leader(other));
    }

    @Test
    void aPromotionUnderWayIsStoppedWhenTheLockIsLost() throws Exception {
        var mayOpen = new CountDownLatch(1);
        postgres.promoting = hook -> {
            assertTrue(hook.mayGoOn());
            postgres.role = Role.PROMOTED;
            return cancelledBefore(mayOpen) ? PromoteOutcome.FAILED : PromoteOutcome.PROMOTED;
        };
        run();
        await("the promotion", () -> postgres.role() == Role.PROMOTED);

        other.takeLeader();
        wake();

        await("the immediate stop", () -> postgres.calls.contains("stop IMMEDIATE"));
    }

    @Test
    void aPromotionUnderWayIsStoppedWhenTheStoreIsAway() throws Exception {
        postgres.promoting = hook -> {
            assertTrue(hook.mayGoOn());
            postgres.role = Role.PROMOTED;
            return cancelledBefore(new CountDownLatch(1)) ? PromoteOutcome.FAILED : PromoteOutcome.PROMOTED;
        };
        run();
        await("the promotion", () -> postgres.role() == Role.PROMOTED);

        store.fault(Fault.UNREACHABLE);

        await("the stop", () -> postgres.calls.contains("stop FAST"));
    }

    // ---- limits of a start ------------------------------------------------------------------------------------------

    @Test
    void theTimeoutOfARestartCountsForThatRestartOnly() throws Exception {
        leader();
        assertTrue(node.restart(Json.parseObject("{\"timeout\": 5}").orElseThrow()).success());
        cycle();
        cycle();

        postgres.startsSlowly = true;
        postgres.postmaster = null;
        wake();
        await("the start", () -> postgres.calls.contains("start PRIMARY"));
        cycle();
        cycle();
        time.advance(Duration.ofSeconds(6));
        wake();

        await("the countdown", () -> node.status().lastResult().contains("294 seconds until timeout"));
    }

    @Test
    void crashRecoveryInSingleUserModeIsMeasured() throws Exception {
        leader();
        other.publishMember(REPLICA);
        postgres.controlState = "in production";
        postgres.recoversForEver = true;
        postgres.role = Role.DEMOTED;
        postgres.rewindUsable = true;
        postgres.postmaster = null;
        wake();
        await("crash recovery", () -> postgres.calls.contains("crash recovery"));

        for (int seconds = 0; seconds < 300; seconds += 20) {
            assertFalse(postgres.cancelled.get());
            other.publishMember(REPLICA);
            time.advance(Duration.ofSeconds(20));
            cycle();
        }
        wake();

        await("the end of the lock", () -> leader(other) == null);
        assertTrue(postgres.calls.contains("stop IMMEDIATE"));
    }

    // ---- helpers --------------------------------------------------------------------------------------------------------

    private void leader() throws Exception {
        postgres.asPrimary();
        store.acquireLeader();
        run();
        await("the first cycle as leader", () -> node.leaderFlag().isLeader() && guard.guarded != null);
    }

    private void run() throws Exception {
        store.put(Key.INITIALIZE, FakePostgres.SYSTEM, Expectation.ANY);
        store.put(Key.CONFIG, "{\"loop_wait\":10}", Expectation.ANY);
        LocalConfig local = LocalConfig.parse(Json.parseObject("""
                {"scope": "demo", "name": "n1", "etcd3": {"host": "127.0.0.1:2379"},
                 "restapi": {"listen": "127.0.0.1:8008", "connect_address": "127.0.0.1:8008"},
                 "postgresql": {"listen": "127.0.0.1:5432", "connect_address": "127.0.0.1:5432", "data_dir": "/nowhere",
                   "authentication": {"superuser": {"username": "postgres"}, "replication": {"username": "rep"}}}}
                """).orElseThrow());
        var dynamic = store.load().config().config();
        var settings = new Settings(local, dynamic, Timing.DEFAULT, local.postgres(dynamic));
        node = new Node(
                new Node.NodeParts(
                        store,
                        postgres,
                        peers,
                        guard,
                        (_, _, _) -> new NoSync(),
                        (_, _) -> {},
                        (_, _) -> {},
                        new FixedConfiguration(),
                        time,
                        Threads.system(),
                        new Random(1)),
                new NodeIdentity("demo", "n1"),
                settings);
        thread = Thread.ofPlatform().daemon().start(() -> {
            try {
                exitCode.set(node.run());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void demand(String request) {
        other.put(Key.FAILOVER, request, Expectation.ANY);
        other.publishMember(REPLICA);
        wake();
    }

    /** One whole pass at least. */
    private void cycle() {
        for (int i = 0; i < 2; i++) {
            var before = node.status();
            wake();
            await("a pass", () -> node.status() != before);
        }
    }

    private void wake() {
        node.wakeUp();
    }

    private static String leader(MemoryStore store) {
        try {
            return store.load().leaderName();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** True once the stop was cancelled. */
    private boolean waitForCancel() {
        await("a cancelled stop", postgres.cancelled::get);
        return true;
    }

    private boolean cancelledBefore(CountDownLatch latch) {
        try {
            while (!latch.await(5, TimeUnit.MILLISECONDS)) {
                if (postgres.cancelled.get()) {
                    return true;
                }
            }
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("did not happen within " + LIMIT + ": " + what);
            }
            Thread.onSpinWait();
        }
    }

    private static final class NoSync implements SyncKeeper {
        @Override
        public void manage(Situation s, Optional<Snapshot> snapshot) {}

        @Override
        public LockOutcome prepareForPromotion(Situation s) {
            return LockOutcome.APPLIED;
        }
    }

    private static final class FixedConfiguration implements Node.ConfigurationSource {
        @Override
        public Optional<LocalConfig> reload() {
            return Optional.empty();
        }

        @Override
        public Optional<Settings> compose(LocalConfig local, DynamicConfig dynamic) {
            return Optional.empty();
        }

        @Override
        public void keep(Settings settings, Role role) {}

        @Override
        public void applied(Settings settings, boolean explicit) {}
    }
}

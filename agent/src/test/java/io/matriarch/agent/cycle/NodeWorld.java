package io.matriarch.agent.cycle;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.agent.meters.Meters;
import io.matriarch.agent.peers.Peers;
import io.matriarch.engine.LockOutcome;
import io.matriarch.engine.Situation;
import io.matriarch.engine.Verdict;
import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.LeaseAnswer;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.PeerStatus;
import io.matriarch.model.Role;
import io.matriarch.model.SyncState;
import io.matriarch.model.Threads;
import io.matriarch.model.Timing;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.memory.MemoryServer;
import io.matriarch.store.memory.MemoryStore;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** One node with everything around it in a test's hands. */
abstract class NodeWorld {

    private String config;
    static final Duration LIMIT = Duration.ofSeconds(20);
    static final String REPLICA = "{\"conn_url\":\"postgres://127.0.0.1:5433/postgres\","
            + "\"api_url\":\"http://127.0.0.1:8009/patroni\",\"state\":\"running\",\"role\":\"replica\","
            + "\"xlog_location\":1000}";

    final ManualTime time = new ManualTime();
    final MemoryServer server = new MemoryServer(time);
    final MemoryStore store = server.connect("n1", Timing.DEFAULT);
    final MemoryStore other = server.connect("n2", Timing.DEFAULT);
    final FakePostgres postgres = new FakePostgres();
    final FakeGuard guard = new FakeGuard();
    private final Peers peers = new Peers() {
        @Override
        public List<PeerStatus> poll(Collection<Member> members, Duration limit) {
            polled.run();
            return members.stream()
                    .<PeerStatus>map(m -> new PeerStatus.Reachable(m.name(), false, new Lsn(1000), 1, m.tags(), false))
                    .toList();
        }

        @Override
        public List<Consent> askForConsent(Map<String, String> members, String announcement) {
            announcements.add(announcement);
            return members.keySet().stream()
                    .map(n -> new Consent(n, consenting, "test", new Lsn(1234)))
                    .toList();
        }

        @Override
        public List<Said> askForLease(
                Map<String, String> members, String body, Duration limit, Predicate<List<Said>> enough) {
            announcements.add(body);
            return members.keySet().stream()
                    .map(name -> new Said(name, consenting ? LeaseAnswer.GIVEN : LeaseAnswer.refused("test")))
                    .toList();
        }

        @Override
        public boolean isAlive(Member member) {
            return false;
        }
    };
    /** What replication slots were last brought in line with. */
    volatile @Nullable Situation slotsFor;

    private final Journal journal = new Journal() {
        @Override
        public void record(Verdict verdict, Situation situation) {}

        @Override
        public void event(String text) {
            told.add(text);
        }
    };
    /** Events of the journal. */
    final List<String> told = new CopyOnWriteArrayList<>();
    /** What members were asked to consent to. */
    final List<String> announcements = new CopyOnWriteArrayList<>();

    volatile boolean consenting = true;
    /** When other members are asked what they have. */
    volatile Runnable polled = () -> {};

    Node.SyncKeeperFactory syncKeeper = (_, _, _) -> new NoSync();
    Node node;
    Thread thread;
    final AtomicReference<Integer> exitCode = new AtomicReference<>();

    /** @param config the dynamic configuration */
    NodeWorld(String config) {
        this.config = config;
    }

    @AfterEach
    void end() throws InterruptedException {
        if (thread != null) {
            postgres.stopping = request -> true;
            postgres.cancelled.set(true);
            node.requestStop();
            assertTrue(thread.join(LIMIT));
        }
    }

    // ---- helpers

    void leader() throws Exception {
        postgres.asPrimary();
        store.acquireLeader();
        run();
        await("the first cycle as leader", () -> node.leaderFlag().isLeader() && guard.guarded != null);
    }

    void run() throws Exception {
        store.put(Key.INITIALIZE, FakePostgres.SYSTEM, Expectation.ANY);
        store.put(Key.CONFIG, config, Expectation.ANY);
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
                        Watchdog.NONE,
                        syncKeeper,
                        (s, _) -> {
                            slotsFor = s;
                            return List.of();
                        },
                        journal,
                        ServiceManager.NONE,
                        new Meters(),
                        PromiseRecord.NONE,
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

    void config(String document) {
        config = document;
    }

    void demand(String request) {
        other.put(Key.FAILOVER, request, Expectation.ANY);
        other.publishMember(REPLICA);
        wake();
    }

    /** One whole pass at least. */
    void cycle() {
        for (int i = 0; i < 2; i++) {
            var before = node.status();
            wake();
            await("a pass", () -> node.status() != before);
        }
    }

    void wake() {
        node.wakeUp();
    }

    static String leader(MemoryStore store) {
        try {
            return store.load().leaderName();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** True once the stop was cancelled. */
    boolean waitForCancel() {
        await("a cancelled stop", postgres.cancelled::get);
        return true;
    }

    boolean cancelledBefore(CountDownLatch latch) {
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

    static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("did not happen within " + LIMIT + ": " + what);
            }
            Thread.onSpinWait();
        }
    }

    ClusterView view() {
        try {
            return other.load();
        } catch (StoreUnavailableException e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class NoSync implements SyncKeeper {
        @Override
        public void manage(Situation s, Optional<Snapshot> snapshot) {}

        @Override
        public LockOutcome prepareForPromotion(Situation s) {
            return LockOutcome.APPLIED;
        }

        @Override
        public void takeBack(SyncState key) {}
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

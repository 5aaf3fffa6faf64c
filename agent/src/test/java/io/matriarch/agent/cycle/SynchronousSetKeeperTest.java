package io.matriarch.agent.cycle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.engine.Answers;
import io.matriarch.engine.LocalPostgres;
import io.matriarch.engine.LockOutcome;
import io.matriarch.engine.Memory.FailedPromotion;
import io.matriarch.engine.Situation;
import io.matriarch.engine.WatchdogCondition;
import io.matriarch.engine.sync.StandbyNames;
import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.Lsn;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import io.matriarch.model.SyncState;
import io.matriarch.model.Tags;
import io.matriarch.model.Timing;
import io.matriarch.postgres.LocalFacts.WalSender;
import io.matriarch.store.Expectation;
import io.matriarch.store.memory.MemoryServer;
import io.matriarch.store.memory.MemoryStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written before a promotion, and put back when it does not begin. This node is n1, n2 led. */
class SynchronousSetKeeperTest {

    private static final String BEFORE = "{\"leader\":\"n2\",\"quorum\":0,\"sync_standby\":\"n1,n3\"}";
    private static final String PRIORITY = "{\"synchronous_mode\":true}";
    private static final String STRICT = "{\"synchronous_mode\":true,\"synchronous_mode_strict\":true}";
    private static final String QUORUM = "{\"synchronous_mode\":\"quorum\"}";

    private final ManualTime time = new ManualTime();
    private final MemoryServer server = new MemoryServer(time);
    private final MemoryStore store = server.connect("n1", Timing.DEFAULT);
    private final FakePostgres postgres = new FakePostgres();
    private final SynchronousSetKeeper keeper = new SynchronousSetKeeper(store, postgres, time);

    @BeforeEach
    void n2Led() {
        store.put(Key.SYNC, BEFORE, Expectation.ANY);
    }

    private Situation situation(String config) throws Exception {
        ClusterView view = store.load();
        var local = new LocalPostgres(
                LocalPostgres.DataDirectory.PRESENT,
                "",
                "4711",
                true,
                PostgresState.RUNNING,
                Role.REPLICA,
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
        var memory = new NodeMemory(time.now(), Duration.ZERO);
        memory.failedPromotion = FailedPromotion.SCRIPT;
        return new Situation(
                "n1",
                Tags.NONE,
                time.now(),
                Instant.EPOCH,
                view,
                view,
                new DynamicConfig(Json.parseObject(config).orElseThrow()),
                Timing.DEFAULT,
                local,
                memory.snapshot(time.now(), null, false, WatchdogCondition.READY, null, null),
                Answers.NONE,
                false,
                false,
                0);
    }

    private String key() throws Exception {
        return store.load().sync().toJson();
    }

    @ParameterizedTest
    @ValueSource(strings = {STRICT, QUORUM})
    void noPromotionWithoutTheParameter(String config) throws Exception {
        postgres.refusesSynchronousStandbyNames = true;
        assertEquals(LockOutcome.UNKNOWN, keeper.prepareForPromotion(situation(config)));
        postgres.refusesSynchronousStandbyNames = false;
        assertEquals(LockOutcome.APPLIED, keeper.prepareForPromotion(situation(config)));
    }

    @Test
    void inQuorumModeTheKeyIsNotTakenOverBeforeTheParameterIsInForce() throws Exception {
        postgres.refusesSynchronousStandbyNames = true;
        keeper.prepareForPromotion(situation(QUORUM));
        assertEquals(BEFORE, key());
    }

    @Test
    void moreThanIsPromisedDoesNotHinderAPromotion() throws Exception {
        postgres.refusesSynchronousStandbyNames = true;
        assertEquals(LockOutcome.APPLIED, keeper.prepareForPromotion(situation(PRIORITY)));
    }

    @ParameterizedTest
    @ValueSource(strings = {STRICT, QUORUM})
    void theFirstCommitsAreHeldUntilStandbysCameOver(String config) throws Exception {
        assertEquals(LockOutcome.APPLIED, keeper.prepareForPromotion(situation(config)));
        assertEquals(
                Optional.of(true),
                StandbyNames.parse(postgres.synchronousStandbyNames).map(StandbyNames::holdsEverything));
    }

    @Test
    void anAsynchronousPrimaryLeavesNoKeyThatPromisesMore() throws Exception {
        assertEquals(LockOutcome.APPLIED, keeper.prepareForPromotion(situation("{}")));
        assertEquals(SyncState.EMPTY.toJson(), key());
        assertEquals(LockOutcome.APPLIED, keeper.prepareForPromotion(situation("{}")));
    }

    /** The answer to the removal of the key was lost (seed 9400486): without a key nothing else would let commits go. */
    @Test
    void namesThatAreLeftWithoutAKeyAreTakenBack() throws Exception {
        postgres.synchronousStandbyNames = "n2";
        store.delete(Key.SYNC, Expectation.ANY);

        keeper.manage(situation("{}"), postgres.observe().snapshot());

        assertEquals("", postgres.synchronousStandbyNames);
    }

    @Test
    void aPromotionInAsynchronousModeDoesNotKeepWhatAnEarlierAttemptAssigned() throws Exception {
        keeper.prepareForPromotion(situation(QUORUM));
        store.delete(Key.SYNC, Expectation.ANY);

        assertEquals(LockOutcome.APPLIED, keeper.prepareForPromotion(situation("{}")));

        assertEquals("", postgres.synchronousStandbyNames);
    }

    @Test
    void whileAKeyThatPromisesMoreCannotBeRemovedNobodyIsPromoted() throws Exception {
        Situation stale = situation("{}");
        store.put(Key.SYNC, "{\"leader\":\"n3\",\"quorum\":0,\"sync_standby\":null}", Expectation.ANY);
        assertEquals(LockOutcome.REFUSED, keeper.prepareForPromotion(stale));
    }

    @ParameterizedTest
    @ValueSource(strings = {PRIORITY, STRICT, QUORUM})
    void aKeyThatWasTakenOverInVainIsPutBack(String config) throws Exception {
        keeper.prepareForPromotion(situation(config));
        keeper.prepareForPromotion(situation(config)); // the first attempt got no further
        keeper.takeBack(store.load().sync());
        assertEquals(BEFORE, key());
    }

    @Test
    void whatSomebodyElseWroteStays() throws Exception {
        keeper.prepareForPromotion(situation(PRIORITY));
        String other = "{\"leader\":\"n3\",\"quorum\":0,\"sync_standby\":null}";
        store.put(Key.SYNC, other, Expectation.ANY);
        keeper.takeBack(store.load().sync());
        assertEquals(other, key());
    }

    @Test
    void aKeyThatWasNotTakenOverStays() throws Exception {
        keeper.takeBack(store.load().sync());
        assertEquals(BEFORE, key());
    }

    /** Its names are electors, of which each may lack something (seed 8491245). */
    @Test
    void aKeyWithVotesStaysOneWhenAnotherModePromotes() throws Exception {
        store.put(Key.SYNC, "{\"leader\":\"n2\",\"quorum\":1,\"sync_standby\":\"n1,n3\"}", Expectation.ANY);

        assertEquals(LockOutcome.APPLIED, keeper.prepareForPromotion(situation(STRICT)));

        assertEquals("{\"leader\":\"n1\",\"quorum\":1,\"sync_standby\":\"n2,n3\"}", key());
    }

    /** The answer to the write was late, and so was the write (seed 8469321). */
    @Test
    void namesAreNotRelaxedByAKeyThatWasWrittenBehindWhatWasRead() throws Exception {
        store.put(Key.SYNC, "{\"leader\":\"n1\",\"quorum\":0,\"sync_standby\":null}", Expectation.ANY);
        postgres.synchronousStandbyNames = "n2";
        Situation seen = situation(PRIORITY);
        store.put(Key.SYNC, "{\"leader\":\"n1\",\"quorum\":0,\"sync_standby\":\"n2\"}", Expectation.ANY);

        keeper.manage(seen, postgres.observe().snapshot());

        assertEquals("n2", postgres.synchronousStandbyNames);

        keeper.manage(situation(PRIORITY), postgres.observe().snapshot());

        assertEquals("{\"leader\":\"n1\",\"quorum\":0,\"sync_standby\":null}", key(), "the key goes first");
        assertEquals("", postgres.synchronousStandbyNames);
    }

    /** They are in force after the restart; until then the server shows the old ones, by which n2 would be promised (seed 8981670). */
    @Test
    void nobodyIsPromisedByNamesThatARestartTakesBack() throws Exception {
        store.put(Key.SYNC, "{\"leader\":\"n1\",\"quorum\":0,\"sync_standby\":\"n2\"}", Expectation.ANY);
        server.connect("n2", Timing.DEFAULT).publishMember(NodeWorld.REPLICA);
        postgres.synchronousStandbyNames = "n2";
        var withoutStandbys = postgres.observe().snapshot();
        var position = new Lsn(1000);
        postgres.walSenders = List.of(new WalSender(
                7, "rep", "n2", null, "n2", "streaming", "sync", 1, position, position, position, position));
        postgres.restarting = true;

        keeper.manage(situation(PRIORITY), withoutStandbys);

        assertEquals("{\"leader\":\"n1\",\"quorum\":0,\"sync_standby\":null}", key());
    }
}

package io.matriarch.engine;

import static io.matriarch.engine.Given.dead;
import static io.matriarch.engine.Given.leader;
import static io.matriarch.engine.Given.primary;
import static io.matriarch.engine.Given.replica;
import static io.matriarch.engine.Given.replicaAt;
import static io.matriarch.engine.Given.replicaOn;
import static io.matriarch.engine.LockOutcome.APPLIED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.matriarch.model.PostgresState;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What keeps a node from leading, each guard alone: exactly at its limit, and one beyond. Mutation testing showed that the
 * table of all rules lets some of them be removed unnoticed.
 */
class GuardsTest {

    private static final String CHECK_TIMELINE = "{\"check_timeline\":true}";
    private static final String BACKOFF = "{\"primary_race_backoff\":30}";
    private static final String QUORUM = "{\"synchronous_mode\":\"quorum\"}";
    private static final String SYNC = "{\"synchronous_mode\":true}";
    private static final long LAG = 1_048_576;

    private static void races(Given given) {
        assertEquals(new Step.AcquireLock(), given.decide().step());
    }

    /** The reason why it does not race. */
    private static String refusal(Given given) {
        Verdict verdict = given.reloaded().decide();
        assertTrue(
                !(verdict.step() instanceof Step.AcquireLock) && !(verdict.step() instanceof Step.AskPeers),
                verdict::toString);
        return String.join("; ", Given.texts(verdict));
    }

    private static Given alone(Given given) {
        return given.answers(dead("n0"), dead("n2"));
    }

    // ---- 8.3: comparing

    @Test
    void theLagMayBeAsLargeAsTheLimitAndNotLarger() {
        races(alone(replica().optime(1000 + LAG)));
        assertEquals(
                "My wal position exceeds maximum replication lag",
                refusal(alone(replica().optime(1001 + LAG))));
    }

    @Test
    void anOldOrUnknownTimelineDoesNotRaceWhereItIsChecked() {
        races(alone(replica().config(CHECK_TIMELINE).timeline(2).clusterTimeline(2)));
        races(alone(replica().timeline(1).clusterTimeline(2)));
        assertEquals(
                "My timeline 1 is behind last known cluster timeline 2",
                refusal(alone(replica().config(CHECK_TIMELINE).timeline(1).clusterTimeline(2))));
    }

    @Test
    void whoMustNotLeadIsNotAskedExceptForItsVote() {
        String tag = "{\"nofailover\":true}";
        assertEquals(
                new Step.AskPeers(List.of("n0")),
                replica().member("n2", "replica", "running", 1000, tag).decide().step());
        assertEquals(
                new Step.AskPeers(List.of("n0", "n2")),
                replica()
                        .member("n2", "replica", "running", 1000, tag)
                        .config(QUORUM)
                        .quorumSync(1, "n0", "n1", "n2")
                        .decide()
                        .step());
    }

    @Test
    void quorumNeedsExactlyItsVotes() {
        races(replica().config(QUORUM).quorumSync(1, "n0", "n1", "n2").answers(dead("n0"), replicaAt("n2", 1000)));
        assertEquals(
                "Got 0 quorum votes, 1 are needed",
                refusal(replica().config(QUORUM).quorumSync(1, "n0", "n1", "n2").answers(dead("n0"), dead("n2"))));
    }

    @Test
    void whoDoesNotVoteNeedsOneMore() {
        assertEquals(
                "Got quorum vote from n2; Got 0 quorum votes, 1 are needed",
                refusal(replica()
                        .config(QUORUM)
                        .quorumSync(1, "n0", "n2", "n3")
                        .answers(dead("n0"), replicaAt("n2", 1000))));
    }

    @Test
    void theVoteOfAStrangerDoesNotCount() {
        assertEquals(
                "Got 0 quorum votes, 1 are needed",
                refusal(replica()
                        .config(QUORUM)
                        .quorumSync(1, "n0", "n1", "n3")
                        .answers(dead("n0"), replicaAt("n2", 1000))));
    }

    @Test
    void aPositionThatIsNotKnownIsNoVote() {
        assertEquals(
                "Got 0 quorum votes, 1 are needed",
                refusal(replica()
                        .config(QUORUM)
                        .quorumSync(1, "n0", "n1", "n2")
                        .answers(dead("n0"), replicaAt("n2", 0))));
    }

    @Test
    void oneAheadIsEnoughAlsoWithAllVotes() {
        assertTrue(refusal(replica()
                        .config(QUORUM)
                        .quorumSync(1, "n0", "n1", "n2", "n3")
                        .member("n3", "replica", "running", 1000)
                        .answers(dead("n0"), replicaAt("n2", 1000), replicaAt("n3", 1001)))
                .contains("Wal position of n3 is ahead"));
    }

    /** A former leader with WAL that nobody else ever got: what the newer timeline acknowledged is not on it. */
    @Test
    void whoIsAheadOnAnOlderTimelineVotesLikeAnybodyBehind() {
        Given elector = replica().timeline(2).config(QUORUM).quorumSync(1, "n0", "n1", "n2");
        races(elector.answers(dead("n0"), replicaAt("n2", 5000)));
        assertTrue(
                refusal(elector.answers(dead("n0"), replicaOn(2, "n2", 5000))).contains("Wal position of n2 is ahead"));
        Given synchronous = replica().timeline(2).config(SYNC).sync("n0", "n1", "n2");
        races(synchronous.answers(dead("n0"), replicaAt("n2", 5000)));
    }

    @Test
    void inAsynchronousModeMoreWalWinsUnlessTimelinesAreChecked() {
        Given replica = replica().timeline(2);
        assertTrue(refusal(replica.answers(dead("n0"), replicaAt("n2", 5000))).contains("n2 is ahead"));
        races(replica.config(CHECK_TIMELINE).answers(dead("n0"), replicaAt("n2", 5000)));
    }

    @Test
    void nobodyMakesWayForAPriorityThatMayNotLead() {
        String first = "{\"failover_priority\":3}";
        assertTrue(refusal(replica().answers(dead("n0"), replicaAt("n2", 1000, first)))
                .contains("priority 3"));
        races(replica().failsafe("n0", "n1").answers(dead("n0"), replicaAt("n2", 1000, first)));
        races(replica().timeline(2).config(CHECK_TIMELINE).answers(dead("n0"), replicaAt("n2", 1000, first)));
    }

    /** The leader of the key holds all that was ever acknowledged; an elector that may not lead only might. */
    @Test
    void outsideTheFailsafeMapAnElectorThatIsAheadHoldsUpAllButTheLeaderOfTheKey() {
        Given elector = replica().config(QUORUM).quorumSync(1, "n0", "n1", "n2").failsafe("n0", "n1");
        assertTrue(refusal(elector.answers(dead("n0"), replicaAt("n2", 1001))).contains("n2 is ahead"));
        races(replica()
                .config(QUORUM)
                .quorumSync(1, "n1", "n0", "n2")
                .failsafe("n0", "n1")
                .answers(dead("n0"), replicaAt("n2", 1001)));
    }

    @Test
    void aPrimaryThatAnswersEndsTheRace() {
        assertEquals("Primary (n0) is still alive", refusal(replica().answers(primary("n0", 10), replicaAt("n2", 10))));
    }

    @Test
    void onlyAHigherPriorityAtTheSamePositionGoesFirst() {
        String high = "{\"failover_priority\":2}";
        String equal = "{\"failover_priority\":1}";
        races(replica().answers(dead("n0"), replicaAt("n2", 1000, equal)));
        races(replica().answers(dead("n0"), replicaAt("n2", 999, high)));
        assertTrue(refusal(replica().answers(dead("n0"), replicaAt("n2", 1000, high)))
                .contains("n2 has equally tolerable WAL position and priority 2"));
    }

    @Test
    void whoIsNotInTheSynchronousSetDoesNotRace() {
        races(alone(replica().config(SYNC).sync("n0", "n1")));
        assertTrue(refusal(alone(replica().config(SYNC).sync("n0", "n2")))
                .contains("n1 is not in the synchronous set [n2] of leader n0"));
    }

    // ---- 8.1: the old primary may still write

    static Stream<Arguments> backoffs() {
        Duration second = Duration.ofSeconds(1);
        return Stream.of(
                arguments(
                        "WAL kept coming", replica().config(BACKOFF).leaderMissing(second.multipliedBy(29), 999), true),
                arguments(
                        "the time is over",
                        replica().config(BACKOFF).leaderMissing(second.multipliedBy(30), 999),
                        false),
                arguments(
                        "in the first cycle nobody can tell",
                        replica().config(BACKOFF).leaderMissing(second.multipliedBy(9), 1000),
                        true),
                arguments(
                        "no WAL for a cycle",
                        replica().config(BACKOFF).leaderMissing(second.multipliedBy(10), 1000),
                        false),
                arguments("it is off", replica().leaderMissing(second, 999), false),
                arguments(
                        "an operator names somebody",
                        replica().config(BACKOFF).leaderMissing(second, 999).request(null, "n1"),
                        false),
                arguments(
                        "the position of before is not known",
                        replica().config(BACKOFF).leaderMissing(second, 0),
                        false));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("backoffs")
    void theRaceWaitsWhileTheOldPrimaryWrites(String what, Given given, boolean waits) {
        Verdict verdict = given.decide();
        assertEquals(
                waits, verdict.result() != null && verdict.result().contains("wal position moved"), verdict::toString);
    }

    // ---- 8.2.4, 8.4: pause

    @Test
    void aRunningPrimaryTakesTheLockInPauseOnlyOfItsOwnCluster() {
        races(replica().paused().primaryHere());
        races(replica().paused().primaryHere().initialize(""));
        assertTrue(
                !(replica()
                                .paused()
                                .primaryHere()
                                .initialize("1")
                                .reloaded()
                                .decide()
                                .step()
                        instanceof Step.AcquireLock));
    }

    /** A frozen primary that thaws in pause, after another one has led and gone (seed 8216273). */
    @Test
    void anOutdatedPrimaryTakesNoLockInPauseWhereCommitsWerePromised() {
        Given outdated = replica().paused().primaryHere().clusterTimeline(2).reloaded();
        races(outdated);
        races(outdated.config("{\"synchronous_mode\":true}").paused().sync("n1", "n2"));

        Verdict verdict = outdated.sync("n0", "n2").decide();

        assertEquals("continue to run as primary without lock", verdict.result());
        assertTrue(
                verdict.reasons().getFirst().text().startsWith("My timeline 1 is behind last known cluster timeline 2"),
                verdict::toString);
        races(outdated.request(null, "n1"));
    }

    @Test
    void inPauseOnlyTheCandidateRaces() {
        races(replica().paused().request(null, "n1"));
        assertTrue(!(replica().paused().request(null, "n2").decide().step() instanceof Step.AcquireLock));
        assertInstanceOf(
                Step.ClearFailover.class,
                replica().paused().primaryHere().request(null, "n9").decide().step());
        assertTrue(!(replica().paused().request(null, "n9").decide().step() instanceof Step.ClearFailover));
    }

    // ---- 8.5: may the leader step down

    private static String switchover(Given given) {
        Verdict verdict = given.renewed(APPLIED).request("n1", null).decide();
        return verdict.step() instanceof Step.Demote ? "steps down" : String.join("; ", Given.texts(verdict));
    }

    @Test
    void theSuccessorMayLagAsMuchAsTheLimitAllows() {
        assertEquals("steps down", switchover(leader().optime(1000 + LAG).answers(dead("n0"), replicaAt("n2", 1000))));
        assertTrue(switchover(leader().optime(1001 + LAG).answers(dead("n0"), replicaAt("n2", 1000)))
                .contains("Member n2 exceeds maximum replication lag"));
    }

    @Test
    void theSuccessorMustBeOnTheTimelineWhereThatIsChecked() {
        Given old = leader().config(CHECK_TIMELINE).clusterTimeline(2).answers(dead("n0"), replicaAt("n2", 1000));
        assertTrue(switchover(old).contains("Timeline 1 of member n2 is behind the cluster timeline 2"));
        assertEquals(
                "steps down",
                switchover(
                        leader().config(CHECK_TIMELINE).clusterTimeline(1).answers(dead("n0"), replicaAt("n2", 1000))));
    }

    @Test
    void theQuorumMustBeReachableWithoutTheLeader() {
        Given enough = leader().config(QUORUM)
                .quorumSync(1, "n1", "n0", "n2")
                .answers(replicaAt("n0", 1000), replicaAt("n2", 1000));
        assertEquals("steps down", switchover(enough));
        Given few = leader().config(QUORUM).quorumSync(1, "n1", "n0", "n2").answers(dead("n0"), replicaAt("n2", 1000));
        assertTrue(switchover(few).contains("Quorum requirement 1 can not be reached"));
    }

    @Test
    void onlyAVoterMaySucceedInSynchronousMode() {
        assertTrue(switchover(leader().config(SYNC).sync("n1", "n2").answers(replicaAt("n0", 1000), dead("n2")))
                .contains("no healthy members found"));
        assertTrue(switchover(leader().member("n2", "replica", "running", 1000, "{\"nofailover\":true}")
                        .answers(dead("n0")))
                .contains("no healthy members found"));
    }

    // ---- 12.3, 4

    @Test
    void aStandbyThatCrashedIsRecoveredOnceBeforeItIsRewound() {
        Given crashed = replica()
                .leaderIs("n0")
                .down(PostgresState.CRASHED, "in archive recovery")
                .rewindUsable()
                .rewind(RewindState.NEEDED)
                .reloaded()
                .settled(new Step.ScheduleDivergenceCheck());
        assertEquals(new Step.RecoverInStandbyMode(), crashed.decide().step());
        assertEquals(new Step.Rewind("n0"), crashed.crashRecoveryDone().decide().step());
    }

    @Test
    void aBackupIsNotRecoveredInSingleUserMode() {
        Given crashed = replica()
                .leaderIs("n0")
                .down(PostgresState.CRASHED, "in production")
                .rewindUsable()
                .reloaded()
                .settled(new Step.ScheduleDivergenceCheck());
        assertEquals(new Step.RecoverInSingleUserMode(), crashed.decide().step());
        assertEquals(
                new Step.StartAsReplica("n0"), crashed.backupLabel().decide().step());
    }

    @Test
    void aCrashRecoveryThatTakesTooLongEndsWhereSomebodyElseCanLead() {
        Given recovering =
                leader().task("doing crash recovery in a single user mode").renewed(APPLIED);
        assertEquals(
                new Step.Rest(),
                recovering.startingFor(Duration.ofSeconds(299)).decide().step());
        assertEquals(
                new Step.Demote(DemoteMode.IMMEDIATE),
                recovering
                        .startingFor(Duration.ofSeconds(300))
                        .answers(dead("n0"), replicaAt("n2", 1000))
                        .decide()
                        .step());
    }

    // ---- 9.3.3

    @Test
    void aReplicaBehindItsLeadersTimelineIsComparedFirst() {
        assertEquals(
                new Step.ScheduleDivergenceCheck(),
                replica().leaderIs("n0").onTimeline("n0", 2).decide().step());
        assertEquals(
                new Step.Follow("n0"),
                replica()
                        .leaderIs("n0")
                        .timeline(2)
                        .onTimeline("n0", 2)
                        .decide()
                        .step());
    }
}

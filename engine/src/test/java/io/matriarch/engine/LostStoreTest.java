package io.matriarch.engine;

import static io.matriarch.engine.Given.dead;
import static io.matriarch.engine.Given.replica;
import static io.matriarch.engine.Given.replicaAt;
import static io.matriarch.engine.Given.replicaOn;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.matriarch.model.Role;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The store has lost its data (scenario S20). This node is n1, on timeline 1 at 1000; {@code ttl} is 30 s, n0 led last. */
class LostStoreTest {

    private static final Duration TTL = Duration.ofSeconds(30);
    private static final String MEMBER_LEASE = "{\"matriarch\":{\"member_lease\":true,\"member_lease_limit\":40}}";

    private static Given over() {
        return replica().storeLost(TTL);
    }

    static Stream<Arguments> races() {
        return Stream.of(
                arguments(
                        "all others say that they have no more",
                        over().answers(replicaAt("n0", 1000), replicaAt("n2", 900))),
                arguments(
                        "who has more is on an older timeline",
                        over().timeline(2).answers(replicaOn(1, "n0", 2000), replicaOn(2, "n2", 1000))),
                arguments(
                        "a member that must not lead says so, too",
                        over().member("n2", "replica", "running", 1000, "{\"nofailover\":true}")
                                .answers(replicaAt("n0", 1000), replicaAt("n2", 900, "{\"nofailover\":true}"))),
                arguments(
                        "a member that was not there before has no data yet",
                        over().member("n3", "replica", "running", 0)
                                .lastSeen("n0", "n2")
                                .answers(replicaAt("n0", 1000), replicaAt("n2", 900), dead("n3"))),
                arguments(
                        "a member is only being made",
                        over().member("n2", "replica", "creating replica", 0)
                                .answers(replicaAt("n0", 1000), dead("n2"))),
                arguments(
                        "this agent has never seen the cluster",
                        over().clusterNeverSeen().answers(dead("n0"), dead("n2"))),
                arguments(
                        "a standby cluster acknowledges nothing",
                        replica()
                                .config("{\"standby_cluster\":{\"host\":\"remote\"}}")
                                .storeLost(TTL)
                                .answers(dead("n0"), dead("n2"))),
                arguments(
                        "an operator names this node",
                        over().request(null, "n1").answers(dead("n0"), dead("n2"))),
                arguments(
                        "it is the primary", replica().storeLost(Duration.ZERO).primaryHere()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void races(String situation, Given given) {
        assertEquals(new Step.AcquireLock(), given.decide().step(), situation);
    }

    static Stream<Arguments> standsBack() {
        return Stream.of(
                arguments(
                        "the leader's lease may last",
                        replica().storeLost(TTL.minusSeconds(1)),
                        "the store has lost its data: whoever led may lead on for 2 seconds"),
                arguments(
                        "a leader may lead on by promises",
                        over().config(MEMBER_LEASE),
                        "the store has lost its data: whoever led may lead on for 11 seconds"),
                arguments(
                        "a member does not answer",
                        over().answers(dead("n0"), replicaAt("n2", 900)),
                        "the store has lost its data, and n0 does not say what it has: there may be commits that are"
                                + " not here"),
                arguments(
                        "a member that must not lead does not answer",
                        over().member("n2", "replica", "running", 1000, "{\"nofailover\":true}")
                                .answers(replicaAt("n0", 900), dead("n2")),
                        "the store has lost its data, and n2 does not say what it has: there may be commits that are"
                                + " not here"),
                arguments(
                        "a member is on a newer timeline, with less",
                        over().answers(replicaOn(2, "n0", 900), replicaAt("n2", 900)),
                        "the store has lost its data, and n0 has more: it is at 0/384 on timeline 2, I am at 0/3E8 on"
                                + " timeline 1"),
                arguments(
                        "a member has more",
                        over().answers(replicaAt("n0", 1001), replicaAt("n2", 900)),
                        "the store has lost its data, and n0 has more: it is at 0/3E9 on timeline 1, I am at 0/3E8 on"
                                + " timeline 1"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void standsBack(String situation, Given given, String why) {
        Verdict verdict = given.reloaded().decide();
        assertEquals(Rule.NO_RACE, verdict.rule(), situation);
        assertEquals(List.of(why), Given.texts(verdict), situation);
    }

    @Test
    void anOperatorsRequestDoesNotEndTheLeadersLease() {
        Verdict verdict = replica().storeLost(Duration.ZERO).request(null, "n1").decide();
        assertEquals(Rule.NO_RACE, verdict.rule());
    }

    /** The race was decided with what the store said before; votes that were given then count no more either. */
    @Test
    void aLockTakenBeforeTheLossWasSeenIsGivenBack() {
        Verdict verdict = unaware().decide();
        assertEquals(Rule.STORE_LOST, verdict.rule());
        assertEquals(new Step.ReleaseLock(), verdict.step());
        assertEquals(List.of("the store has lost its data: whoever led may lead on"), Given.texts(verdict));
        assertEquals(new Step.ReleaseLock(), unaware().reloaded().decide().step());
    }

    /** Two that stream from the remote cluster harm nobody, but only one of them is what the other members follow. */
    @Test
    void thatOfAStandbyClusterToo() {
        Given standbyLeader = unaware().config("{\"standby_cluster\":{\"host\":\"remote\"}}");
        assertEquals(Rule.STORE_LOST, standbyLeader.decide().rule());
    }

    static Stream<Arguments> keepsTheLock() {
        return Stream.of(
                arguments("who knew, and waited", won(TTL)),
                arguments("the primary", unaware().primaryHere()),
                arguments("whose promotion is under way", unaware().role(Role.PROMOTED)),
                arguments("whose promotion has just begun", unaware().task("promote")),
                arguments("who has never seen the cluster", unaware().clusterNeverSeen()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void keepsTheLock(String who, Given given) {
        assertEquals(Rule.REPAIR_INITIALIZE, given.decide().rule(), who);
    }

    private static Given unaware() {
        return won(Duration.ZERO).lockTakenUnaware();
    }

    private static Given won(Duration since) {
        return replica().storeLost(since).leaderIs("n1").acquired(LockOutcome.APPLIED);
    }

    /** Where the configuration is, others rely on the sync key and on the number of the timeline. */
    static Stream<Arguments> restoresTheConfigurationLast() {
        return Stream.of(
                arguments("nobody was promoted yet, and nobody promised anything", leader("{}", 1), true),
                arguments("the number of the timeline first", leader("{}", 2), false),
                arguments("it is published", leader("{}", 2).reservedTimeline(2), true),
                arguments("the sync key first", leader("{\"synchronous_mode\":true}", 1), false),
                arguments(
                        "both are written in this cycle",
                        leader("{\"synchronous_mode\":true}", 2)
                                .renewed(LockOutcome.APPLIED)
                                .settled(new Step.ManageSynchronousSet(), new Step.UpdateHistory()),
                        true),
                arguments(
                        "it is written",
                        leader("{\"synchronous_mode\":true}", 1).sync("n1", "n2"),
                        true),
                arguments("not before the promotion", won(TTL), false));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void restoresTheConfigurationLast(String situation, Given given, boolean expected) {
        Verdict verdict = given.settled(new Step.WriteInitialize("7")).decide();
        assertEquals(expected, verdict.step() instanceof Step.RestoreConfig, situation);
    }

    private static Given leader(String config, int timeline) {
        return Given.leader().config(config).timeline(timeline).storeLost(Duration.ZERO);
    }

    @Test
    void whoHasSeenTheClusterBeginsNoNewOne() {
        Verdict verdict =
                over().emptyDirectory().settled(new Step.EnterUninitialized()).decide();

        assertEquals("waiting for leader to bootstrap", verdict.result());
        assertEquals(
                List.of("the store has lost its data: whoever has the cluster's data must lead first"),
                Given.texts(verdict));
    }

    @Test
    void whoHasSeenNothingBeginsOne() {
        assertEquals(
                new Step.RaceForInitialize(),
                over().clusterNeverSeen()
                        .emptyDirectory()
                        .settled(new Step.EnterUninitialized())
                        .decide()
                        .step());
    }
}

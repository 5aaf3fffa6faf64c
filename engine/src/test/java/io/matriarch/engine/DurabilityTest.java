package io.matriarch.engine;

import static io.matriarch.engine.Given.replica;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.matriarch.model.Lsn;
import io.matriarch.model.PeerStatus;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** This node is n1 at 1000 (0/3E8); n0 led last. */
class DurabilityTest {

    private static final String PRIORITY = "{\"synchronous_mode\":true}";
    private static final String QUORUM = "{\"synchronous_mode\":\"quorum\"}";

    static Stream<Arguments> promotions() {
        return Stream.of(
                arguments(
                        replica().config(PRIORITY).sync("n0", "n1"),
                        "kept. Every commit that n0 acknowledged in synchronous mode is here, at 0/3E8"),
                arguments(
                        replica().config(PRIORITY).sync("n0", "n2"),
                        "not proven. This node, at 0/3E8, was not elected by the synchronous set of n0"),
                arguments(
                        replica().config(PRIORITY).sync("n0", "n2").optime(1010),
                        "not proven. This node, at 0/3E8, was not elected by the synchronous set of n0. n0 had"
                                + " published 0/3F2: 10 bytes are at risk, from 0/3E8 to 0/3F2"),
                arguments(replica().config(PRIORITY).sync("n1", "n2"), "kept. This node led last"),
                arguments(replica().clusterNeverSeen(), "none given. This agent has seen nobody lead since it started"),
                arguments(
                        replica().config(PRIORITY),
                        "not proven. The store does not say who holds what n0 acknowledged in synchronous mode"),
                arguments(
                        replica().config(QUORUM).quorumSync(0, "n0", "n1"),
                        "kept. Every commit that n0 acknowledged in synchronous mode is here, at 0/3E8"),
                arguments(
                        replica().config(QUORUM).quorumSync(1, "n0", "n1", "n2").answers(at(900)),
                        "kept. Every commit that n0 acknowledged in synchronous mode is here, at 0/3E8"),
                arguments(
                        replica().config(QUORUM).quorumSync(1, "n0", "n1", "n2"),
                        "not proven. This node, at 0/3E8, was not elected by the synchronous set of n0"),
                arguments(
                        replica(),
                        "nothing was promised in asynchronous mode. All that n0 published last, up to 0/3E8, is here;"
                                + " what it acknowledged after that is at risk"),
                arguments(
                        replica().optime(1010),
                        "nothing was promised in asynchronous mode. n0 had published 0/3F2: 10 bytes are at risk, from"
                                + " 0/3E8 to 0/3F2"));
    }

    private static PeerStatus at(long position) {
        return Given.replicaAt("n2", position);
    }

    @ParameterizedTest
    @MethodSource("promotions")
    void aPromotionSaysWhatBecameOfTheCommits(Given given, String said) {
        assertEquals(
                "Durability: " + said, Durability.ofPromotion(given.situation()).text());
    }

    static Stream<Arguments> depositions() {
        Given followsOnNext = replica().leaderIs("n0").clusterTimeline(2); // timeline 1 ended at 0/1
        return Stream.of(
                arguments(followsOnNext, false, "kept. All that this node wrote, up to 0/64, is on n0", false),
                arguments(
                        followsOnNext,
                        true,
                        "99 bytes of what this node wrote, from 0/1 to 0/64, are not on n0. Nothing was promised in"
                                + " asynchronous mode: what was acknowledged there is lost",
                        true),
                arguments(
                        replica().config(PRIORITY).leaderIs("n0").clusterTimeline(2),
                        true,
                        "99 bytes of what this node wrote, from 0/1 to 0/64, are not on n0. Nobody was told of these"
                                + " commits if n0 says that the promise was kept",
                        true),
                arguments(
                        replica().leaderIs("n0"),
                        true,
                        "some of what this node wrote, up to 0/64, is not on n0. Nothing was promised in asynchronous"
                                + " mode: what was acknowledged there is lost",
                        false));
    }

    @ParameterizedTest
    @MethodSource("depositions")
    void whoLostItsPrimacySaysWhichOfItsWalIsNotOnTheNewPrimary(
            Given given, boolean diverged, String said, boolean rangeKnown) {
        Durability durability = Durability.ofDeposed(given.situation(), 1, new Lsn(100), diverged);
        assertEquals(said, durability.statement());
        assertEquals(rangeKnown ? new Lsn(1) : Lsn.NONE, durability.from());
        assertEquals(rangeKnown ? new Lsn(100) : Lsn.NONE, durability.to());
    }
}

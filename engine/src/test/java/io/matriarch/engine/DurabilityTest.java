package io.matriarch.engine;

import static io.matriarch.engine.Given.replica;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

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
}

package io.matriarch.engine.lease;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuorumsTest {

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "2, 1, 2", "3, 2, 2", "4, 2, 3", "5, 3, 3"})
    void halfPromisesAndMoreThanHalfVotes(int members, int promises, int votes) {
        assertEquals(promises, Quorums.promises(members));
        assertEquals(votes, Quorums.votes(members));
    }

    @Test
    void anyThatPromiseAndAnyThatVoteHaveAMemberInCommon() {
        for (int r = 1; r <= 8; r++) {
            for (int promised = 0; promised < 1 << r; promised++) {
                for (int voted = 0; voted < 1 << r; voted++) {
                    boolean both = Integer.bitCount(promised) >= Quorums.promises(r)
                            && Integer.bitCount(voted) >= Quorums.votes(r);
                    assertTrue(!both || (promised & voted) != 0, promised + " " + voted + " of " + r);
                }
            }
        }
    }

    @Test
    void theLeaderAndThoseWhoPromiseAreAMajority() {
        for (int r = 0; r <= 8; r++) {
            assertTrue(2 * (1 + Quorums.promises(r)) > r + 1);
        }
    }
}

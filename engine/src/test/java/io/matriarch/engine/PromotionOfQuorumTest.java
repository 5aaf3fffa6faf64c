package io.matriarch.engine;

import static io.matriarch.engine.Given.replica;
import static io.matriarch.engine.Given.replicaAt;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.matriarch.engine.sync.QuorumSync;
import io.matriarch.model.Revision;
import io.matriarch.model.SyncState;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * n1 led with n0 and n2 as voters, one of which must agree to another leader. It was lost, n0 was elected, acknowledged commits with
 * n2, and both were lost. Now n1 comes back alone, with all that it acknowledged itself and nothing of what came after.
 */
class PromotionOfQuorumTest {

    private static final String QUORUM = "{\"synchronous_mode\":\"quorum\"}";
    private static final SyncState BEFORE = new SyncState("n1", 1, List.of("n0", "n2"), new Revision(7));

    private static Given alone(SyncState key) {
        return replica()
                .config(QUORUM)
                .quorumSync(key.quorum(), key.leader(), key.voters().toArray(String[]::new));
    }

    @Test
    void theElectorsStayAndTheNewLeaderTakesThePlaceOfTheOldOne() {
        assertEquals(
                new SyncState("n0", 1, List.of("n1", "n2"), new Revision(7)), QuorumSync.keyOfPromotion("n0", BEFORE));
        assertEquals(
                new SyncState("n9", 1, List.of("n0", "n1", "n2"), new Revision(7)),
                QuorumSync.keyOfPromotion("n9", BEFORE));
        assertEquals(
                new SyncState("n0", 0, List.of(), Revision.NONE), QuorumSync.keyOfPromotion("n0", SyncState.EMPTY));
    }

    @Test
    void whoLedBeforeNeedsAVoteOnceAnotherWasPromoted() {
        assertInstanceOf(
                Candidacy.Yes.class,
                Candidacy.decide(alone(BEFORE)
                        .answers(Given.dead("n0"), Given.dead("n2"))
                        .situation()));

        SyncState promoted = QuorumSync.keyOfPromotion("n0", BEFORE);
        Situation alone =
                alone(promoted).answers(Given.dead("n0"), Given.dead("n2")).situation();
        assertInstanceOf(Candidacy.No.class, Candidacy.decide(alone));
        Situation withVote =
                alone(promoted).answers(Given.dead("n0"), replicaAt("n2", 1000)).situation();
        assertInstanceOf(Candidacy.Yes.class, Candidacy.decide(withVote));
    }
}

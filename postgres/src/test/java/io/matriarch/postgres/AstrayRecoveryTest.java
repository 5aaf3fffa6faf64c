package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.model.History;
import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AstrayRecoveryTest {

    /** Of timeline 7: it left 4 for 6, and 6 for 7. */
    private static final List<History.Entry> HISTORY = TimelineHistory.parse("4\t0/1000\tx\n6\t0/2000\tx\n");

    private static final LocalPosition ON_4 = new LocalPosition(4, new Lsn(0x1000), true);

    private MonotonicTime now = new MonotonicTime(0);
    private final AstrayRecovery recovery = new AstrayRecovery();

    private Set<Integer> look(
            LocalPosition local, int leaderTimeline, List<History.Entry> history, Set<Integer> known) {
        return recovery.look(local, leaderTimeline, history, known, now);
    }

    @Test
    void aTimelineNewerThanTheLeadersIsReasonEnough() {
        assertEquals(Set.of(5, 9), look(ON_4, 4, List.of(), Set.of(5, 9)));
        assertEquals(Set.of(9), look(ON_4, 7, HISTORY, Set.of(5, 6, 7, 9)));
    }

    @Test
    void oneThatTheLeaderPassedByIsWhereTheStandbyStandsStill() {
        assertEquals(Set.of(), look(ON_4, 7, HISTORY, Set.of(5, 6, 7)));
        now = now.plus(Duration.ofSeconds(9));
        assertEquals(Set.of(), look(ON_4, 7, HISTORY, Set.of(5, 6, 7)));
        now = now.plus(Duration.ofSeconds(1));
        assertEquals(Set.of(5), look(ON_4, 7, HISTORY, Set.of(5, 6, 7)));
        assertEquals(
                Set.of(),
                look(new LocalPosition(4, new Lsn(0x1001), true), 7, HISTORY, Set.of(5, 6, 7)),
                "it has moved");
    }

    @Test
    void withoutTheLeadersHistoryARestartWouldBeInVain() {
        look(ON_4, 7, HISTORY, Set.of(5, 6));
        now = now.plus(Duration.ofMinutes(1));
        assertEquals(Set.of(), look(ON_4, 7, HISTORY, Set.of(5, 6)));
        assertEquals(Set.of(5), look(ON_4, 7, HISTORY, Set.of(5, 6, 7)));
    }

    @Test
    void theLeadersOwnTimelinesAreWhereItShallGo() {
        look(ON_4, 7, HISTORY, Set.of(6, 7));
        now = now.plus(Duration.ofMinutes(1));
        assertEquals(Set.of(), look(ON_4, 7, HISTORY, Set.of(6, 7)));
    }

    @Test
    void aRestartThatDidNotHelpIsNotRepeatedForTheSameLeader() {
        look(ON_4, 7, HISTORY, Set.of(5, 7));
        now = now.plus(Duration.ofSeconds(10));
        assertEquals(Set.of(5), look(ON_4, 7, HISTORY, Set.of(5, 7)));
        assertEquals(Set.of(5), look(ON_4, 7, HISTORY, Set.of(5, 7)), "it was not stopped yet");
        recovery.turnedBack();
        assertEquals(Set.of(), look(ON_4, 7, HISTORY, Set.of(5, 7)));

        assertEquals(Set.of(9), look(ON_4, 7, HISTORY, Set.of(5, 7, 9)));
        recovery.turnedBack();
        assertEquals(Set.of(9), look(ON_4, 7, HISTORY, Set.of(5, 7, 9)), "its history is still here");
        recovery.takenAway(9);
        assertEquals(Set.of(), look(ON_4, 7, HISTORY, Set.of(5, 7, 9)), "an archive brought it again");

        assertEquals(Set.of(5), look(ON_4, 4, List.of(), Set.of(5)), "another leader");
    }
}

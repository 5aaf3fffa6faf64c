package io.matriarch.ctl.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.matriarch.model.JournalEntry;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NarratorTest {

    private static final Instant TURN = Instant.parse("2026-11-26T22:15:00Z");

    private static JournalEntry entry(int seconds, String member, boolean turn, String result, String... reasons) {
        return new JournalEntry(
                TURN.plusSeconds(seconds),
                member,
                turn ? "RACE" : "FOLLOW",
                turn ? "There is no leader." : "Somebody else leads.",
                turn,
                result,
                "replica, PostgreSQL running",
                List.of(reasons),
                0,
                0);
    }

    private final List<JournalEntry> entries = List.of(
            entry(-3600, "n1", false, "no action. long ago"),
            entry(-20, "n1", false, "no action. I follow n0"),
            entry(0, "n1", true, "promoted self", "Request failed: n0 did not answer"),
            entry(-1, "n2", false, "following a different leader", "n1 is ahead")
                    .withCounts(4, 2),
            entry(5, "n2", false, "no action. I follow n1"));

    @Test
    void aStoryIsToldRelativeToTheLastChangeOfLeadership() {
        assertEquals("""
            0.0 s is 2026-11-26 22:15:00 +00:00: n1, promoted self

                 -20.0 s  n1  no action. I follow n0
                            (n2: the same 4 times more)
                            (2 entries were lost here)
                  -1.0 s  n2  following a different leader
                            - n1 is ahead
                            rule FOLLOW: Somebody else leads.
                            was  replica, PostgreSQL running
                  +0.0 s  n1  promoted self
                            - Request failed: n0 did not answer
                            rule RACE: There is no leader.
                            was  replica, PostgreSQL running
                  +5.0 s  n2  no action. I follow n1
            """, Narrator.tell(entries, null, null, ZoneOffset.UTC));
    }

    @Test
    void sinceAndMemberSelect() {
        assertEquals("""
            0.0 s is 2026-11-26 22:15:05 +00:00: n2, no action. I follow n1

                  +0.0 s  n2  no action. I follow n1
            """, Narrator.tell(entries, TURN.plusSeconds(1), "n2", ZoneOffset.UTC));
        assertEquals(
                "Nothing was decided by n3 since 2026-11-26 22:15:00 +00:00.\n",
                Narrator.tell(entries, TURN, "n3", ZoneOffset.UTC));
    }

    @Test
    void aTimeIsAPointOrAnAge() {
        assertEquals(TURN, Since.parse("2026-11-26T23:15:00+01:00", TURN));
        assertEquals(TURN.minusSeconds(600), Since.parse("10min", TURN));
        assertEquals(TURN.minusSeconds(90), Since.parse("90", TURN));
        assertThrows(IllegalArgumentException.class, () -> Since.parse("yesterday", TURN));
    }

    @Test
    void anEntrySurvivesItsLine() {
        JournalEntry written =
                entry(0, "n1", true, "promoted \"self\"", "a", "b").withCounts(1, 2);
        assertEquals(Optional.of(written), JournalEntry.parse(written.toJson()));
        assertEquals(Optional.empty(), JournalEntry.parse(written.toJson().substring(9)));
    }
}

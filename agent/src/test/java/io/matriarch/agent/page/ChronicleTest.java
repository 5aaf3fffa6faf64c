package io.matriarch.agent.page;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.agent.page.Happening.Kind;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChronicleTest {

    private static final Instant START = Instant.parse("2026-11-26T03:00:00Z");
    private final Chronicle chronicle = new Chronicle();

    private void happens(long second, String text) {
        chronicle.add(Happening.seen(START.plusSeconds(second), Kind.MEMBER, "n1", text));
    }

    @Test
    void whatEachCycleFindsAnewIsCounted() {
        happens(0, "behind");
        happens(1, "not the healthiest");
        happens(10, "behind");
        happens(20, "behind");
        assertEquals(
                "[{\"at\":1795662000000,\"kind\":\"member\",\"subject\":\"n1\",\"text\":\"behind\",\"key\":1,\"times\":3,"
                    + "\"last\":1795662020000},{\"at\":1795662001000,\"kind\":\"member\",\"subject\":\"n1\",\"text\":\"not"
                    + " the healthiest\",\"key\":2}]",
                chronicle.since(0).toString());
    }

    @Test
    void aDecisionWithOtherNumbersIsTheSame() {
        for (int i = 0; i < 3; i++) {
            chronicle.add(new Happening(
                    START.plusSeconds(i),
                    Kind.REFUSAL,
                    "n1",
                    "not now",
                    "a rule",
                    List.of("n2 is " + i + " bytes ahead")));
        }
        chronicle.add(new Happening(START, Kind.REFUSAL, "n1", "not now", "a rule", List.of("n3 is 1 bytes ahead")));
        assertEquals(2, chronicle.since(0).size());
    }

    @Test
    void afterAWhileTheSameIsNews() {
        happens(0, "behind");
        happens(Chronicle.SAME.toSeconds(), "behind");
        assertEquals(2, chronicle.since(0).size());
    }

    @Test
    void aRevisionSelectsWhatIsNewOrWasCountedAgain() {
        happens(0, "a");
        happens(1, "b");
        long known = chronicle.revision();
        happens(2, "a");
        assertEquals(1, chronicle.since(known).size());
        assertEquals(0, chronicle.since(chronicle.revision()).size());
    }

    @Test
    void theOldestGoesFirst() {
        for (int i = 0; i <= Chronicle.LIMIT; i++) {
            happens(i, "event " + i);
        }
        assertEquals(Chronicle.LIMIT, chronicle.since(0).size());
        assertEquals(
                "event 1",
                chronicle.since(0).get(0).getAsJsonObject().get("text").getAsString());
    }
}

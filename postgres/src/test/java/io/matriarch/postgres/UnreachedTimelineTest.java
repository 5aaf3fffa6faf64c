package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.model.History;
import io.matriarch.model.Lsn;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnreachedTimelineTest {

    /** 2 left 1 at 0/1000, and 4 left 2 at 0/2000; 6 left 4 where it began; the number 5 was closed by us. */
    private static final NavigableMap<Integer, List<History.Entry>> KNOWN = new TreeMap<>();

    static {
        KNOWN.put(2, TimelineHistory.parse("1\t0/1000\tx\n"));
        KNOWN.put(4, TimelineHistory.parse("1\t0/1000\tx\n2\t0/2000\tx\n"));
        KNOWN.put(5, List.of());
        KNOWN.put(6, TimelineHistory.parse("1\t0/1000\tx\n2\t0/2000\tx\n4\t0/2000\tx\n"));
    }

    @ParameterizedTest(name = "{0}: on {1}, at {2}, knows histories up to {3}: {4}")
    @CsvSource({
        "about to enter 2,                          1, 0/1000, 2, false",
        "on the way to 2,                           1, 0/FFF,  2, true",
        "went on where 2 branched off,              1, 0/1001, 2, true",
        "about to enter 2 on the way to 4,          1, 0/1000, 4, true",
        "about to enter 4 and 6 at once,            2, 0/2000, 6, false",
        "on the way to 4,                           2, 0/1800, 6, true",
        "knows no child of its own,                 3, 0/950,  6, false",
        "on the newest,                             6, 0/2500, 6, false",
        "about to enter 6,                          4, 0/2000, 6, false",
    })
    void everyCase(String situation, int timeline, String replayed, int known, boolean misleads) {
        var newer = KNOWN.subMap(timeline, false, known, true).values();

        assertEquals(
                misleads,
                UnreachedTimeline.misleads(timeline, Lsn.parse(replayed).orElseThrow(), newer),
                situation);
    }
}

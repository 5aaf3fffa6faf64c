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

    /** 2 left 1 at 0/1000, 4 left 2 at 0/2000; 3 left 1 at 0/900; the number 5 was closed by us. */
    private static final NavigableMap<Integer, List<History.Entry>> KNOWN = new TreeMap<>();

    static {
        KNOWN.put(2, TimelineHistory.parse("1\t0/1000\tx\n"));
        KNOWN.put(3, TimelineHistory.parse("1\t0/900\tx\n"));
        KNOWN.put(4, TimelineHistory.parse("1\t0/1000\tx\n2\t0/2000\tx\n"));
        KNOWN.put(5, List.of());
    }

    @ParameterizedTest(name = "{0}: was on {1}, has WAL up to {2}: stays on {3}")
    @CsvSource({
        "has not reached 2,              1, 0/FFF,  1",
        "at the end of 1 the last byte is of 1, 1, 0/1000, 1",
        "has reached 2,                  1, 0/1001, 2",
        "at the end of 2 what follows is 4, 1, 0/2000, ",
        "has reached 4,                  1, 0/2001, ",
        "began on 2,                     2, 0/1800, 2",
        "knows no child of its own,      3, 0/950,  ",
        "is on the newest,               4, 0/2500, ",
    })
    void everyCase(String situation, int own, String end, Integer stay) {
        var result = UnreachedTimeline.stayOn(
                own, Lsn.parse(end).orElseThrow(), KNOWN.tailMap(own, false));

        assertEquals(stay, result.isPresent() ? Integer.valueOf(result.getAsInt()) : null, situation);
    }
}

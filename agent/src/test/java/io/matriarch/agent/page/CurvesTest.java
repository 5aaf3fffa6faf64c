package io.matriarch.agent.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.gson.JsonObject;
import io.matriarch.agent.page.Curves.Writable;
import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CurvesTest {

    private final Curves curves = new Curves();

    private void look(long second, long position, Writable writable, Map<String, Long> lags) {
        curves.add(new Curves.Sample(Instant.ofEpochSecond(second), position, writable, lags));
    }

    @Test
    void gapsAreNull() {
        look(10, 100, Writable.YES, Map.of("n2", 0L));
        look(20, 0, Writable.UNKNOWN, Map.of());
        look(30, 150, Writable.NO, Map.of("n2", 7L, "n3", 9L));
        assertEquals(
                "{\"seconds\":[10,20,30],\"position\":[100,null,150],\"writable\":[1,null,0],"
                        + "\"lag\":{\"n2\":[0,null,7],\"n3\":[null,null,9]},\"limit\":1080}",
                curves.document().toString());
        assertEquals(
                "{\"seconds\":[30],\"position\":[150],\"writable\":[0],\"lag\":{\"n2\":[7],\"n3\":[9]},\"limit\":1080}",
                curves.newest().toString());
    }

    @Test
    void aMemberThatIsLongGoneGivesItsPlaceToAnother() {
        var many = new HashMap<String, Long>();
        for (int i = 0; i < Curves.MEMBERS + 5; i++) {
            many.put("m%02d".formatted(i), 1L);
        }
        look(0, 1, Writable.YES, many);
        assertEquals(Curves.MEMBERS, lag().size());
        for (int i = 1; i <= Curves.LENGTH; i++) {
            look(i, 1, Writable.YES, Map.of("new", 5L));
        }
        assertEquals("[new]", lag().keySet().toString());
        assertEquals(Curves.LENGTH, curves.document().getAsJsonArray("seconds").size());
        assertEquals(1, curves.document().getAsJsonArray("seconds").get(0).getAsInt());
    }

    private JsonObject lag() {
        return curves.document().getAsJsonObject("lag");
    }

    @Test
    void secondsBehindAreCountedFromWhenTheLeaderWasBeyond() {
        var milestones = new Milestones();
        assertEquals(Optional.empty(), milestones.behind(new Lsn(5), at(0)));
        milestones.reached(new Lsn(100), at(0));
        milestones.reached(new Lsn(200), at(10));
        milestones.reached(new Lsn(200), at(15));
        milestones.reached(new Lsn(300), at(20));
        assertEquals(Optional.of(Duration.ZERO), milestones.behind(new Lsn(300), at(24)));
        assertEquals(Optional.of(Duration.ofSeconds(4)), milestones.behind(new Lsn(200), at(24)));
        assertEquals(Optional.of(Duration.ofSeconds(14)), milestones.behind(new Lsn(150), at(24)));
        milestones.reached(new Lsn(250), at(30));
        assertFalse(milestones.behind(new Lsn(250), at(31)).orElseThrow().isPositive(), "a new primary with less");
    }

    private static MonotonicTime at(long second) {
        return new MonotonicTime(0).plus(Duration.ofSeconds(second));
    }
}

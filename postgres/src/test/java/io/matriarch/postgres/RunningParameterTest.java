package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.postgres.ParameterComparison.Running;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RunningParameterTest {

    private static Running parameter(String name, String value, @Nullable String unit, String type) {
        return new Running(name, value, unit, type, "postmaster", "configuration file", null, false);
    }

    @Test
    void valuesAreComparedInTheirUnit() {
        Running buffers = parameter("shared_buffers", "16384", "8kB", "integer");

        assertTrue(buffers.means("128MB"));
        assertTrue(buffers.means("131072kB"));
        assertFalse(buffers.means("129MB"));
    }

    @Test
    void peopleReadTheLargestWholeUnit() {
        assertEquals(
                "128MB", parameter("shared_buffers", "16384", "8kB", "integer").human("16384"));
        assertEquals(
                "5min", parameter("checkpoint_timeout", "300", "s", "integer").human("300"));
        assertEquals("-1", parameter("wal_buffers", "-1", "8kB", "integer").human("-1"));
        assertEquals("100", parameter("max_connections", "100", null, "integer").human("100"));
    }

    @Test
    void spellingsOfTruthAreEqual() {
        assertTrue(parameter("fsync", "on", null, "bool").means("True"));
        assertTrue(parameter("synchronous_commit", "on", null, "enum").means("yes"));
        assertTrue(parameter("wal_level", "replica", null, "enum").means("REPLICA"));
    }

    @Test
    void aValueThatWasWrittenButRevertedCountsAsChanged() {
        Map<String, Running> running = Map.of("work_mem", parameter("work_mem", "4096", "kB", "integer"));

        assertTrue(ParameterComparison.differs(
                running, new HashMap<>(Map.of("work_mem", "4MB")), Map.of("work_mem", "8MB")));
        assertFalse(ParameterComparison.differs(
                running, new HashMap<>(Map.of("work_mem", "4MB")), Map.of("work_mem", "4096kB")));
    }

    @Test
    void whatTheServerDoesNotKnowIsTakenOut() {
        var wanted = new HashMap<>(Map.of("no_such_thing", "1", "my.own", "2"));

        assertTrue(ParameterComparison.differs(Map.of(), wanted, Map.of()));
        assertEquals(Map.of("my.own", "2"), wanted);
    }

    @Test
    void automaticWalBuffersFollowSharedBuffers() {
        Map<String, Running> running = Map.of(
                "wal_buffers", parameter("wal_buffers", "512", "8kB", "integer"),
                "shared_buffers", parameter("shared_buffers", "16384", "8kB", "integer"),
                "wal_segment_size", parameter("wal_segment_size", "16777216", "B", "integer"));

        assertFalse(ParameterComparison.differs(
                running, new HashMap<>(Map.of("wal_buffers", "-1")), Map.of("wal_buffers", "-1")));
    }

    @Test
    void whatPeopleReadMeansTheSameToTheServer() {
        var random = new Random(20261127);
        List<String> units = List.of("B", "kB", "8kB", "MB", "16MB", "us", "ms", "s", "min", "h", "d");
        for (int i = 0; i < 5_000; i++) {
            String unit = units.get(random.nextInt(units.size()));
            String value = Long.toString(random.nextLong() >>> random.nextInt(33, 64));
            Running parameter = parameter("any", value, unit, "integer");
            String read = parameter.human(value);
            assertTrue(parameter.means(read), value + " " + unit + " reads " + read);
            assertEquals(read, parameter.human(read), "a second reading changes nothing");
        }
    }
}

package io.matriarch.agent.logging;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Contract watchdog-and-process.md 3, heartbeats. */
class HeartbeatFilterTest {

    private static final String OWNER = "Lock owner: pg0; I am pg0";
    private static final String IDLE = "no action. I am (pg0), the leader with the lock";
    private static final String PAUSED = "PAUSE: no action. I am (pg0)";
    private static final String PROMOTED = "promoted self to leader by acquiring session lock";

    private static List<String> written(HeartbeatFilter filter, String... messages) {
        return Stream.of(messages)
                .flatMap(message -> filter.pass(event(message, 1)).stream())
                .map(LogEvent::message)
                .toList();
    }

    private static LogEvent event(String message, long thread) {
        return new LogEvent(Instant.EPOCH, LogLevel.INFO, "patroni", message, null, "t", thread, "", "");
    }

    @Test
    void the_owner_is_said_only_when_something_follows() {
        assertEquals(
                List.of(IDLE, PAUSED, OWNER, PROMOTED),
                written(new HeartbeatFilter(false), OWNER, IDLE, OWNER, PAUSED, OWNER, PROMOTED));
    }

    @Test
    void other_threads_do_not_release_the_held_line() {
        var filter = new HeartbeatFilter(false);

        assertEquals(List.of(), filter.pass(event(OWNER, 1)));
        assertEquals(
                List.of("else"),
                filter.pass(event("else", 2)).stream().map(LogEvent::message).toList());
        assertEquals(
                List.of(IDLE),
                filter.pass(event(IDLE, 1)).stream().map(LogEvent::message).toList());
    }

    @Test
    void equal_heartbeats_are_dropped_until_something_happens() {
        assertEquals(
                List.of(IDLE, OWNER, PROMOTED, IDLE, PAUSED),
                written(
                        new HeartbeatFilter(true),
                        OWNER,
                        IDLE,
                        OWNER,
                        IDLE,
                        OWNER,
                        PROMOTED,
                        OWNER,
                        IDLE,
                        OWNER,
                        IDLE,
                        OWNER,
                        PAUSED));
    }

    @Test
    void without_deduplication_each_heartbeat_is_written() {
        assertEquals(List.of(IDLE, IDLE), written(new HeartbeatFilter(false), OWNER, IDLE, OWNER, IDLE));
    }
}

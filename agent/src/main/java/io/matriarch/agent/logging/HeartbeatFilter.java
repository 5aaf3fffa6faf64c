package io.matriarch.agent.logging;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the log of a healthy node to one line a cycle, or to none (contract watchdog-and-process.md 3): who owns the
 * lock is said only when something follows from it, and the same heartbeat need not be repeated.
 *
 * <p>Called by the threads that log; only the thread of the cycle ever leaves something here.
 */
final class HeartbeatFilter {

    private static final String LOCK_OWNER = "Lock owner: ";

    private final boolean deduplicate;
    private final Map<Long, LogEvent> held = new ConcurrentHashMap<>();
    private volatile @Nullable String lastHeartbeat;

    HeartbeatFilter(boolean deduplicate) {
        this.deduplicate = deduplicate;
    }

    /** What is to be written now, in this order. */
    List<LogEvent> pass(LogEvent event) {
        LogEvent before = held.remove(event.threadId());
        if (event.message().startsWith(LOCK_OWNER)) {
            held.put(event.threadId(), event);
            return before == null ? List.of() : List.of(before);
        }
        if (isHeartbeat(event)) {
            boolean repeated = deduplicate && event.message().equals(lastHeartbeat);
            lastHeartbeat = event.message();
            return repeated ? List.of() : List.of(event);
        }
        if (before == null) {
            return List.of(event);
        }
        lastHeartbeat = null;
        return List.of(before, event);
    }

    private static boolean isHeartbeat(LogEvent event) {
        return event.message().startsWith("no action. ") || event.message().startsWith("PAUSE: no action");
    }
}

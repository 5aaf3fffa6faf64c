package io.matriarch.agent.meters;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;

/** Counts and durations of what the agent did since it started. Safe for any thread; nobody waits for more than a sum. */
public final class Meters {

    /** What is measured. */
    public enum Work {
        CYCLE,
        /** Reading the whole cluster from the store; an agent's watch may answer it from memory. */
        STORE_READ_OK,
        STORE_READ_FAILED,
        STORE_WRITE_APPLIED,
        STORE_WRITE_REFUSED,
        STORE_WRITE_UNKNOWN,
        /** A question to another member. */
        PEER_ANSWERED,
        PEER_SILENT
    }

    /**
     * How often something was done, how long all of it took together, and the last time alone.
     *
     * @param total zero for what has no duration of its own
     */
    public record Sum(long count, Duration total, Duration last) {
        static final Sum NONE = new Sum(0, Duration.ZERO, Duration.ZERO);
    }

    /**
     * How it is with the log.
     *
     * @param waiting records that are not written yet
     * @param lost records that were dropped since the start
     */
    public record LogBacklog(int waiting, long lost) {
        public static final LogBacklog NONE = new LogBacklog(0, 0);
    }

    private final Map<Work, Sum> sums = new EnumMap<>(Work.class);
    private volatile Supplier<LogBacklog> log = () -> LogBacklog.NONE;

    /** Where the log's figures come from. */
    public void watchLog(Supplier<LogBacklog> source) {
        log = source;
    }

    public LogBacklog log() {
        return log.get();
    }

    public synchronized void add(Work work, Duration duration) {
        Sum before = of(work);
        sums.put(work, new Sum(before.count + 1, before.total.plus(duration), duration));
    }

    public synchronized Sum of(Work work) {
        return sums.getOrDefault(work, Sum.NONE);
    }
}

package io.matriarch.ctl.drill;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a drill measured. Times on the monotonic clock are nanoseconds; durations count from the fault.
 *
 * @param what the fault in words, with the member that was hit
 * @param at when the fault was done
 * @param begin the same on the monotonic clock
 * @param end when the drill ended
 * @param oldLeader who led before
 * @param newLeader who led when it ended; null: nobody
 * @param detection until an agent was seen to act; null: not seen, or nothing had to be detected
 * @param outage the longest time without an acknowledged row
 * @param writesBack whether rows were acknowledged again
 * @param recovery until everybody was in place again; null: not before the drill gave up
 * @param written acknowledged rows
 * @param lost those that the primary does not have; negative: could not be counted
 * @param acknowledgements when rows were acknowledged
 * @param samples what was seen of the cluster
 * @param trouble why the fault was not done, or what was refused; null: nothing
 */
record Measurement(
        String cluster,
        Fault fault,
        String what,
        boolean synchronous,
        Instant at,
        long begin,
        long end,
        String oldLeader,
        @Nullable String newLeader,
        @Nullable Duration detection,
        Duration outage,
        boolean writesBack,
        @Nullable Duration recovery,
        int written,
        int lost,
        List<Long> acknowledgements,
        List<Sample> samples,
        @Nullable String trouble) {

    Measurement {
        acknowledgements = List.copyOf(acknowledgements);
        samples = List.copyOf(samples);
    }

    /** Seconds from the fault to a moment. */
    double seconds(long nanos) {
        return (nanos - begin) / 1e9;
    }

    /**
     * When two members said that they were primary, more than once in a row: members are not asked at the very same
     * moment, so one look alone may see the old primary just before and the new one just after a handover.
     */
    boolean sawTwoPrimaries() {
        int inARow = 0;
        for (Sample sample : samples) {
            inARow = sample.primaries() > 1 ? inARow + 1 : 0;
            if (inARow > 1) {
                return true;
            }
        }
        return false;
    }

    /** The first moment at which an agent was seen to act on the fault; null: none. */
    static @Nullable Duration detection(List<Sample> samples, long begin, String oldLeader) {
        for (Sample sample : samples) {
            NodeState state = sample.states().get(oldLeader);
            boolean told = state == NodeState.STOPPED || state == NodeState.BEHIND || state == NodeState.STREAMING;
            boolean replaced = sample.leader() != null && !sample.leader().equals(oldLeader);
            if (sample.at() >= begin && (told || replaced)) {
                return Duration.ofNanos(sample.at() - begin);
            }
        }
        return null;
    }
}

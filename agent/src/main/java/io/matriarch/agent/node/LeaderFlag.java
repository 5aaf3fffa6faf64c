package io.matriarch.agent.node;

import io.matriarch.model.MonotonicTime;
import java.util.Optional;

/**
 * Whether this node leads, as a deadline: the end of the last confirmed lease, counted from before the request was
 * sent. REST answers, promotion, watchdog and fence all read this one value. Safe for any thread.
 */
public interface LeaderFlag {

    /** Whether the lease is surely valid at this moment. */
    boolean isLeader();

    /** The end of the lease; empty when this node does not lead. May lie in the past. */
    Optional<MonotonicTime> deadline();
}

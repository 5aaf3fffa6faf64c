package io.matriarch.agent.rest;

import io.matriarch.agent.meters.Meters;
import io.matriarch.agent.node.FenceState;
import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.util.Optional;

/**
 * What the metrics tell of the agent itself, beside the picture of the node.
 *
 * @param lease the end of this node's lease; empty when it does not lead
 * @param apiSilence how long the API did not answer its own requests
 */
record OwnFacts(
        Optional<MonotonicTime> lease,
        FenceState fence,
        Duration apiSilence,
        ConnectionFacts connections,
        Meters meters,
        ProcessFacts process) {

    /**
     * The API's connections.
     *
     * @param evicted how many had to make room for others
     */
    record ConnectionFacts(int open, long evicted) {
        static final ConnectionFacts NONE = new ConnectionFacts(0, 0);
    }
}

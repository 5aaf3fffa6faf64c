package io.matriarch.simulator.postgres;

import java.time.Duration;
import java.util.Optional;

/** What the servers know of the network: whether a packet gets through at this moment. */
@FunctionalInterface
public interface Links {

    /**
     * How long a packet takes that leaves now; empty: it is lost, or nobody is there.
     *
     * @param from address of a host
     * @param to address of a host; may be the same
     */
    Optional<Duration> latency(String from, String to);
}

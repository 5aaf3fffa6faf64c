package io.matriarch.agent.node;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Promises of the lease that members grant while the store does not answer (decision 0016), as of the last cycle.
 *
 * @param held who promised this leader not to follow it; empty: it leads by the store's lease, or not at all
 * @param to the leader that this member promised that; empty: nobody
 * @param left how long that promise binds; zero without one
 */
public record MemberPromises(Set<String> held, Optional<String> to, Duration left) {

    public static final MemberPromises NONE = new MemberPromises(Set.of(), Optional.empty(), Duration.ZERO);

    public MemberPromises {
        held = Set.copyOf(held);
    }

    /** For people; empty: there are none. */
    public Optional<String> words() {
        return held.isEmpty()
                ? to.map(leader -> "promised not to follow " + leader + " for another " + left.toMillis() + " ms")
                : Optional.of(new TreeSet<>(held) + " promised not to follow this leader");
    }
}

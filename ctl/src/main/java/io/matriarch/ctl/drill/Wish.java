package io.matriarch.ctl.drill;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What was asked for.
 *
 * @param candidate who is to take over; null: whoever is best
 * @param exec a shell command that does the harm; null: none
 * @param undo a shell command that takes it back; null: none is needed
 * @param acceptLoss whether acknowledged rows may get lost
 * @param limits what counts as good
 */
record Wish(
        Fault fault,
        @Nullable String candidate,
        @Nullable String exec,
        @Nullable String undo,
        boolean acceptLoss,
        Limits limits) {

    /**
     * What counts as good, and when a drill gives up.
     *
     * @param lagBytes replicas further behind are not fit for a drill; null: as for taking over
     * @param outage for how long nobody may be able to write; null: what the times of the cluster allow
     * @param recovery until all members are back in their places
     * @param patience after which a drill ends, whatever the cluster does
     */
    record Limits(@Nullable Long lagBytes, @Nullable Duration outage, Duration recovery, Duration patience) {}
}

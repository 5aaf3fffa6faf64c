package io.matriarch.engine;

import io.matriarch.engine.Memory.ApiSilence;
import io.matriarch.model.Role;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A node whose REST API is dead while it renews its lease: load balancers send nobody to it, and the other members can
 * neither see it nor ask it. It looks alive to the store alone.
 *
 * <p>After {@code ttl} of silence such a leader hands over to a member that answers, and such a replica lets the others go
 * first. Each only once: where the fault lies in what all nodes have in common, the lead would go round for ever.
 */
final class ApiRules {

    private ApiRules() {}

    /** Whether this leader should hand over for it. */
    static boolean isUnreachable(Situation s) {
        ApiSilence silence = silence(s);
        boolean leads = s.local().primaryHere() || s.local().role() == Role.STANDBY_LEADER;
        return silence != null && !silence.handedOver() && leads && !s.isPaused();
    }

    static Reason reason(Situation s) {
        ApiSilence silence = s.memory().apiSilence();
        return silence == null
                ? Reason.info("the REST API of " + s.me() + " answers")
                : Reason.error("the REST API of " + s.me() + " has not answered for "
                                + silence.length().toSeconds() + " seconds, the limit is "
                                + s.timing().ttl().toSeconds())
                        .because(silence.reason());
    }

    /** Null: nothing keeps this replica from the race. */
    static @Nullable Reason othersFirst(Situation s) {
        ApiSilence silence = silence(s);
        var missing = s.memory().leaderMissingSince();
        boolean othersCan =
                s.view().membersExcept(s.me()).stream().anyMatch(m -> !m.tags().nofailover());
        if (silence == null || missing == null || !othersCan) {
            return null;
        }
        Duration left = s.timing().ttl().minus(s.now().since(missing));
        return left.isPositive()
                ? Reason.warning("the REST API of " + s.me() + " does not answer: others go first, " + left.toSeconds()
                                + " seconds left")
                        .because(silence.reason())
                : null;
    }

    /** One that has lasted long enough to count. */
    private static @Nullable ApiSilence silence(Situation s) {
        ApiSilence silence = s.memory().apiSilence();
        return silence != null && silence.length().compareTo(s.timing().ttl()) >= 0 ? silence : null;
    }
}

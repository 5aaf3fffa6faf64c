package io.matriarch.engine;

import io.matriarch.model.PeerStatus;
import org.jspecify.annotations.Nullable;

/** Whether an answer makes its member one that may lead. */
final class PeerCheck {

    private PeerCheck() {}

    /** What was found out about a member that cannot lead. */
    static String detail(@Nullable PeerStatus status) {
        return switch (status) {
            case null -> "it publishes no api_url";
            case PeerStatus.Unreachable u -> u.reason();
            case PeerStatus.Reachable r
            when r.tags().nofailover() -> "its tags are " + r.tags().values();
            case PeerStatus.Reachable _ -> "it says watchdog_failed";
        };
    }

    /** Why the member cannot lead, in the contract's words; null when it can. No answer at all: not reachable. */
    static @Nullable String unusable(@Nullable PeerStatus status) {
        return switch (status) {
            case null -> "not reachable";
            case PeerStatus.Unreachable _ -> "not reachable";
            case PeerStatus.Reachable r when r.tags().nofailover() -> "not allowed to promote";
            case PeerStatus.Reachable r when r.watchdogFailed() -> "not watchdog capable";
            case PeerStatus.Reachable _ -> null;
        };
    }
}

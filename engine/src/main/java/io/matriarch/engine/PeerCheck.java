package io.matriarch.engine;

import io.matriarch.model.PeerStatus;
import org.jspecify.annotations.Nullable;

/** Whether an answer makes its member one that may lead. */
final class PeerCheck {

    private PeerCheck() {}

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

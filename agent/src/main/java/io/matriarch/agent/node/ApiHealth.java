package io.matriarch.agent.node;

import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether the node's REST API answers: told by the server, which asks itself over its own socket, and read by the cycle,
 * which must not lead for ever when nobody can reach it. Safe for any thread.
 */
public final class ApiHealth {

    private volatile @Nullable Silence silence;

    /**
     * It does not answer.
     *
     * @param since when the first request was sent that had no answer
     * @param reason of the last one
     */
    public record Silence(MonotonicTime since, String reason) {}

    public void answered() {
        silence = null;
    }

    /** @param askedAt when the request was sent */
    public void silent(MonotonicTime askedAt, String reason) {
        Silence before = silence;
        silence = new Silence(before == null ? askedAt : before.since, reason);
    }

    /** Empty: it answered the last time that it was asked, or was not asked yet. */
    public Optional<Silence> silence() {
        return Optional.ofNullable(silence);
    }

    /** Zero: it answers. */
    public Duration silentFor(MonotonicTime now) {
        Silence present = silence;
        return present == null ? Duration.ZERO : now.since(present.since);
    }
}

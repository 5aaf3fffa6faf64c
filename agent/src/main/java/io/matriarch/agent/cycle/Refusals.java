package io.matriarch.agent.cycle;

import io.matriarch.engine.Reason;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Why the last switchover or failover that was asked for was refused. Written by the cycle, read by requests. */
final class Refusals {

    private final TimeSource time;
    private volatile @Nullable Refusal last;

    private record Refusal(MonotonicTime at, List<String> why) {}

    Refusals(TimeSource time) {
        this.time = time;
    }

    void note(List<Reason> reasons) {
        last = new Refusal(time.now(), reasons.stream().map(Reason::full).toList());
    }

    /** The reasons of a refusal at or after this moment; empty when there was none. */
    List<String> since(MonotonicTime begin) {
        Refusal refusal = last;
        return refusal == null || refusal.at.isBefore(begin) ? List.of() : refusal.why;
    }
}

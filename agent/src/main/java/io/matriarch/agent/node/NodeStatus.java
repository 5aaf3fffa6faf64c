package io.matriarch.agent.node;

import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import io.matriarch.model.Tags;
import io.matriarch.model.Timing;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.PendingRestart;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the cycle publishes of this node: an immutable picture that REST answers are made of, replaced as a whole after
 * each cycle and whenever state or role change. Whether this node leads is not in it: that is {@link LeaderFlag}, live.
 *
 * @param view last view that could be read; {@link ClusterView#EMPTY} before the first
 * @param viewReadAt when it was read; null: the last read failed, or there was none
 * @param dcsLastSeen wall-clock time of the last successful read
 * @param dynamic the dynamic configuration in force (pause, modes)
 * @param tags as published, with the temporary nosync while asking for release
 * @param snapshot the last answer of the server to the cycle
 * @param timeline primary: current; replica: cached from a replication connection; 0 unknown
 * @param nextCycle when the next cycle is due
 * @param lastResult the result line of the last cycle
 */
public record NodeStatus(
        String scope,
        String name,
        PostgresState state,
        Role role,
        ClusterView view,
        @Nullable MonotonicTime viewReadAt,
        Instant dcsLastSeen,
        DynamicConfig dynamic,
        Timing timing,
        Tags tags,
        List<PendingRestart> pendingRestart,
        @Nullable ScheduledRestart scheduledRestart,
        Optional<Snapshot> snapshot,
        int timeline,
        boolean failsafeActive,
        boolean watchdogFailed,
        @Nullable String systemIdentifier,
        MonotonicTime nextCycle,
        String lastResult,
        Findings findings) {

    public NodeStatus {
        pendingRestart = List.copyOf(pendingRestart);
    }

    /** The view if it is not older than {@code ttl}: only then may it be relied on (contract rest-api.md 2). */
    public Optional<ClusterView> freshView(MonotonicTime now) {
        return viewReadAt != null && now.since(viewReadAt).compareTo(timing.ttl()) < 0
                ? Optional.of(view)
                : Optional.empty();
    }
}

package io.matriarch.agent.rest;

import io.matriarch.agent.node.NodeStatus;
import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.DynamicConfig.SynchronousMode;
import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import io.matriarch.postgres.LocalFacts.Snapshot;
import java.util.Optional;

/**
 * All that an answer is made of, at one moment. The questions that several answers ask are answered here, so that a
 * health check, the status document and the metrics never contradict each other.
 *
 * @param leader the live flag
 * @param view the cluster view if it is fresh
 * @param server the server's answer; empty when it was not asked or did not answer
 */
record Picture(
        NodeStatus node, boolean leader, Optional<ClusterView> view, Optional<Snapshot> server, MonotonicTime now) {

    static Picture of(NodeStatus node, boolean leader, Optional<Snapshot> server, MonotonicTime now) {
        return new Picture(node, leader, node.freshView(now), server, now);
    }

    /** Whether it makes sense to ask the server in this state (contract rest-api.md 3). */
    static boolean mayAnswer(PostgresState state) {
        return state == PostgresState.RUNNING || state == PostgresState.RESTARTING || state.isStarting();
    }

    DynamicConfig config() {
        return node.dynamic();
    }

    /** The reported state. */
    String state() {
        return node.state() == PostgresState.RUNNING && server.isEmpty()
                ? "unknown"
                : node.state().toString();
    }

    boolean isRunning() {
        return state().equals(PostgresState.RUNNING.toString());
    }

    /** The reported role: what the server says, else the managed one. */
    Role role() {
        if (server.isEmpty()) {
            return node.role();
        }
        if (!server.get().inRecovery()) {
            return Role.PRIMARY;
        }
        return config().isStandbyCluster() ? node.role() : Role.REPLICA;
    }

    /** The voter kind that this node is: {@code sync_standby}, {@code quorum_standby}; empty when it is none. */
    Optional<String> syncDuty() {
        SynchronousMode mode = config().synchronousMode();
        if (role() != Role.REPLICA
                || mode == SynchronousMode.OFF
                || view.isEmpty()
                || !view.get().sync().isVoter(node.name())) {
            return Optional.empty();
        }
        return Optional.of(mode == SynchronousMode.QUORUM ? "quorum_standby" : "sync_standby");
    }

    /** {@code streaming}, {@code in archive recovery}; empty on a primary and when neither is the case. */
    Optional<String> replicationState() {
        return server.filter(Snapshot::inRecovery).flatMap(s -> {
            if ("streaming".equals(s.walReceiverState())) {
                return Optional.of("streaming");
            }
            return s.restoreCommandSet() ? Optional.of("in archive recovery") : Optional.empty();
        });
    }

    /** What a replica received; its replay position when it never received anything. */
    static Lsn received(Snapshot server) {
        return server.received().isKnown() ? server.received() : server.replayed();
    }

    /**
     * The timeline that the node is on, 0 when not known. From the same look as the position: with the timeline of the last cycle a
     * standby that has gone over to a new one meanwhile would seem to be far ahead on the old one.
     */
    int timeline() {
        return server.map(Snapshot::timeline).orElse(node.timeline());
    }

    /** How many bytes the replay is behind the last known position of the leader; empty when no position is known. */
    Optional<Long> lagBytes() {
        Lsn latestEnd = server.map(Snapshot::latestEnd).orElse(Lsn.NONE);
        Lsn leaderPosition = Lsn.max(node.view().status().optime(), latestEnd);
        Lsn replayed = server.map(Snapshot::replayed).orElse(Lsn.NONE);
        return leaderPosition.isKnown() ? Optional.of(leaderPosition.bytesAfter(replayed)) : Optional.empty();
    }

    /** The same where it means something: on a replica whose server answered. */
    Optional<Long> replicaLagBytes() {
        return server.filter(Snapshot::inRecovery).flatMap(_ -> lagBytes());
    }

    boolean isUnlocked() {
        return view.isEmpty() || view.get().isUnlocked();
    }
}

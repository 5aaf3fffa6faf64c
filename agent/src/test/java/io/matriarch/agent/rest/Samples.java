package io.matriarch.agent.rest;

import com.google.gson.JsonObject;
import io.matriarch.agent.node.Findings;
import io.matriarch.agent.node.NodeStatus;
import io.matriarch.agent.node.ScheduledRestart;
import io.matriarch.model.ClusterStatus;
import io.matriarch.model.ClusterView;
import io.matriarch.model.ConfigKey;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Electorate;
import io.matriarch.model.FailoverRequest;
import io.matriarch.model.History;
import io.matriarch.model.Json;
import io.matriarch.model.LeaderKey;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PostgresState;
import io.matriarch.model.ReservedTimeline;
import io.matriarch.model.Revision;
import io.matriarch.model.Role;
import io.matriarch.model.SyncState;
import io.matriarch.model.Tags;
import io.matriarch.model.Timing;
import io.matriarch.model.config.BasicAuth;
import io.matriarch.model.config.HostPort;
import io.matriarch.model.config.RestSettings;
import io.matriarch.model.config.RestSettings.VerifyClient;
import io.matriarch.postgres.LocalFacts.Sessions;
import io.matriarch.postgres.LocalFacts.Slot;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.LocalFacts.WalSender;
import io.matriarch.postgres.PendingRestart;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Values that tests start from: the cluster {@code demo} with node {@code n1} at timeline 3. */
final class Samples {

    static final MonotonicTime NOW = new MonotonicTime(1_000_000_000_000L);
    static final OffsetDateTime STARTED = OffsetDateTime.parse("2026-11-25T00:30:00.250+00:00");

    private Samples() {}

    static JsonObject json(String text) {
        return Json.parseObject(text).orElseThrow();
    }

    static Snapshot primary(Slot... slots) {
        return new Snapshot(
                false,
                150018,
                STARTED,
                3,
                new Lsn(0x5000060),
                Lsn.NONE,
                Lsn.NONE,
                null,
                null,
                Lsn.NONE,
                false,
                false,
                "",
                "on",
                List.of(new WalSender(
                        77,
                        "replicator",
                        "n2",
                        "10.0.0.2",
                        "n2",
                        "streaming",
                        "async",
                        0,
                        Lsn.NONE,
                        Lsn.NONE,
                        Lsn.NONE,
                        Lsn.NONE)),
                List.of(slots),
                new Sessions(12, 1));
    }

    static Snapshot replica() {
        return replica("streaming", 0x5000060, 0x5000000);
    }

    static Snapshot replica(@Nullable String walReceiver, long received, long replayed) {
        return new Snapshot(
                true,
                150018,
                STARTED,
                3,
                Lsn.NONE,
                new Lsn(received),
                new Lsn(replayed),
                OffsetDateTime.parse("2026-11-25T00:59:59+00:00"),
                walReceiver,
                new Lsn(received),
                false,
                true,
                "",
                "on",
                List.of(),
                List.of(),
                new Sessions(3, 0));
    }

    /** A view in which n1 leads, with dynamic configuration, sync key and status position. */
    static ClusterView view(String config, SyncState sync, long optime) {
        var members = new TreeMap<String, Member>();
        members.put("n1", member("n1", "primary", "running", 0x5000060));
        members.put("n2", member("n2", "replica", "running", 0x5000000));
        return new ClusterView(
                "7000000000000000001",
                ConfigKey.parse(config, new Revision(7)),
                new LeaderKey("n1", true, new Revision(3)),
                new ClusterStatus(new Lsn(optime), Map.of(), List.of()),
                members,
                null,
                sync,
                History.UNKNOWN,
                null,
                ReservedTimeline.NONE,
                Electorate.NONE);
    }

    static ClusterView view() {
        return view("{\"ttl\":30}", SyncState.EMPTY, 0x5000060);
    }

    static ClusterView with(ClusterView view, @Nullable FailoverRequest failover) {
        return new ClusterView(
                view.initialize(),
                view.config(),
                view.leader(),
                view.status(),
                view.members(),
                failover,
                view.sync(),
                view.history(),
                view.failsafe(),
                ReservedTimeline.NONE,
                Electorate.NONE);
    }

    static Member member(String name, String role, String state, long position) {
        return Member.parse(
                name,
                "{\"conn_url\":\"postgres://10.0.0.%s:5432/postgres\",\"api_url\":\"http://10.0.0.%s:8008/patroni\",\"state\":\"%s\",\"role\":\"%s\",\"xlog_location\":%d,\"timeline\":3}"
                        .formatted(name.substring(1), name.substring(1), state, role, position));
    }

    /** A node of the running cluster; everything can be changed before {@link #build}. */
    static final class Node {
        PostgresState state = PostgresState.RUNNING;
        Role role = Role.PRIMARY;
        ClusterView view = Samples.view();

        @Nullable
        MonotonicTime viewReadAt = NOW;

        DynamicConfig config = view.dynamicConfig();
        Tags tags = Tags.NONE;
        List<PendingRestart> pendingRestart = List.of();

        @Nullable
        ScheduledRestart scheduledRestart;

        Optional<Snapshot> snapshot = Optional.of(primary());
        boolean failsafeActive;
        boolean watchdogFailed;
        MonotonicTime nextCycle = NOW;
        String lastResult = "no action";
        Findings findings = Findings.NONE;

        /** One that is like this one. */
        static Node of(NodeStatus s) {
            var node = new Node();
            node.state = s.state();
            node.role = s.role();
            node.view = s.view();
            node.viewReadAt = s.viewReadAt();
            node.config = s.dynamic();
            node.tags = s.tags();
            node.pendingRestart = s.pendingRestart();
            node.scheduledRestart = s.scheduledRestart();
            node.snapshot = s.snapshot();
            node.failsafeActive = s.failsafeActive();
            node.watchdogFailed = s.watchdogFailed();
            node.nextCycle = s.nextCycle();
            node.lastResult = s.lastResult();
            node.findings = s.findings();
            return node;
        }

        Node config(String document) {
            config = new DynamicConfig(json(document));
            return this;
        }

        Node replica() {
            role = Role.REPLICA;
            snapshot = Optional.of(Samples.replica());
            return this;
        }

        NodeStatus build() {
            return new NodeStatus(
                    "demo",
                    "n1",
                    state,
                    role,
                    view,
                    viewReadAt,
                    Instant.ofEpochSecond(1_764_032_400),
                    config,
                    Timing.DEFAULT,
                    tags,
                    pendingRestart,
                    scheduledRestart,
                    snapshot,
                    3,
                    failsafeActive,
                    watchdogFailed,
                    "7000000000000000001",
                    nextCycle,
                    lastResult,
                    findings);
        }

        Picture picture(boolean leader) {
            NodeStatus status = build();
            return Picture.of(status, leader, status.snapshot(), NOW);
        }
    }

    /** Settings for plain HTTP on any free port of loopback. */
    static RestSettings http() {
        return settings(null, List.of(), null);
    }

    static RestSettings settings(@Nullable BasicAuth auth, List<String> allowlist, @Nullable Tls tls) {
        var listen = new HostPort("127.0.0.1", 0);
        return new RestSettings(
                listen,
                listen,
                auth,
                tls == null ? null : tls.certfile,
                null,
                null,
                tls == null ? null : tls.cafile,
                null,
                tls == null ? VerifyClient.NONE : tls.verify,
                allowlist,
                false,
                Map.of("X-Extra", "plain"),
                Map.of("X-Extra", "tls"),
                50,
                5,
                "minimal");
    }

    record Tls(String certfile, @Nullable String cafile, VerifyClient verify) {}
}

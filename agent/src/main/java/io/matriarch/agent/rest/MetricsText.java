package io.matriarch.agent.rest;

import io.matriarch.agent.meters.Meters;
import io.matriarch.agent.meters.Meters.Sum;
import io.matriarch.agent.meters.Meters.Work;
import io.matriarch.agent.node.MemberPromises;
import io.matriarch.agent.node.NodeStatus;
import io.matriarch.engine.slots.SlotUse;
import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PostgresState;
import io.matriarch.model.PublishedVersion;
import io.matriarch.model.Role;
import io.matriarch.model.Tags;
import io.matriarch.postgres.LocalFacts.Slot;
import io.matriarch.postgres.LocalFacts.Snapshot;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The Prometheus text of contract rest-api.md 7; its bytes are parsed by exporters and dashboards that exist. */
final class MetricsText {

    private static final String STATES = "# Values: 0=initdb, 1=initdb_failed, 2=custom_bootstrap,"
            + " 3=custom_bootstrap_failed, 4=creating_replica, 5=running, 6=starting, 7=bootstrap_starting,"
            + " 8=start_failed, 9=restarting, 10=restart_failed, 11=stopping, 12=stopped, 13=stop_failed,"
            + " 14=crashed.\n";

    private final StringBuilder out = new StringBuilder(8192);
    private final String labels;

    private MetricsText(String scope, String name) {
        this.labels = "{scope=\"" + scope + "\",name=\"" + name + "\"} ";
    }

    static String of(Picture picture, OwnFacts own) {
        NodeStatus node = picture.node();
        var text = new MetricsText(node.scope(), node.name());
        text.write(picture, node);
        text.writeOwn(picture, own.lease());
        text.writeAgent(own);
        return text.out.toString();
    }

    private void write(Picture picture, NodeStatus node) {
        Snapshot server = picture.server().orElse(null);
        boolean replica = server != null && server.inRecovery();
        Role role = picture.role();
        Optional<String> duty = picture.syncDuty();
        Optional<String> replication = picture.replicationState();

        gauge("patroni_version", "Patroni semver without periods.", version());
        flag("patroni_postgres_running", "Value is 1 if Postgres is running, 0 otherwise.", picture.isRunning());
        gauge(
                "patroni_postmaster_start_time",
                "Epoch seconds since Postgres started.",
                epoch(server == null ? null : server.postmasterStartTime()));
        flag("patroni_primary", "Value is 1 if this node is the leader, 0 otherwise.", role == Role.PRIMARY);
        counter(
                "patroni_xlog_location",
                "Current location of the Postgres transaction log, 0 if this node is not the leader.",
                server == null || replica ? Lsn.NONE : server.flushed());
        flag(
                "patroni_standby_leader",
                "Value is 1 if this node is the standby_leader, 0 otherwise.",
                role == Role.STANDBY_LEADER);
        flag("patroni_replica", "Value is 1 if this node is a replica, 0 otherwise.", role == Role.REPLICA);
        flag(
                "patroni_sync_standby",
                "Value is 1 if this node is a sync standby, 0 otherwise.",
                duty.equals(Optional.of("sync_standby")));
        flag(
                "patroni_quorum_standby",
                "Value is 1 if this node is a quorum standby, 0 otherwise.",
                duty.equals(Optional.of("quorum_standby")));
        counter(
                "patroni_xlog_received_location",
                "Current location of the received Postgres transaction log, 0 if this node is not a replica.",
                server != null && replica ? Picture.received(server) : Lsn.NONE);
        counter(
                "patroni_xlog_replayed_location",
                "Current location of the replayed Postgres transaction log, 0 if this node is not a replica.",
                server != null && replica ? server.replayed() : Lsn.NONE);
        gauge(
                "patroni_xlog_replayed_timestamp",
                "Current timestamp of the replayed Postgres transaction log, 0 if null.",
                epoch(server != null && replica ? server.replayedTimestamp() : null));
        flag(
                "patroni_xlog_paused",
                "Value is 1 if the Postgres xlog is paused, 0 otherwise.",
                server != null && replica && server.replayPaused());
        if (server != null) {
            flag(
                    "patroni_postgres_streaming",
                    "Value is 1 if Postgres is streaming, 0 otherwise.",
                    replication.equals(Optional.of("streaming")));
            flag(
                    "patroni_postgres_in_archive_recovery",
                    "Value is 1 if Postgres is replicating from archive, 0 otherwise.",
                    replication.equals(Optional.of("in archive recovery")));
        }
        gauge(
                "patroni_postgres_server_version",
                "Version of Postgres (if running), 0 otherwise.",
                server == null ? "0" : Integer.toString(server.serverVersion()));
        flag("patroni_cluster_unlocked", "Value is 1 if the cluster is unlocked, 0 if locked.", picture.isUnlocked());
        flag(
                "patroni_failsafe_mode_is_active",
                "Value is 1 if failsafe mode is active, 0 if inactive.",
                node.failsafeActive());
        flag(
                "patroni_failsafe_mode_enabled",
                "Value is 1 if failsafe_mode is enabled, 0 otherwise.",
                picture.config().failsafeMode());
        var failsafe = node.view().failsafe();
        flag(
                "patroni_failsafe_member",
                "Value is 1 if this node is a member of failsafe, 0 otherwise.",
                failsafe != null && failsafe.containsKey(node.name()));
        gauge(
                "patroni_postgres_timeline",
                "Postgres timeline of this node (if running), 0 otherwise.",
                Integer.toString(server == null ? 0 : picture.timeline()));
        gauge(
                "patroni_dcs_last_seen",
                "Epoch timestamp when DCS was last contacted successfully by Patroni.",
                Long.toString(node.dcsLastSeen().getEpochSecond()));
        flag(
                "patroni_pending_restart",
                "Value is 1 if the node needs a restart, 0 otherwise.",
                !node.pendingRestart().isEmpty());
        flag(
                "patroni_is_paused",
                "Value is 1 if auto failover is disabled, 0 otherwise.",
                picture.config().isPaused());
        sample(
                "patroni_postgres_state",
                "Numeric representation of Postgres state.",
                STATES,
                "gauge",
                Integer.toString(
                        PostgresState.parse(picture.state()).map(Enum::ordinal).orElse(-1)));
        Tags tags = node.tags();
        gauge(
                "patroni_failover_priority",
                "Failover priority of this node.",
                Integer.toString(tags.nofailover() ? 0 : tags.failoverPriority()));
        if (server != null && !server.slots().isEmpty()) {
            slots(server, node.findings().slots());
        }
    }

    /** What each slot holds back, and what can be written until it loses what it needs: not known to Patroni. */
    private void slots(Snapshot server, List<SlotUse> uses) {
        head("matriarch_slot_held_wal_bytes", "WAL that a replication slot holds back.", "gauge");
        for (Slot slot : server.slots()) {
            if (slot.restartLsn().isKnown()) {
                slot(
                        "matriarch_slot_held_wal_bytes",
                        slot.name(),
                        server.position().bytesAfter(slot.restartLsn()));
            }
        }
        head(
                "matriarch_slot_safe_wal_bytes",
                "WAL that can be written until max_slot_wal_keep_size takes what a replication slot needs.",
                "gauge");
        for (Slot slot : server.slots()) {
            Long safe = slot.safeWalBytes();
            if (safe != null) {
                slot("matriarch_slot_safe_wal_bytes", slot.name(), safe);
            }
        }
        head(
                "matriarch_slot_seconds_left",
                "Time until what a replication slot holds back reaches max_slot_wal_keep_size or fills the disk, as"
                        + " fast as it grew lately.",
                "gauge");
        for (SlotUse use : uses) {
            Duration left = use.left();
            if (left != null) {
                slot("matriarch_slot_seconds_left", use.slot(), left.toSeconds());
            }
        }
    }

    private void slot(String name, String slot, long value) {
        String ours = labels.substring(0, labels.indexOf('}'));
        out.append(name)
                .append(ours)
                .append(",slot=\"")
                .append(slot)
                .append("\"} ")
                .append(value)
                .append('\n');
    }

    private void head(String name, String help, String type) {
        out.append("# HELP ").append(name).append(' ').append(help).append('\n');
        out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    /** What the peer does not have: three that guides read, then those that only this manager knows. */
    private void writeOwn(Picture picture, Optional<MonotonicTime> lease) {
        NodeStatus node = picture.node();
        Snapshot server = picture.server().orElse(null);
        flag(
                "patroni_cluster_leader",
                "Value is 1 if this node holds the leader key of its cluster, 0 otherwise.",
                picture.leader());
        gauge(
                "patroni_replication_lag",
                "Bytes that this replica's replay is behind the leader, 0 if this node is not a replica.",
                Long.toString(picture.replicaLagBytes().orElse(0L)));
        gauge(
                "patroni_connections",
                "Client connections to Postgres, 0 if it does not answer.",
                Integer.toString(server == null ? 0 : server.sessions().connections()));
        gauge(
                "matriarch_lease_margin_seconds",
                "Seconds until the lease of this node ends, 0 if it does not lead.",
                lease.map(end -> seconds(end.since(picture.now()))).orElse("0"));
        gauge(
                "matriarch_lease_seconds",
                "Seconds that a lease lasts without renewal (ttl).",
                seconds(node.timing().ttl()));
        writeMemberLease(picture);
        gauge(
                "matriarch_cycle_overdue_seconds",
                "Seconds by which the next HA cycle is late, 0 if it is not.",
                seconds(picture.now().since(node.nextCycle())));
        MonotonicTime read = node.viewReadAt();
        gauge(
                "matriarch_store_view_age_seconds",
                "Seconds since the store was read, -1 if the last read failed.",
                read == null ? "-1" : seconds(picture.now().since(read)));
        gauge(
                "matriarch_members",
                "Members of the cluster that have a key in the store.",
                Integer.toString(node.view().members().size()));
        gauge(
                "matriarch_sync_standbys",
                "Standbys that hold every acknowledged commit, 0 without synchronous mode.",
                Integer.toString(
                        picture.config().isSynchronous()
                                ? node.view().sync().voters().size()
                                : 0));
        gauge(
                "matriarch_sync_commits_waiting",
                "Sessions that wait for a synchronous standby to confirm a commit.",
                Integer.toString(server == null ? 0 : server.sessions().waitingForSync()));
        gauge(
                "matriarch_walsenders",
                "Connected standbys and other receivers of WAL.",
                Integer.toString(server == null ? 0 : server.walSenders().size()));
        gauge(
                "matriarch_replication_slots",
                "Replication slots on this node.",
                Integer.toString(server == null ? 0 : server.slots().size()));
        gauge(
                "matriarch_replication_slots_inactive",
                "Replication slots on this node that nobody uses, and that keep WAL.",
                Long.toString(
                        server == null
                                ? 0
                                : server.slots().stream()
                                        .filter(s -> !s.active())
                                        .count()));
    }

    /** Decision 0016. */
    private void writeMemberLease(Picture picture) {
        MemberPromises promises = picture.node().findings().promises();
        flag(
                "matriarch_member_lease_enabled",
                "Value is 1 if members may grant a lease while the store does not answer, 0 otherwise.",
                picture.config().memberLease());
        gauge(
                "matriarch_member_lease_electors",
                "Members whose promises can carry the leader, 0 if promises cannot.",
                Integer.toString(picture.node().view().electorate().members().size()));
        gauge(
                "matriarch_member_lease_promises_held",
                "Members whose promises carry this leader without the store, 0 if the store's lease does.",
                Integer.toString(promises.held().size()));
        gauge(
                "matriarch_member_lease_promise_given_seconds",
                "Seconds that a promise of this node to a leader still bound at the last cycle, 0 without one.",
                seconds(promises.left()));
    }

    /** The agent as a process: its cycle, its store, its API, what it uses. */
    private void writeAgent(OwnFacts own) {
        Meters meters = own.meters();
        gauge(
                "matriarch_fence_state",
                "Fence: 0 off, 1 ready, 2 armed with the end of the lease, 3 lost.",
                Integer.toString(own.fence().code()));
        Sum cycles = meters.of(Work.CYCLE);
        gauge("matriarch_cycle_last_seconds", "Seconds that the last HA cycle took.", seconds(cycles.last()));
        head("matriarch_cycle_seconds", "Duration of HA cycles.", "summary");
        summary("matriarch_cycle_seconds", "", cycles);
        head("matriarch_store_seconds", "Duration of requests to the store, by their outcome.", "summary");
        summary("matriarch_store_seconds", ",request=\"read\",outcome=\"ok\"", meters.of(Work.STORE_READ_OK));
        summary("matriarch_store_seconds", ",request=\"read\",outcome=\"failed\"", meters.of(Work.STORE_READ_FAILED));
        summary(
                "matriarch_store_seconds",
                ",request=\"write\",outcome=\"applied\"",
                meters.of(Work.STORE_WRITE_APPLIED));
        summary(
                "matriarch_store_seconds",
                ",request=\"write\",outcome=\"refused\"",
                meters.of(Work.STORE_WRITE_REFUSED));
        summary(
                "matriarch_store_seconds",
                ",request=\"write\",outcome=\"unknown\"",
                meters.of(Work.STORE_WRITE_UNKNOWN));
        head("matriarch_peer_seconds", "Duration of status requests to other members, by their outcome.", "summary");
        summary("matriarch_peer_seconds", ",outcome=\"answered\"", meters.of(Work.PEER_ANSWERED));
        summary("matriarch_peer_seconds", ",outcome=\"silent\"", meters.of(Work.PEER_SILENT));
        gauge(
                "matriarch_api_silent_seconds",
                "Seconds since the REST API stopped to answer the agent's own requests, 0 if it answers.",
                seconds(own.apiSilence()));
        gauge(
                "matriarch_api_connections",
                "Open connections to the REST API.",
                Integer.toString(own.connections().open()));
        sample(
                "matriarch_api_evicted_total",
                "Connections to the REST API that had to make room for others.",
                "",
                "counter",
                Long.toString(own.connections().evicted()));
        sample(
                "matriarch_log_records_lost_total",
                "Records of the agent's log that were dropped, because the queue or the disk was full.",
                "",
                "counter",
                Long.toString(meters.log().lost()));
        ProcessFacts process = own.process();
        gauge("matriarch_heap_used_bytes", "Bytes of the agent's heap in use.", Long.toString(process.heapUsed()));
        gauge(
                "matriarch_heap_limit_bytes",
                "Bytes that the agent's heap may grow to.",
                Long.toString(process.heapLimit()));
        gauge(
                "matriarch_resident_bytes",
                "Memory of the agent that is in RAM.",
                Long.toString(process.residentBytes()));
        gauge("matriarch_threads", "Threads of the agent.", Long.toString(process.threads()));
        gauge("matriarch_open_files", "Open files and sockets of the agent.", Long.toString(process.openFiles()));
    }

    private void summary(String name, String more, Sum sum) {
        String ours = labels.substring(0, labels.indexOf('}')) + more + "} ";
        out.append(name)
                .append("_sum")
                .append(ours)
                .append(seconds(sum.total()))
                .append('\n');
        out.append(name).append("_count").append(ours).append(sum.count()).append('\n');
    }

    /** Never negative; with milliseconds. */
    private static String seconds(Duration duration) {
        return BigDecimal.valueOf(Math.max(duration.toMillis(), 0), 3).toPlainString();
    }

    private void flag(String name, String help, boolean value) {
        gauge(name, help, value ? "1" : "0");
    }

    private void gauge(String name, String help, String value) {
        sample(name, help, "", "gauge", value);
    }

    private void counter(String name, String help, Lsn value) {
        sample(name, help, "", "counter", Long.toUnsignedString(value.bytes()));
    }

    private void sample(String name, String help, String comment, String type, String value) {
        out.append("# HELP ").append(name).append(' ').append(help).append('\n');
        out.append(comment);
        out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
        out.append(name).append(labels).append(value).append('\n');
    }

    /** Each part of the version with two digits: {@code 040104}. */
    private static String version() {
        var result = new StringBuilder();
        for (String part : PublishedVersion.TEXT.split("\\.")) {
            result.append(String.format(Locale.ROOT, "%02d", Integer.parseInt(part)));
        }
        return result.toString();
    }

    /** Epoch seconds with fraction; 0 for no time. */
    private static String epoch(@Nullable OffsetDateTime time) {
        if (time == null) {
            return "0";
        }
        var seconds = BigDecimal.valueOf(time.toEpochSecond()).add(BigDecimal.valueOf(time.getNano() / 1000, 6));
        String text = seconds.stripTrailingZeros().toPlainString();
        return text.indexOf('.') < 0 ? text + ".0" : text;
    }
}

package io.matriarch.bench;

import io.matriarch.bench.Clusters.Sample;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What one number of clusters came to.
 *
 * @param leadersLost clusters whose leader key is not the one of the beginning any more
 */
record ClustersLine(int clusters, int agents, Sample before, Sample after, Duration longestCycle, int leadersLost) {

    private static final List<String> TITLES = List.of(
            "Clusters",
            "Agents",
            "Requests a member and minute",
            "Keys written a cluster and minute",
            "Notices a member and minute",
            "KB received by etcd a member and minute",
            "KB sent",
            "etcd CPU ms a member and minute",
            "etcd, % of a core",
            "Waits for the disk a second",
            "ms each",
            "etcd RSS MB",
            "Database MB",
            "Watches",
            "Agent CPU ms a minute",
            "Threads an agent",
            "RSS MB an agent",
            "Longest cycle ms",
            "Leaders lost");

    static String table(List<ClustersLine> lines) {
        return TITLES.stream().collect(Collectors.joining(" | ", "| ", " |\n"))
                + "| ---: ".repeat(TITLES.size()) + "|\n"
                + lines.stream().map(ClustersLine::row).collect(Collectors.joining());
    }

    String row() {
        double syncs = counted("etcd_disk_wal_fsync_duration_seconds_count");
        return "| %d | %d | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f | %.0f | %.1f | %.0f | %.1f | %.0f | %.1f | %.1f | %.2f | %.0f | %d |%n"
                .formatted(
                        clusters,
                        agents,
                        counted("grpc_server_handled_total") / minutes() / agents,
                        counted("etcd_mvcc_put_total") / minutes() / clusters,
                        counted("etcd_debugging_mvcc_events_total") / minutes() / agents,
                        counted("etcd_network_client_grpc_received_bytes_total") / 1e3 / minutes() / agents,
                        counted("etcd_network_client_grpc_sent_bytes_total") / 1e3 / minutes() / agents,
                        etcdCpuSeconds() * 1e3 / minutes() / agents,
                        etcdCpuSeconds() * 100 / 60 / minutes(),
                        syncs / 60 / minutes(),
                        counted("etcd_disk_wal_fsync_duration_seconds_sum") * 1e3 / syncs,
                        after.etcdMemory().residentMb(),
                        after.etcd().of("etcd_mvcc_db_total_size_in_bytes") / 1e6,
                        after.etcd().of("etcd_debugging_mvcc_watcher_total"),
                        (after.agentsCpuSeconds() - before.agentsCpuSeconds()) * 1e3 / minutes() / agents,
                        (double) after.agentsMemory().threads() / agents,
                        after.agentsMemory().residentMb() / agents,
                        longestCycle.toNanos() / 1e6,
                        leadersLost);
    }

    private double minutes() {
        return (after.nanos() - before.nanos()) / 60e9;
    }

    private double etcdCpuSeconds() {
        return after.etcdCpuSeconds() - before.etcdCpuSeconds();
    }

    private double counted(String name) {
        return after.etcd().of(name) - before.etcd().of(name);
    }
}

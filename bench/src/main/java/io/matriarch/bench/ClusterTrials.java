package io.matriarch.bench;

import io.matriarch.acceptance.EtcdServer;
import io.matriarch.acceptance.TestCluster;
import io.matriarch.acceptance.TestNode;
import io.matriarch.ctl.load.Endpoint;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** Does the faults to a running cluster, one after the other; each starts and ends with a healthy cluster. */
final class ClusterTrials {

    private final TestCluster cluster;

    ClusterTrials(TestCluster cluster) {
        this.cluster = cluster;
    }

    /** Changes dynamic configuration; {@code null} as value takes a key out. */
    void configure(String key, String value) {
        cluster.patronictl("edit-config", TestCluster.SCOPE, "-s", key + "=" + value, "--force", "--quiet");
    }

    Trial run(Fault fault) throws Exception {
        cluster.awaitHealthy(TestCluster.FAILOVER);
        TestNode primary = cluster.awaitPrimary();
        List<Endpoint> endpoints = cluster.nodes.stream()
                .map(node -> new Endpoint(node.name, node.address, node.postgresPort))
                .toList();
        return Trial.run(endpoints, () -> inject(fault, primary), () -> {
            if (fault == Fault.NODE) {
                cluster.start(primary);
            }
            cluster.awaitHealthy(TestCluster.FAILOVER);
        });
    }

    private void inject(Fault fault, TestNode primary) throws Exception {
        switch (fault) {
            case CRASH, CRASH_FAILOVER -> primary.killPostmaster();
            case SWITCHOVER -> cluster.patronictl("switchover", TestCluster.SCOPE, "--leader", primary.name, "--force");
            case SWITCHOVER_REST -> switchover(primary);
            case NODE -> primary.killEverything();
            case STORE -> {
                EtcdServer etcd = Objects.requireNonNull(cluster.etcd, "only an external store can be stopped");
                etcd.stop();
                Thread.sleep(Fault.STORE_DOWN_SECONDS * 1000L);
                etcd.start();
            }
        }
    }

    private static void switchover(TestNode primary) throws IOException {
        var url = URI.create("http://" + primary.address + ":" + primary.restPort + "/switchover")
                .toURL();
        var connection = (HttpURLConnection) url.openConnection();
        connection.setConnectTimeout(1000);
        connection.setReadTimeout(60_000);
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        try (var body = connection.getOutputStream()) {
            body.write(("{\"leader\": \"" + primary.name + "\"}").getBytes(StandardCharsets.UTF_8));
        }
        if (connection.getResponseCode() != 200) {
            throw new IOException("POST /switchover was answered with " + connection.getResponseCode());
        }
        connection.disconnect();
    }
}

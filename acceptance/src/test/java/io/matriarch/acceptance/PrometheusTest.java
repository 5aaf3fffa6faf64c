package io.matriarch.acceptance;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.matriarch.acceptance.TestCluster.Store;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** A real Prometheus with the files that we ship, where it is installed; on request. */
class PrometheusTest {

    private static final Path PROGRAM = Path.of("/usr/bin/prometheus");
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Test
    void panelsHaveSeriesAndAlertsAreRaised() throws Exception {
        Assumptions.assumeTrue(Rounds.areThorough(), "-Dmatriarch.rounds=1 runs it");
        Assumptions.assumeTrue(Files.exists(PROGRAM), "prometheus is not installed");
        try (var cluster = TestCluster.start(Store.ETCD, 2, TestCluster.QUICK)) {
            String address = "127.0.0.1:" + Machine.freePort();
            Process prometheus = start(cluster, address);
            try {
                for (String expression : panels()) {
                    Await.until("series of " + expression, LIMIT, () -> series(address, expression) > 0);
                }
                Await.until("all rules are evaluated", LIMIT, () -> areRulesHealthy(address));
                var raised = new AtomicReference<>("");
                Await.until(
                        "no alert",
                        LIMIT,
                        () -> {
                            raised.set(alerts(address).toString());
                            return raised.get().equals("[]");
                        },
                        raised::get);
                cluster.patronictl("pause", TestCluster.SCOPE, "--wait");
                Await.until(
                        "the alert of a pause",
                        LIMIT,
                        () -> alerts(address).toString().contains("\"alertname\":\"ClusterPaused\""));
            } finally {
                prometheus.destroyForcibly();
                prometheus.waitFor();
            }
        }
    }

    /** Our configuration with the nodes of the test, asked more often. */
    private static Process start(TestCluster cluster, String address) throws IOException {
        Path files = Machine.checkout().resolve("distribution/monitoring");
        var targets = new StringBuilder();
        cluster.nodes.forEach(node -> targets.append("          - %s:%d\n".formatted(node.address, node.restPort)));
        String configuration = Files.readString(files.resolve("prometheus.yml"))
                .replaceAll("( {10}- 192\\.168\\.1\\.1\\d:8008\n)+", targets.toString())
                .replace("_interval: 10s", "_interval: 1s");
        Path directory = Files.createDirectory(cluster.directory.resolve("prometheus"));
        Files.writeString(directory.resolve("prometheus.yml"), configuration);
        Files.copy(files.resolve("alerts.yml"), directory.resolve("alerts.yml"));
        Machine.give(directory);
        return new ProcessBuilder(Machine.asUser(List.of(
                        PROGRAM.toString(),
                        "--config.file=" + directory.resolve("prometheus.yml"),
                        "--storage.tsdb.path=" + directory.resolve("data"),
                        "--web.listen-address=" + address)))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
    }

    private static List<String> panels() throws IOException {
        Path file = Machine.checkout().resolve("distribution/monitoring/grafana-dashboard.json");
        var expressions = new ArrayList<String>();
        JsonObject dashboard = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        for (JsonElement panel : dashboard.getAsJsonArray("panels")) {
            for (JsonElement target : panel.getAsJsonObject().getAsJsonArray("targets")) {
                String expression = target.getAsJsonObject().get("expr").getAsString();
                expressions.add(expression.replace("$scope", TestCluster.SCOPE));
            }
        }
        return expressions;
    }

    private static int series(String address, String expression) throws IOException {
        return get(address, "/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8))
                .getAsJsonArray("result")
                .size();
    }

    private static boolean areRulesHealthy(String address) throws IOException {
        for (JsonElement group : get(address, "/api/v1/rules").getAsJsonArray("groups")) {
            for (JsonElement rule : group.getAsJsonObject().getAsJsonArray("rules")) {
                if (!rule.getAsJsonObject().get("health").getAsString().equals("ok")) {
                    return false;
                }
            }
        }
        return true;
    }

    private static JsonArray alerts(String address) throws IOException {
        return get(address, "/api/v1/alerts").getAsJsonArray("alerts");
    }

    private static JsonObject get(String address, String path) throws IOException {
        var connection = (HttpURLConnection)
                URI.create("http://" + address + path).toURL().openConnection();
        connection.setReadTimeout(5000);
        try (var body = connection.getInputStream()) {
            return JsonParser.parseString(new String(body.readAllBytes(), StandardCharsets.UTF_8))
                    .getAsJsonObject()
                    .getAsJsonObject("data");
        } finally {
            connection.disconnect();
        }
    }
}

package io.matriarch.agent.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.agent.meters.Meters;
import io.matriarch.agent.node.FenceState;
import io.matriarch.model.Json;
import io.matriarch.model.config.ConfigTree;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The alert rules and the dashboard that we ship: each expression names metrics that exist. */
class MonitoringFilesTest {

    private static final Path FILES = Path.of("..", "distribution", "monitoring");
    private static final Pattern METRIC = Pattern.compile("\\b(?:patroni|matriarch)_[a-z_]+");

    @Test
    void alertsNameMetricsThatExist() throws Exception {
        JsonObject document = ConfigTree.parseYaml("alerts.yml", Files.readString(FILES.resolve("alerts.yml")));
        var expressions = new ArrayList<String>();
        for (JsonElement group : document.getAsJsonArray("groups")) {
            for (JsonElement element : group.getAsJsonObject().getAsJsonArray("rules")) {
                JsonObject rule = element.getAsJsonObject();
                expressions.add(rule.get("expr").getAsString());
                assertTrue(rule.getAsJsonObject("labels").has("severity"), rule.toString());
                JsonObject annotations = rule.getAsJsonObject("annotations");
                assertTrue(annotations.has("summary") && annotations.has("remedy"), rule.toString());
            }
        }
        assertTrue(expressions.size() > 10);
        assertKnown(expressions);
    }

    @Test
    void panelsNameMetricsThatExist() throws Exception {
        JsonObject dashboard = Json.parseObject(Files.readString(FILES.resolve("grafana-dashboard.json")))
                .orElseThrow();
        var expressions = new ArrayList<String>();
        JsonArray panels = dashboard.getAsJsonArray("panels");
        for (JsonElement panel : panels) {
            for (JsonElement target : panel.getAsJsonObject().getAsJsonArray("targets")) {
                expressions.add(target.getAsJsonObject().get("expr").getAsString());
            }
        }
        for (JsonElement variable : dashboard.getAsJsonObject("templating").getAsJsonArray("list")) {
            expressions.add(variable.getAsJsonObject().get("query").getAsString());
        }
        assertTrue(expressions.size() > 15);
        assertKnown(expressions.stream().filter(e -> !e.equals("prometheus")).toList());
    }

    private static void assertKnown(List<String> expressions) {
        String text = MetricsText.of(
                new Samples.Node().picture(true),
                new OwnFacts(
                        Optional.of(Samples.NOW.plus(Duration.ofSeconds(1))),
                        FenceState.READY,
                        Duration.ZERO,
                        OwnFacts.ConnectionFacts.NONE,
                        new Meters(),
                        ProcessFacts.now()));
        var known = new TreeSet<String>();
        text.lines()
                .filter(line -> !line.startsWith("#"))
                .forEach(line -> known.add(line.substring(0, line.indexOf('{'))));
        var unknown = new TreeSet<String>();
        for (String expression : expressions) {
            Set<String> named = new TreeSet<>();
            for (Matcher metric = METRIC.matcher(expression); metric.find(); ) {
                named.add(metric.group());
            }
            assertTrue(!named.isEmpty(), expression);
            named.removeAll(known);
            unknown.addAll(named);
        }
        assertEquals(Set.of(), unknown);
    }
}

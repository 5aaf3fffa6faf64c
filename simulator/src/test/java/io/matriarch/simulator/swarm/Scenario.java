package io.matriarch.simulator.swarm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.simulator.Trace;
import io.matriarch.simulator.cluster.World;
import io.matriarch.simulator.postgres.PostgresTraits;
import io.matriarch.simulator.swarm.Fault.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A story in a few words: a cluster of three with two writers on calm servers, what happens to it when, and what must have
 * come of it. All invariants are checked on the way, and in the end the cluster must be whole.
 */
final class Scenario {

    private final String number;
    private final String words;
    private final JsonObject dynamic = new JsonObject();
    private final JsonObject local = new JsonObject();
    private final List<JsonObject> tags = new ArrayList<>();
    private final List<Fault> faults = new ArrayList<>();
    private final List<String> said = new ArrayList<>();
    private final List<String> unsaid = new ArrayList<>();
    private World.Store store = World.Store.ETCD;
    private int leastTimeline = 1;
    private int mostTimeline = Integer.MAX_VALUE;
    private boolean nothingLost;

    private Scenario(String number, String words) {
        this.number = number;
        this.words = words;
        nodes(3);
        with("ttl", "20").with("loop_wait", "5").with("retry_timeout", "3");
    }

    /** @param number of the scenario, S01 to S100 */
    static Scenario scenario(String number, String words) {
        return new Scenario(number, words);
    }

    String number() {
        return number;
    }

    // ---- the world

    Scenario nodes(int count) {
        tags.clear();
        for (int i = 0; i < count; i++) {
            tags.add(new JsonObject());
        }
        return this;
    }

    Scenario zookeeper() {
        store = World.Store.ZOOKEEPER;
        return this;
    }

    /** In the dynamic configuration. */
    Scenario with(String key, String json) {
        dynamic.add(key, parse(json));
        return this;
    }

    Scenario synchronous() {
        return with("synchronous_mode", "true");
    }

    Scenario quorum() {
        return with("synchronous_mode", "\"quorum\"");
    }

    /** A section of every node's own configuration. */
    Scenario local(String section, String json) {
        local.add(section, parse(json));
        return this;
    }

    /** @param node from 0 */
    Scenario tag(int node, String tag, String json) {
        tags.get(node).add(tag, parse(json));
        return this;
    }

    private static JsonElement parse(String json) {
        return Json.parse(json).orElseThrow();
    }

    // ---- what happens

    /** Whoever is primary then is struck. */
    Scenario primary(int second, Kind kind, int lasts) {
        return fault(second, kind, Fault.PRIMARY, lasts, 0);
    }

    Scenario host(int second, Kind kind, int host, int lasts) {
        return fault(second, kind, host, lasts, 0);
    }

    Scenario fault(int second, Kind kind, int target, int lasts, long lot) {
        faults.add(new Fault(kind, Duration.ofSeconds(second), target, Duration.ofSeconds(lasts), lot));
        return this;
    }

    // ---- what must come of it

    /** The primary stays, or comes back where it was. */
    Scenario nobodyIsPromoted() {
        return timelines(1, 1);
    }

    Scenario oneIsPromoted() {
        return timelines(2, 2);
    }

    /** The timeline of the last primary. */
    Scenario timelines(int least, int most) {
        leastTimeline = least;
        mostTimeline = most;
        return this;
    }

    Scenario losesNothing() {
        nothingLost = true;
        return this;
    }

    Scenario says(String text) {
        said.add(text);
        return this;
    }

    Scenario neverSays(String text) {
        unsaid.add(text);
        return this;
    }

    void holds() {
        faults.sort(Comparator.comparing(Fault::at));
        var trace = Trace.kept();
        var plan = new Plan(1, store, tags.size(), dynamic, local, tags, PostgresTraits.calm(), 2, faults);
        Outcome outcome = Run.of(plan, trace);
        assertNull(outcome.violation(), () -> tell(outcome, trace));
        assertTrue(
                outcome.timelines() >= leastTimeline && outcome.timelines() <= mostTimeline,
                () -> "timeline " + outcome.timelines() + " instead of " + leastTimeline + " to " + mostTimeline + "\n"
                        + tell(outcome, trace));
        if (nothingLost) {
            assertEquals(0, outcome.missing(), () -> tell(outcome, trace));
        }
        List<String> lines = trace.lines();
        said.forEach(text -> assertTrue(
                lines.stream().anyMatch(line -> line.contains(text)),
                () -> "nobody said: " + text + "\n" + tell(outcome, trace)));
        unsaid.forEach(text -> assertEquals(
                List.of(), lines.stream().filter(line -> line.contains(text)).toList()));
    }

    /** The decisive lines: what each cycle repeats would hide them. */
    private static String tell(Outcome outcome, Trace trace) {
        List<String> lines = trace.lines().stream()
                .filter(line ->
                        !line.contains("verdict:") && !line.contains("Lock owner") && !line.contains("no action"))
                .toList();
        return outcome.plan() + "\n" + String.join("\n", lines) + "\n" + outcome.description();
    }

    @Override
    public String toString() {
        return number + " " + words;
    }
}

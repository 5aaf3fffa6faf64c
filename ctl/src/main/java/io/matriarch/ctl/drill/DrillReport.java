package io.matriarch.ctl.drill;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.Screen;
import io.matriarch.ctl.cli.Screen.Colour;
import io.matriarch.ctl.drill.Verdict.Item;
import io.matriarch.model.Json;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** What was measured and how good it is, for people and for programs. */
record DrillReport(Measurement measured, Verdict verdict) {

    String text(Screen screen) {
        var out = new StringBuilder();
        String result = verdict.passed() ? "passed" : "FAILED";
        out.append("\nDrill ")
                .append(measured.fault())
                .append(" on cluster ")
                .append(measured.cluster())
                .append(" at ")
                .append(measured.at().truncatedTo(ChronoUnit.SECONDS))
                .append(": ")
                .append(screen.paint(verdict.passed() ? Colour.GREEN : Colour.RED, result))
                .append(" with ")
                .append(verdict.score())
                .append(" of 100 points\n");
        for (Item item : verdict.items()) {
            String mark = item.passed() ? "  ok    " : "  FAIL  ";
            out.append(screen.paint(item.passed() ? Colour.GREEN : Colour.RED, mark))
                    .append(item.text())
                    .append('\n');
        }
        out.append("  ").append(measured.what());
        out.append(detection()).append("; led by ").append(measured.oldLeader()).append(" before, by ");
        out.append(measured.newLeader() == null ? "nobody" : measured.newLeader())
                .append(" afterwards\n");
        return out.toString();
    }

    String detection() {
        Duration detection = measured.detection();
        if (measured.fault().isPlanned()) {
            return "";
        }
        return detection == null
                ? "; no agent was seen to act: it was over between two looks"
                : "; an agent was seen to act after " + Verdict.seconds(detection);
    }

    String json() {
        var o = new JsonObject();
        o.addProperty("cluster", measured.cluster());
        o.addProperty("drill", measured.fault().toString());
        o.addProperty("what", measured.what());
        o.addProperty("at", measured.at().toString());
        o.addProperty("passed", verdict.passed());
        o.addProperty("score", verdict.score());
        o.addProperty("synchronous", measured.synchronous());
        o.addProperty("leader_before", measured.oldLeader());
        o.addProperty("leader_after", measured.newLeader());
        o.addProperty("detection_seconds", seconds(measured.detection()));
        o.addProperty("outage_seconds", seconds(measured.outage()));
        o.addProperty("recovery_seconds", seconds(measured.recovery()));
        o.addProperty("rows_acknowledged", measured.written());
        o.addProperty("rows_lost", measured.lost() < 0 ? null : measured.lost());
        var items = new JsonArray();
        for (Item item : verdict.items()) {
            var i = new JsonObject();
            i.addProperty("passed", item.passed());
            i.addProperty("points", item.points());
            i.addProperty("text", item.text());
            items.add(i);
        }
        o.add("items", items);
        return Json.spaced(o) + "\n";
    }

    private static @Nullable Double seconds(@Nullable Duration duration) {
        return duration == null ? null : duration.toMillis() / 1000.0;
    }
}

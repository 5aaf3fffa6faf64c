package io.matriarch.ctl.drill;

import io.matriarch.ctl.drill.Verdict.Item;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The report as a page: one file without anything from elsewhere, with a picture of what happened when. */
final class DrillPage {

    private static final int WIDTH = 960;
    private static final int LEFT = 110;
    private static final int RIGHT = 50;
    private static final int TOP = 30;
    private static final int LANE = 34;
    private static final int BAR = 20;
    private static final double STEP_SECONDS = 0.1;

    private final Measurement measured;
    private final Verdict verdict;
    private final double from;
    private final double to;

    private DrillPage(Measurement measured, Verdict verdict) {
        this.measured = measured;
        this.verdict = verdict;
        this.from = measured.samples().isEmpty()
                ? -1
                : Math.min(-1, measured.seconds(measured.samples().getFirst().at()));
        this.to = Math.max(measured.seconds(measured.end()), 1);
    }

    static String of(DrillReport report) {
        return new DrillPage(report.measured(), report.verdict()).html(report);
    }

    private String html(DrillReport report) {
        var rows = new StringBuilder();
        for (Item item : verdict.items()) {
            rows.append("<tr class=\"").append(item.passed() ? "ok" : "bad").append("\"><td>");
            rows.append(item.passed() ? "passed" : "failed").append("</td><td>");
            rows.append(item.passed() ? item.points() : 0).append(" / ").append(item.points());
            rows.append("</td><td>").append(escaped(item.text())).append("</td></tr>\n");
        }
        String title = "Drill " + measured.fault() + " on " + measured.cluster();
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>@TITLE@</title>
            <style>
            body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1f2933; }
            h1 { font-size: 1.4rem; } .ok td:first-child { color: #1d7a43; } .bad td:first-child { color: #b42318; font-weight: bold; }
            table { border-collapse: collapse; } td { padding: .25rem .8rem .25rem 0; vertical-align: top; }
            svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: #1f2933; }
            .key span { display: inline-block; width: .9em; height: .9em; margin: 0 .3em 0 1em; vertical-align: -.1em; }
            @media (prefers-color-scheme: dark) { body { background: #14181d; color: #e5e9ee; } svg text { fill: #e5e9ee; } }
            </style>
            </head>
            <body>
            <h1>@TITLE@: @RESULT@, @SCORE@ of 100 points</h1>
            <p>@WHAT@@DETECTION@. @AT@. Led by @OLD@ before, by @NEW@ afterwards.</p>
            <table>
            @ROWS@</table>
            @PICTURE@
            <p class="key">@KEY@</p>
            <p>Seconds from the fault. "client": acknowledged rows in each tenth of a second; shaded: the longest time without one. Members as
            they describe themselves, asked about ten times a second, less often while one does not answer.</p>
            </body>
            </html>
            """.replace("@TITLE@", escaped(title))
                .replace("@RESULT@", verdict.passed() ? "passed" : "failed")
                .replace("@SCORE@", Integer.toString(verdict.score()))
                .replace("@WHAT@", escaped(capitalized(measured.what())))
                .replace("@DETECTION@", escaped(report.detection()))
                .replace("@AT@", measured.at().truncatedTo(ChronoUnit.SECONDS).toString())
                .replace("@OLD@", escaped(measured.oldLeader()))
                .replace("@NEW@", escaped(measured.newLeader() == null ? "nobody" : measured.newLeader()))
                .replace("@ROWS@", rows)
                .replace("@PICTURE@", picture())
                .replace("@KEY@", key());
    }

    private String picture() {
        var lanes = new TreeSet<String>();
        measured.samples().forEach(sample -> lanes.addAll(sample.states().keySet()));
        int height = TOP + LANE * (lanes.size() + 1) + 30;
        var out = new StringBuilder("<svg viewBox=\"0 0 " + WIDTH + " " + height
                + "\" role=\"img\" aria-label=\"what happened" + " when\">\n");
        outage(out, height - 30);
        client(out);
        int lane = 1;
        for (String member : lanes) {
            int y = TOP + LANE * lane++;
            label(out, member, y);
            states(out, member, y);
        }
        axis(out, height - 30);
        mark(out, 0, "fault", "end", height - 30);
        mark(out, measured.detection(), "noticed", height - 30);
        mark(out, measured.recovery(), "whole", height - 30);
        return out.append("</svg>\n").toString();
    }

    /** The longest pause of the client that ended after the fault, or has not ended. */
    private void outage(StringBuilder out, int bottom) {
        List<Long> times = measured.acknowledgements();
        long begin = measured.begin();
        long length = measured.outage().toNanos();
        for (int i = 1; i < times.size(); i++) {
            if (times.get(i) > measured.begin() && times.get(i) - times.get(i - 1) == length) {
                begin = times.get(i - 1);
            }
        }
        if (!measured.writesBack() && !times.isEmpty()) {
            begin = times.getLast();
        }
        double x = x(measured.seconds(begin));
        out.append(rectangle(x, TOP - 6, x(measured.seconds(begin + length)) - x, bottom - TOP + 6, "#d64545", 0.15));
    }

    private void client(StringBuilder out) {
        label(out, "client", TOP);
        int steps = (int) Math.ceil((to - from) / STEP_SECONDS) + 1;
        var counts = new int[steps];
        int most = 1;
        for (long time : measured.acknowledgements()) {
            int step = (int) Math.floor((measured.seconds(time) - from) / STEP_SECONDS);
            if (step >= 0 && step < steps) {
                most = Math.max(most, ++counts[step]);
            }
        }
        double width = x(from + STEP_SECONDS) - x(from);
        for (int i = 0; i < steps; i++) {
            double bar = (double) BAR * counts[i] / most;
            if (counts[i] > 0) {
                out.append(rectangle(
                        x(from + i * STEP_SECONDS), TOP + BAR - bar, Math.max(width - 0.3, 0.5), bar, "#6b7280", 1));
            }
        }
    }

    private void states(StringBuilder out, String member, int y) {
        List<Sample> samples = measured.samples();
        int first = 0;
        for (int i = 1; i <= samples.size(); i++) {
            NodeState state = samples.get(first).states().getOrDefault(member, NodeState.SILENT);
            boolean ends =
                    i == samples.size() || samples.get(i).states().getOrDefault(member, NodeState.SILENT) != state;
            if (ends) {
                double begin = x(measured.seconds(samples.get(first).at()));
                double end = i == samples.size()
                        ? x(to)
                        : x(measured.seconds(samples.get(i).at()));
                out.append(rectangle(begin, y, end - begin, BAR, state.colour(), 1));
                first = i;
            }
        }
    }

    private void axis(StringBuilder out, int y) {
        double step = Math.max(1, Math.pow(10, Math.floor(Math.log10(to - from))) / 2);
        for (double t = Math.ceil(from / step) * step; t <= to; t += step) {
            out.append(line(x(t), y, y + 5));
            out.append(String.format(
                    Locale.ROOT,
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f s</text>%n",
                    x(t),
                    y + 20,
                    t + 0.0)); // no minus before a zero
        }
    }

    private void mark(StringBuilder out, @Nullable Duration after, String word, int bottom) {
        if (after != null) {
            mark(out, after.toNanos() / 1e9, word, "start", bottom);
        }
    }

    /** @param side of its line on which the word stands: {@code end} is before it */
    private void mark(StringBuilder out, double seconds, String word, String side, int bottom) {
        out.append(line(x(seconds), TOP - 10, bottom));
        out.append(String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>%n",
                x(seconds),
                TOP - 14,
                side,
                word));
    }

    private void label(StringBuilder out, String text, int y) {
        out.append("<text x=\"4\" y=\"")
                .append(y + 15)
                .append("\">")
                .append(escaped(text))
                .append("</text>\n");
    }

    private double x(double seconds) {
        return LEFT + (WIDTH - LEFT - RIGHT) * (seconds - from) / (to - from);
    }

    private static String rectangle(double x, double y, double width, double height, String colour, double opacity) {
        return String.format(
                Locale.ROOT,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\" fill=\"%s\" fill-opacity=\"%.2f\"/>%n",
                x,
                y,
                Math.max(width, 0),
                height,
                colour,
                opacity);
    }

    private static String line(double x, int from, int to) {
        return String.format(
                Locale.ROOT,
                "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#6b7280\"/>%n",
                x,
                from,
                x,
                to);
    }

    private static String key() {
        var key = new StringBuilder();
        for (NodeState state : NodeState.values()) {
            key.append("<span style=\"background:")
                    .append(state.colour())
                    .append("\"></span>")
                    .append(state.words());
        }
        return key.toString();
    }

    private static String capitalized(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}

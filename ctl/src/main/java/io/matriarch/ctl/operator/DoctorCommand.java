package io.matriarch.ctl.operator;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Program;
import io.matriarch.ctl.cli.Screen;
import io.matriarch.ctl.cli.Screen.Colour;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.ctl.operator.Finding.Severity;
import io.matriarch.ctl.patroni.Cluster;
import io.matriarch.ctl.patroni.Session;
import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code matriarch doctor}: looks for what will hurt later. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = {
            "Checks this node and its cluster: configuration, permissions, programs, versions, disk, certificates,"
                    + " store, clocks, timing, synchronous policy, rewind, slots, and what PostgreSQL itself says.",
            "Exit code: 0 nothing to worry about, 3 warnings, 4 errors; 1 when it could not look."
        })
public final class DoctorCommand implements Callable<Integer> {

    private static final int WARNINGS = 3;
    private static final int ERRORS = 4;

    @Mixin
    private final ClusterOptions cluster = new ClusterOptions();

    @Option(
            names = {"-f", "--format"},
            paramLabel = "FORMAT",
            description = "Output format: ${COMPLETION-CANDIDATES}")
    private OutputFormat format = OutputFormat.TEXT;

    @Option(
            names = {"-a", "--all"},
            description = "Also show what was found in order")
    private boolean all;

    private Severity worst = Severity.OK;

    @Override
    public Integer call() {
        int code = Program.run(Terminal.ofProcess(), terminal -> {
            List<Finding> findings = examine(cluster.session(terminal));
            worst = findings.stream()
                    .map(Finding::severity)
                    .max(Comparator.naturalOrder())
                    .orElse(Severity.OK);
            terminal.print(format == OutputFormat.JSON ? json(findings) : text(findings, all, terminal.screen()));
        });
        return code == 0 ? exitCode(worst) : code;
    }

    static int exitCode(Severity worst) {
        return switch (worst) {
            case OK, NOTICE -> 0;
            case WARNING -> WARNINGS;
            case ERROR -> ERRORS;
        };
    }

    /** All checks; one that cannot be done is a finding, too. */
    static List<Finding> examine(Session session) throws CommandFailure {
        JsonObject document = session.settings().document();
        var findings = new ArrayList<Finding>();
        ClusterView view = null;
        String scope = session.settings().scope();
        if (scope == null) {
            findings.add(Finding.error(
                    "configuration", "there is no scope", "give the configuration of the node by -c FILE"));
        } else {
            view = examineStore(scope, session, findings);
        }
        DynamicConfig dynamic = view == null ? DynamicConfig.EMPTY : view.dynamicConfig();
        String file = session.settings().source();
        findings.addAll(new NodeChecks(document, dynamic, file).run());
        findings.addAll(ServerChecks.run(session, view));
        findings.addAll(new CertificateChecks(document, session.time().wallClock()).run());
        if (view != null) {
            MemberAnswers answers = MemberAnswers.ask(view, session);
            findings.addAll(new ClusterChecks(view, answers, session.time().wallClock()).run());
        }
        findings.sort(Comparator.comparing(Finding::severity).reversed());
        return findings;
    }

    private static @Nullable ClusterView examineStore(String scope, Session session, List<Finding> findings) {
        try (Cluster opened = session.open(scope, session.settings().citusGroup())) {
            opened.load(); // connects
            MonotonicTime before = session.time().now();
            ClusterView view = opened.load();
            Duration latency = session.time().now().since(before);
            String text = "the store answered in " + latency.toMillis() + " ms";
            findings.add(
                    latency.compareTo(StoreLatency.SLOW) < 0
                            ? Finding.ok("store", text)
                            : latency.compareTo(StoreLatency.TOO_SLOW) < 0
                                    ? Finding.warning("store", text, StoreLatency.REMEDY)
                                    : Finding.error("store", text, StoreLatency.REMEDY));
            return view;
        } catch (CommandFailure e) {
            findings.add(Finding.error(
                    "store",
                    String.valueOf(e.getMessage()),
                    "without its store the cluster cannot elect a leader: look at the store's servers and the"
                            + " network to them"));
            return null;
        }
    }

    /** Limits for one read of the cluster's keys. */
    private static final class StoreLatency {
        static final Duration SLOW = Duration.ofMillis(500);
        static final Duration TOO_SLOW = Duration.ofSeconds(2);
        static final String REMEDY =
                "a healthy store answers within some milliseconds: look at the disk latency of its servers and the"
                        + " network";
    }

    /** @param all also what is in order */
    static String text(List<Finding> findings, boolean all, Screen screen) {
        var out = new StringBuilder();
        int fine = 0;
        for (Finding finding : findings) {
            if (finding.severity() == Severity.OK) {
                fine++;
                if (!all) {
                    continue;
                }
            }
            String word = finding.severity().name().toLowerCase(Locale.ROOT);
            out.append(screen.paint(colour(finding.severity()), word))
                    .repeat(' ', 8 - word.length())
                    .append(finding.area())
                    .append(": ")
                    .append(finding.text())
                    .append('\n');
            if (!finding.remedy().isEmpty()) {
                out.repeat(' ', 8).append("-> ").append(finding.remedy()).append('\n');
            }
        }
        return out.append(fine)
                .append(" of ")
                .append(findings.size())
                .append(" findings are in order\n")
                .toString();
    }

    private static Colour colour(Severity severity) {
        return switch (severity) {
            case OK -> Colour.GREEN;
            case NOTICE -> Colour.CYAN;
            case WARNING -> Colour.YELLOW;
            case ERROR -> Colour.RED;
        };
    }

    static String json(List<Finding> findings) {
        var array = new JsonArray();
        for (Finding finding : findings) {
            var o = new JsonObject();
            o.addProperty("severity", finding.severity().name().toLowerCase(Locale.ROOT));
            o.addProperty("area", finding.area());
            o.addProperty("text", finding.text());
            o.addProperty("remedy", finding.remedy());
            array.add(o);
        }
        return Json.spaced(array) + "\n";
    }
}

package io.matriarch.ctl.monitor;

import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Program;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.ctl.cli.ToolLogging;
import io.matriarch.ctl.operator.ClusterOptions;
import io.matriarch.ctl.patroni.Session;
import io.matriarch.ctl.patroni.Watch;
import io.matriarch.model.Json;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code matriarch monitor}: a check for monitoring systems, and for people who watch a cluster. */
@Command(
        name = "monitor",
        mixinStandardHelpOptions = true,
        exitCodeOnInvalidInput = Severity.UNKNOWN,
        description = {
            "Shows all members, how far replicas are behind, and whether a failover is needed.",
            "The first line is what monitoring plugins print. Exit code: 0 all is well, 1 warning, 2 critical,"
                    + " 3 nothing could be found out."
        })
public final class MonitorCommand implements Callable<Integer> {

    private static final long SHORTEST_PERIOD_MILLIS = 100;

    @Mixin
    private final ClusterOptions cluster = new ClusterOptions();

    @Option(
            names = "--nodes",
            split = ",",
            paramLabel = "HOST[:PORT]",
            description = "Ask these nodes, and those that they name, by REST; no configuration and no store is needed."
                    + " Port 8008 unless given.")
    private List<String> nodes = List.of();

    @Option(
            names = {"-j", "--json"},
            description = "Print JSON, one line for each look")
    private boolean json;

    @Option(
            names = {"-w", "--watch"},
            arity = "0..1",
            fallbackValue = "2",
            paramLabel = "SECONDS",
            description = "Look again and again, every 2 seconds unless given")
    private @Nullable Double watch;

    @Option(
            names = "--warning-lag",
            paramLabel = "BYTES",
            description = "Warn about replicas further behind; maximum_lag_on_failover unless given")
    private @Nullable Long warningLag;

    @Option(names = "--critical-lag", paramLabel = "BYTES", description = "Replicas further behind are critical")
    private @Nullable Long criticalLag;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "CLUSTER",
            description = "The one of the configuration unless given")
    private @Nullable String name;

    @Override
    public Integer call() {
        ToolLogging.install("WARNING");
        Terminal terminal = Terminal.ofProcess();
        Session session = cluster.session(terminal);
        var look = new Look(session, name, nodes, new ClusterHealth.Limits(warningLag, criticalLag), json);
        if (watch == null) {
            int code = look.once();
            terminal.flush();
            return code;
        }
        var period = new Watch(Duration.ofMillis(Math.max(Math.round(watch * 1000), SHORTEST_PERIOD_MILLIS)));
        return Program.run(terminal, _ -> {
            if (json) {
                period.repeatBelow(session, look::once);
            } else {
                period.repeat(session, look::once);
            }
        });
    }

    /** What is looked at, and how it is told. */
    record Look(Session session, @Nullable String name, List<String> nodes, ClusterHealth.Limits limits, boolean json) {

        /** Prints what is known; the exit code. */
        int once() {
            Terminal terminal = session.terminal();
            try {
                Observation seen = nodes.isEmpty()
                        ? Observation.ofStore(session, ClusterOptions.name(name, session))
                        : Observation.ofNodes(session, nodes);
                ClusterHealth health = ClusterHealth.of(seen, limits);
                terminal.print(json ? health.json() : health.text(terminal.screen()));
                return health.severity().exitCode;
            } catch (CommandFailure e) {
                var unknown = new JsonObject();
                unknown.addProperty("status", "UNKNOWN");
                unknown.addProperty("code", Severity.UNKNOWN);
                unknown.addProperty("error", e.getMessage());
                terminal.line(json ? Json.spaced(unknown) : "MATRIARCH UNKNOWN - " + e.getMessage());
                return Severity.UNKNOWN;
            }
        }
    }
}

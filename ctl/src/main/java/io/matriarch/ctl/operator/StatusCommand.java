package io.matriarch.ctl.operator;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Program;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.ctl.patroni.Cluster;
import io.matriarch.ctl.patroni.Session;
import io.matriarch.model.ClusterView;
import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code matriarch status}: a cluster on one screen. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description =
                "Shows a cluster on one screen: members, lease, lag, synchronous set, slots, the last changes of the"
                        + " leader, the last decisions of the agents, and what would happen if the leader died now, and"
                        + " why.")
public final class StatusCommand implements Callable<Integer> {

    @Mixin
    private final ClusterOptions cluster = new ClusterOptions();

    @Option(
            names = {"-f", "--format"},
            paramLabel = "FORMAT",
            description = "Output format: ${COMPLETION-CANDIDATES}")
    private OutputFormat format = OutputFormat.TEXT;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "CLUSTER",
            description = "The one of the configuration unless given")
    private @Nullable String name;

    @Override
    public Integer call() {
        return Program.run(Terminal.ofProcess(), terminal -> run(cluster.session(terminal), name, format));
    }

    static void run(Session session, @Nullable String given, OutputFormat format) throws CommandFailure {
        String name = ClusterOptions.name(given, session);
        try (Cluster opened = session.open(name, session.settings().citusGroup())) {
            MonotonicTime before = session.time().now();
            ClusterView view = opened.load();
            Duration store = session.time().now().since(before);
            var answers = MemberAnswers.ask(view, session);
            var report =
                    StatusReport.of(name, view, answers, Journals.ask(view, answers, session), store, session.time());
            session.terminal()
                    .print(
                            format == OutputFormat.JSON
                                    ? report.json()
                                    : report.text(session.terminal().screen()));
        }
    }
}

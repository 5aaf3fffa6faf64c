package io.matriarch.ctl.drill;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Program;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.ctl.cli.ToolLogging;
import io.matriarch.ctl.load.Sessions;
import io.matriarch.ctl.operator.ClusterOptions;
import io.matriarch.ctl.operator.Superuser;
import io.matriarch.ctl.patroni.Cluster;
import io.matriarch.ctl.patroni.MemberLogin;
import io.matriarch.ctl.patroni.Session;
import io.matriarch.model.Timing;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.TimingRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code matriarch drill}: a fault on purpose, measured and judged. */
@Command(
        name = "drill",
        mixinStandardHelpOptions = true,
        description = {
            "Does a fault to a real cluster while a client writes, measures for how long nobody could write, what was"
                    + " lost and when all was well again, and takes back what it did.",
            "switchover, failover, restart: asked of the leader. crash: SIGKILL to the leader's PostgreSQL when it runs"
                    + " on this host, else what --exec says. partition: what --exec and --undo say.",
            "Exit code: 0 the cluster passed, 1 it did not, or the drill was refused."
        })
public final class DrillCommand implements Callable<Integer> {

    /** How a report is printed. */
    enum Format {
        TEXT,
        JSON
    }

    private static final Duration PLANNED_OUTAGE = Duration.ofSeconds(10);

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private final ClusterOptions cluster = new ClusterOptions();

    @Parameters(index = "0", paramLabel = "FAULT", description = "One of ${COMPLETION-CANDIDATES}")
    private Fault fault = Fault.SWITCHOVER;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "CLUSTER",
            description = "The one of the configuration unless given")
    private @Nullable String name;

    @Option(
            names = {"-y", "--yes"},
            description = "Do not ask")
    private boolean yes;

    @Option(names = "--check", description = "Only say whether the cluster could stand it")
    private boolean check;

    @Option(names = "--candidate", paramLabel = "NAME", description = "Who is to take over at a switchover or failover")
    private @Nullable String candidate;

    @Option(
            names = "--exec",
            paramLabel = "COMMAND",
            description =
                    "Shell command that does a crash or a partition; {host}, {port} and {member} are the leader's")
    private @Nullable String exec;

    @Option(
            names = "--undo",
            paramLabel = "COMMAND",
            description = "Shell command that takes back what --exec did; run in any case, also after Ctrl-C")
    private @Nullable String undo;

    @Option(
            names = "--accept-loss",
            description =
                    "Crash or cut off the leader although synchronous mode is off and acknowledged rows may get lost")
    private boolean acceptLoss;

    @Option(
            names = "--max-lag",
            paramLabel = "BYTES",
            description = "Refuse when a replica is further behind; maximum_lag_on_failover unless given")
    private @Nullable Long maxLag;

    @Option(
            names = "--max-outage",
            paramLabel = "SECONDS",
            description = "How long nobody may be able to write; unless given 10 when the leader is asked,"
                    + " else ttl + loop_wait + retry_timeout")
    private @Nullable Integer maxOutage;

    @Option(
            names = "--max-recovery",
            paramLabel = "SECONDS",
            description = "When all members must be back in their places; 120 unless given")
    private int maxRecovery = 120;

    @Option(names = "--patience", paramLabel = "SECONDS", description = "When to give up; 300 unless given")
    private int patience = 300;

    @Option(
            names = {"-U", "--username"},
            paramLabel = "NAME",
            description =
                    "Database user that may create a schema; else PGUSER, else the superuser of the configuration")
    private @Nullable String username;

    @Option(names = "--dbname", paramLabel = "NAME", description = "Database to write into; postgres unless given")
    private String database = "postgres";

    @Option(names = "--html", paramLabel = "FILE", description = "Write the report as a page with a picture")
    private @Nullable Path page;

    @Option(
            names = {"-f", "--format"},
            paramLabel = "FORMAT",
            description = "Output format: ${COMPLETION-CANDIDATES}")
    private Format format = Format.TEXT;

    private boolean passed;

    @Override
    public Integer call() {
        ToolLogging.install("WARNING");
        boolean byCommand = fault == Fault.CRASH || fault == Fault.PARTITION;
        if (!byCommand && (exec != null || undo != null)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--exec and --undo are for a crash or a partition; the leader is asked for a " + fault);
        }
        if (candidate != null && fault != Fault.SWITCHOVER && fault != Fault.FAILOVER) {
            throw new ParameterException(spec.commandLine(), "--candidate is for a switchover or failover");
        }
        int code = Program.run(Terminal.ofProcess(), terminal -> run(cluster.session(terminal), terminal));
        return code == 0 && !passed ? 1 : code;
    }

    private void run(Session session, Terminal terminal) throws CommandFailure, InterruptedException {
        String scope = ClusterOptions.name(name, session);
        try (Cluster opened = session.open(scope, session.settings().citusGroup())) {
            MemberLogin login = Superuser.login(session, opened.load().dynamicConfig(), username, database);
            var sessions = new Sessions(login.identity(), login.databaseName(), Sessions.Limits.NETWORK);
            var limits = new Wish.Limits(
                    maxLag, seconds(maxOutage), Duration.ofSeconds(maxRecovery), Duration.ofSeconds(patience));
            var drill = new Drill(
                    session,
                    opened,
                    new Wish(fault, candidate, exec, undo, acceptLoss, limits),
                    sessions,
                    notes(session, terminal));
            List<String> refusals = drill.refusals();
            if (!refusals.isEmpty()) {
                throw new CommandFailure("This cluster cannot stand the drill:\n  " + String.join("\n  ", refusals));
            }
            if (check) {
                terminal.line("Nothing speaks against it");
                passed = true;
                return;
            }
            String question = "On cluster " + scope + " " + drill.what()
                    + ": its applications cannot write for a while, and lose their connections. Go on?";
            if (!yes && !terminal.confirm(question)) {
                throw new CommandFailure("Nothing was done");
            }
            report(drill.run(), opened, terminal);
        }
    }

    private static @Nullable Duration seconds(@Nullable Integer seconds) {
        return seconds == null ? null : Duration.ofSeconds(seconds);
    }

    /** What happens is told while it happens; a report for programs stands alone on standard output. */
    private Consumer<String> notes(Session session, Terminal terminal) {
        var begin = session.time().now();
        return text -> {
            double passedSeconds = session.time().now().since(begin).toMillis() / 1000.0;
            String line = String.format(Locale.ROOT, "%7.1f s  %s", passedSeconds, text);
            if (format == Format.JSON) {
                terminal.error(line);
            } else {
                terminal.line(line);
                terminal.flush();
            }
        };
    }

    private void report(Measurement measured, Cluster opened, Terminal terminal) throws CommandFailure {
        var report =
                new DrillReport(measured, Verdict.of(measured, allowedOutage(opened), Duration.ofSeconds(maxRecovery)));
        terminal.print(format == Format.JSON ? report.json() : report.text(terminal.screen()));
        passed = report.verdict().passed();
        if (page != null) {
            try {
                Files.writeString(page, DrillPage.of(report));
            } catch (IOException e) {
                throw new CommandFailure("The page cannot be written: " + e, e);
            }
        }
    }

    private Duration allowedOutage(Cluster opened) throws CommandFailure {
        if (maxOutage != null) {
            return Duration.ofSeconds(maxOutage);
        }
        if (fault.isPlanned()) {
            return PLANNED_OUTAGE;
        }
        try {
            Timing timing = TimingRule.apply(opened.load().dynamicConfig()).timing();
            return timing.ttl().plus(timing.loopWait()).plus(timing.retryTimeout());
        } catch (ConfigurationException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()), e);
        }
    }
}

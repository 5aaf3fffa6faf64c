package io.matriarch.ctl.backup;

import io.matriarch.backup.RestoreTarget;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Program;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.ctl.patroni.Cluster;
import io.matriarch.model.Lsn;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code matriarch restore}: brings a cluster back to a point in the past. */
@Command(
        name = "restore",
        mixinStandardHelpOptions = true,
        description = {
            "Restores the cluster of this node to a target. Run it on the leader, as the user of PostgreSQL. First it"
                + " is checked that the archive covers the target; then the data is restored and recovered beside the"
                + " data directory while the cluster goes on; only then the cluster is paused, the data exchanged, and"
                + " the new timeline given to all members. The data of before is kept until --confirm.",
            "Whatever ends the command, --resume goes on with it and --rollback goes back."
        })
public final class RestoreCommand implements Callable<Integer> {

    @Mixin
    private final BackupOptions options = new BackupOptions();

    @Option(
            names = "--to-time",
            paramLabel = "TIME",
            description = "Everything that was committed until then, for instance '2026-01-15 10:30:00'")
    private @Nullable String toTime;

    @Option(
            names = "--to-lsn",
            paramLabel = "LSN",
            description = "Everything in WAL before this position; the record that begins there is left out")
    private @Nullable String toLsn;

    @Option(names = "--to-name", paramLabel = "NAME", description = "Up to a point made by pg_create_restore_point")
    private @Nullable String toName;

    @Option(names = "--latest", description = "As far as the archive goes")
    private boolean latest;

    @Option(
            names = "--into",
            paramLabel = "NEW_SCOPE",
            description = "Begin a new cluster with an identity of its own; NEW_SCOPE is the scope of the given"
                    + " configuration")
    private @Nullable String into;

    @Option(
            names = "--of",
            paramLabel = "SCOPE",
            description = "With --into: the cluster whose backups are used; with pgBackRest its stanza")
    private @Nullable String of;

    @Option(
            names = "--backup",
            paramLabel = "BACKUP",
            description = "Begin with this one instead of the latest that serves")
    private @Nullable String backup;

    @Option(
            names = "--timeline",
            paramLabel = "NUMBER",
            description = "The timeline that the target lies on; the cluster's unless given")
    private @Nullable Integer timeline;

    @Option(names = "--dry-run", description = "Check and say what would be done")
    private boolean dryRun;

    @Option(
            names = {"-y", "--yes"},
            description = "Do not ask")
    private boolean yes;

    @Option(names = "--resume", description = "Go on with an interrupted restore")
    private boolean resume;

    @Option(names = "--confirm", description = "Remove the data of before a finished restore")
    private boolean confirm;

    @Option(
            names = "--rollback",
            description = "Give up an unfinished restore, or have the data of before a finished one back")
    private boolean rollback;

    @Override
    public Integer call() {
        return Program.run(Terminal.ofProcess(), this::run);
    }

    private void run(Terminal terminal) throws CommandFailure, InterruptedException {
        BackupNode node = options.node(terminal);
        RestoreTarget target = target(node.session().time().wallClock());
        try (Cluster cluster = node.session().open(node.local().scope(), null)) {
            ClusterRestore restore = ClusterRestore.of(node, cluster, new Progress(terminal));
            if (resume) {
                restore.resume();
            } else if (rollback) {
                restore.rollback();
            } else if (confirm) {
                restore.confirm();
            } else if (target != null) {
                begin(restore, node, target, terminal);
            }
        }
    }

    private void begin(ClusterRestore restore, BackupNode node, RestoreTarget target, Terminal terminal)
            throws CommandFailure, InterruptedException {
        String scope = node.local().scope();
        if (into != null && !into.equals(scope)) {
            throw new CommandFailure("--into " + into + ", but the configuration is one of the cluster " + scope);
        }
        if (into != null && of == null) {
            throw new CommandFailure("Whose backups? Name the cluster by --of SCOPE");
        }
        String source = into == null || of == null ? scope : of;
        var request = new ClusterRestore.Request(target, source, into != null, backup, timeline);
        ClusterRestore.Prospect prospect = restore.plan(request, !dryRun);
        terminal.line("Cluster " + scope + ", node " + node.local().name() + ", to " + target.text());
        terminal.line(prospect.text());
        prospect.journal().kind().steps().stream()
                .filter(step -> step != RestoreJournal.Step.DONE)
                .forEach(step -> terminal.line("  - " + step.text()));
        terminal.flush();
        if (dryRun) {
            terminal.line("Nothing was done");
            return;
        }
        if (!yes && !terminal.confirm("What was committed after the target will be gone from the cluster. Go on?")) {
            throw new CommandFailure("Nothing was done");
        }
        restore.begin(prospect);
    }

    /** Null for what needs no target. */
    private @Nullable RestoreTarget target(Instant now) throws CommandFailure {
        List<RestoreTarget> targets = new ArrayList<>();
        if (toTime != null) {
            String text = toTime;
            var time = RestoreTarget.time(
                            text, LocalDate.ofInstant(now, ZoneId.systemDefault()), ZoneId.systemDefault())
                    .orElseThrow(() -> new CommandFailure("'" + text + "' is no time; write 2026-01-15 10:30:00"));
            if (time instanceof RestoreTarget.Time(Instant wanted) && wanted.isAfter(now)) {
                throw new CommandFailure(wanted + " lies in the future");
            }
            targets.add(time);
        }
        if (toLsn != null) {
            String text = toLsn;
            targets.add(new RestoreTarget.Position(Lsn.parse(text)
                    .orElseThrow(() -> new CommandFailure("'" + text + "' is no position; write 0/3000060"))));
        }
        if (toName != null) {
            targets.add(new RestoreTarget.Name(toName));
        }
        if (latest) {
            targets.add(new RestoreTarget.Latest());
        }
        int actions = targets.size() + (resume ? 1 : 0) + (confirm ? 1 : 0) + (rollback ? 1 : 0);
        if (actions != 1) {
            throw new CommandFailure(
                    "Give one of --to-time, --to-lsn, --to-name, --latest, --resume, --confirm, --rollback");
        }
        return targets.isEmpty() ? null : targets.getFirst();
    }
}

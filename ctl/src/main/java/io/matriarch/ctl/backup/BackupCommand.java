package io.matriarch.ctl.backup;

import io.matriarch.backup.BackupSettings;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Program;
import io.matriarch.ctl.cli.Terminal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code matriarch backup}: takes a base backup. */
@Command(
        name = "backup",
        mixinStandardHelpOptions = true,
        subcommands = {BackupListCommand.class, BackupVerifyCommand.class, BackupPruneCommand.class},
        description = {
            "Takes a base backup of the node's cluster into the repository, from a replica that is near the leader,"
                    + " else from the leader; then removes what is older than the configuration keeps.",
            "Exit code: 0 made; 1 failed, older backups are as they were; 3 made, but the archive lacks WAL that it"
                    + " needs."
        })
public final class BackupCommand implements Callable<Integer> {

    /** The backup is whole, but restoring from it needs WAL that is not archived. */
    private static final int NOT_ARCHIVED = 3;

    @Mixin
    private final BackupOptions options = new BackupOptions();

    @Option(names = "--from", paramLabel = "MEMBER", description = "Take it from this member")
    private @Nullable String from;

    @Option(
            names = "--max-rate",
            paramLabel = "RATE",
            description = "Limit of the transfer in kB/s, or with the suffix k or M")
    private @Nullable String maxRate;

    @Option(names = "--no-prune", description = "Do not remove older backups")
    private boolean keepAll;

    private boolean complete = true;

    @Override
    public Integer call() {
        int code = Program.run(Terminal.ofProcess(), this::run);
        return code == 0 && !complete ? NOT_ARCHIVED : code;
    }

    private void run(Terminal terminal) throws CommandFailure, InterruptedException {
        BackupNode node = options.node(terminal);
        if (node.settings().tool() == BackupSettings.Tool.PGBACKREST) {
            PgBackRest.run(terminal, node.settings(), Map.of(), List.of("backup"), Duration.ofDays(14));
            return;
        }
        BaseBackup.Made made = new BaseBackup(node, new Progress(terminal), from, maxRate).make();
        terminal.line("Backup " + made.record().label() + ": "
                + Progress.size(made.record().dataBytes()) + " of data in "
                + Progress.size(made.record().storedBytes()) + ", needs WAL from "
                + made.record().firstSegment().text());
        if (!made.unarchived().isEmpty()) {
            complete = false;
            terminal.error(
                    "Warning: the archive lacks " + made.unarchived().getFirst().text()
                            + ", which the backup needs: look at archive_mode, archive_command and the log of the"
                            + " primary");
        }
        if (!keepAll && complete) {
            BackupPruneCommand.prune(node, terminal, false);
        }
    }
}

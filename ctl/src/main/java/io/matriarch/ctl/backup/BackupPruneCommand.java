package io.matriarch.ctl.backup;

import io.matriarch.backup.BackupRecord;
import io.matriarch.backup.BackupSettings;
import io.matriarch.backup.Repository;
import io.matriarch.backup.RepositoryException;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Program;
import io.matriarch.ctl.cli.Terminal;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code matriarch backup prune}. */
@Command(
        name = "prune",
        mixinStandardHelpOptions = true,
        description =
                "Removes the backups that keep_count and keep_days do not keep, and the WAL that only they need. The"
                        + " newest backup always stays.")
final class BackupPruneCommand implements Callable<Integer> {

    @Mixin
    private final BackupOptions options = new BackupOptions();

    @Option(names = "--dry-run", description = "Only say what would go")
    private boolean dryRun;

    @Override
    public Integer call() {
        return Program.run(Terminal.ofProcess(), this::run);
    }

    private void run(Terminal terminal) throws CommandFailure, InterruptedException {
        BackupNode node = options.node(terminal);
        if (node.settings().tool() == BackupSettings.Tool.PGBACKREST) {
            List<String> words = dryRun ? List.of("--dry-run", "expire") : List.of("expire");
            PgBackRest.run(terminal, node.settings(), Map.of(), words, Duration.ofDays(1));
        } else {
            prune(node, terminal, dryRun);
        }
    }

    static void prune(BackupNode node, Terminal terminal, boolean dryRun) throws CommandFailure {
        try {
            Repository repository =
                    Repository.open(node.settings().directory(), node.local().scope());
            try (var _ = repository.lock()) {
                Instant now = node.session().time().wallClock();
                var kept = new ArrayList<>(repository.backups());
                List<BackupRecord> expired = node.settings().retention().expired(kept, now);
                for (BackupRecord backup : expired) {
                    terminal.line((dryRun ? "Would remove " : "Removed ") + backup.label());
                    kept.remove(backup);
                    if (!dryRun) {
                        repository.remove(backup);
                    }
                }
                if (!dryRun) {
                    int files = repository.removeWalBefore(kept, now);
                    if (files > 0) {
                        terminal.line("Removed " + files + " files of WAL");
                    }
                }
            }
        } catch (IOException | RepositoryException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()), e);
        }
    }
}

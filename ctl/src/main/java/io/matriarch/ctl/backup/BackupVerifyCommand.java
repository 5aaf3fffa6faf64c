package io.matriarch.ctl.backup;

import io.matriarch.backup.BackupRecord;
import io.matriarch.backup.BackupSettings;
import io.matriarch.backup.Repository;
import io.matriarch.backup.RepositoryException;
import io.matriarch.backup.TimelineLine;
import io.matriarch.backup.WalName;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Program;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.model.DynamicConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code matriarch backup verify}. */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = {
            "Reads backups and compares them with their checksums, then the WAL behind the oldest: none may be"
                    + " missing, each must fit its checksum.",
            "Exit code: 0 all is well, 1 it is not, or it could not look."
        })
final class BackupVerifyCommand implements Callable<Integer> {

    @Mixin
    private final BackupOptions options = new BackupOptions();

    @Option(names = "--full", description = "Unpack each backup and let pg_verifybackup read it")
    private boolean full;

    @Parameters(index = "0", arity = "0..1", paramLabel = "BACKUP", description = "Only this one; all unless given")
    private @Nullable String label;

    @Override
    public Integer call() {
        return Program.run(Terminal.ofProcess(), this::run);
    }

    private void run(Terminal terminal) throws CommandFailure, InterruptedException {
        BackupNode node = options.node(terminal);
        if (node.settings().tool() == BackupSettings.Tool.PGBACKREST) {
            PgBackRest.run(terminal, node.settings(), Map.of(), List.of("verify"), Duration.ofDays(14));
            return;
        }
        try {
            Repository repository =
                    Repository.open(node.settings().directory(), node.local().scope());
            var troubles = new ArrayList<String>();
            List<BackupRecord> backups = repository.backups().stream()
                    .filter(backup -> label == null || backup.label().equals(label))
                    .toList();
            if (backups.isEmpty()) {
                throw new CommandFailure(label == null ? "There is no backup" : "There is no backup " + label);
            }
            for (BackupRecord backup : backups) {
                List<String> found = repository.examine(backup);
                troubles.addAll(found);
                if (full && found.isEmpty()) {
                    unpack(node, repository, backup, terminal, troubles);
                }
                terminal.line(backup.label() + (found.isEmpty() ? ": whole" : ": damaged"));
            }
            wal(repository, backups.getFirst(), terminal, troubles);
            if (!troubles.isEmpty()) {
                throw new CommandFailure(String.join("; ", troubles));
            }
        } catch (IOException | RepositoryException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()), e);
        }
    }

    private static void unpack(
            BackupNode node, Repository repository, BackupRecord backup, Terminal terminal, List<String> troubles)
            throws InterruptedException, IOException, RepositoryException {
        try (var _ = repository.lock()) {
            BaseBackup.verify(
                    repository.directoryOf(backup),
                    repository.begin("verify-" + backup.label()),
                    backup.dataBytes(),
                    node.postgres(DynamicConfig.EMPTY),
                    new Progress(terminal));
        } catch (CommandFailure e) {
            troubles.add(backup.label() + ": " + e.getMessage());
        }
    }

    /** On the way to the newest timeline. */
    private static void wal(Repository repository, BackupRecord oldest, Terminal terminal, List<String> troubles)
            throws IOException, RepositoryException {
        long size = oldest.segmentBytes();
        TimelineLine line = repository.line(Math.max(repository.wal().highestTimeline(), 1));
        long first = oldest.firstSegment().number(size);
        WalName.Segment newest = repository.newest(line, size).orElse(null);
        long last = newest == null ? first : Math.max(newest.number(size), first);
        List<WalName.Segment> missing = repository.missing(line, first, last, size);
        missing.forEach(segment -> troubles.add("the archive lacks " + segment.text()));
        int whole = 0;
        for (WalName.Segment segment : repository.wal().segments()) {
            if (segment.number(size) < first) {
                continue;
            }
            try {
                repository.wal().verify(segment);
                whole++;
            } catch (RepositoryException e) {
                troubles.add(String.valueOf(e.getMessage()));
            }
        }
        terminal.line(whole + " segments of WAL are whole, " + missing.size() + " missing");
    }
}

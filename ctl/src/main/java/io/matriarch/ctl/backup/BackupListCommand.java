package io.matriarch.ctl.backup;

import com.google.gson.JsonArray;
import io.matriarch.backup.BackupRecord;
import io.matriarch.backup.BackupSettings;
import io.matriarch.backup.Repository;
import io.matriarch.backup.RepositoryException;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Format;
import io.matriarch.ctl.cli.Program;
import io.matriarch.ctl.cli.Screen;
import io.matriarch.ctl.cli.Table;
import io.matriarch.ctl.cli.Table.Column;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.model.Json;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code matriarch backup list}. */
@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        description = "Shows the backups of the node's cluster, oldest first, and the WAL that each needs.")
final class BackupListCommand implements Callable<Integer> {

    @Mixin
    private final BackupOptions options = new BackupOptions();

    @Option(names = "--json", description = "Print JSON")
    private boolean json;

    @Override
    public Integer call() {
        return Program.run(Terminal.ofProcess(), this::run);
    }

    private void run(Terminal terminal) throws CommandFailure, InterruptedException {
        BackupNode node = options.node(terminal);
        if (node.settings().tool() == BackupSettings.Tool.PGBACKREST) {
            Map<String, String> format = json ? Map.of("output", "json") : Map.of();
            PgBackRest.run(terminal, node.settings(), format, List.of("info"), Duration.ofMinutes(10));
            return;
        }
        try {
            List<BackupRecord> backups = Repository.open(
                            node.settings().directory(), node.local().scope())
                    .backups();
            terminal.print(json ? json(backups) : table(backups, terminal.screen()));
        } catch (IOException | RepositoryException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()), e);
        }
    }

    private static String json(List<BackupRecord> backups) {
        var array = new JsonArray();
        backups.forEach(backup -> array.add(backup.json()));
        return Json.spaced(array) + "\n";
    }

    private static String table(List<BackupRecord> backups, Screen screen) {
        var table = new Table(List.of(
                Column.left("Backup"),
                Column.left("Finished"),
                Column.right("Data"),
                Column.right("Stored"),
                Column.right("TL"),
                Column.left("First WAL"),
                Column.left("Read by pg_verifybackup")));
        for (BackupRecord backup : backups) {
            table.add(List.of(
                    Table.cell(backup.label()),
                    Table.cell(
                            backup.finishedAt().truncatedTo(ChronoUnit.SECONDS).toString()),
                    Table.cell(Progress.size(backup.dataBytes())),
                    Table.cell(Progress.size(backup.storedBytes())),
                    Table.cell(Integer.toString(backup.timeline())),
                    Table.cell(backup.firstSegment().text()),
                    Table.cell(backup.checked() ? "yes" : "no")));
        }
        return table.render(Format.PRETTY, null, screen);
    }
}

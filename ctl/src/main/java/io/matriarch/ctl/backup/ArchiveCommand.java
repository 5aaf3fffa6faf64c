package io.matriarch.ctl.backup;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code matriarch archive}: PostgreSQL's {@code archive_command}. */
@Command(
        name = "archive",
        mixinStandardHelpOptions = true,
        description = {
            "Archives a file of WAL, as archive_command: 'matriarch archive -c FILE %%p'. Ends with 0 when the file is"
                    + " on the disk of the archive, or was there already with the same content.",
            "Never replaces a file. Exit code 1 for everything else; PostgreSQL tries again."
        })
public final class ArchiveCommand implements Callable<Integer> {

    @Option(
            names = {"-c", "--config-file"},
            paramLabel = "FILE",
            description = "Configuration file of the node; " + WalTransfer.DEFAULT_CONFIGURATION + " unless given")
    private @Nullable String configFile;

    @Parameters(paramLabel = "FILE", description = "What %%p stands for")
    private Path file = Path.of("");

    @Override
    public Integer call() {
        return WalTransfer.archive(configFile, file);
    }
}

package io.matriarch.ctl.backup;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code matriarch restore-file}: PostgreSQL's {@code restore_command}. */
@Command(
        name = "restore-file",
        mixinStandardHelpOptions = true,
        description = {
            "Fetches a file from the archive, as restore_command: 'matriarch restore-file -c FILE %%f %%p'.",
            "Exit code: 0 fetched, its checksum is right; 1 the archive does not have it; 200 the archive is not"
                    + " reachable or the file is damaged, which ends a recovery."
        })
public final class RestoreFileCommand implements Callable<Integer> {

    @Option(
            names = {"-c", "--config-file"},
            paramLabel = "FILE",
            description = "Configuration file of the node; " + WalTransfer.DEFAULT_CONFIGURATION + " unless given")
    private @Nullable String configFile;

    @Parameters(index = "0", paramLabel = "NAME", description = "What %%f stands for")
    private String name = "";

    @Parameters(index = "1", paramLabel = "FILE", description = "What %%p stands for")
    private Path file = Path.of("");

    @Override
    public Integer call() {
        return WalTransfer.restore(configFile, name, file);
    }
}

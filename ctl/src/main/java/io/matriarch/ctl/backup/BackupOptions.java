package io.matriarch.ctl.backup;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.ctl.cli.ToolLogging;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which node. */
final class BackupOptions {

    @Option(
            names = {"-c", "--config-file"},
            paramLabel = "FILE",
            description = "Configuration file of the node; " + WalTransfer.DEFAULT_CONFIGURATION + " unless given")
    private @Nullable String configFile;

    BackupNode node(Terminal terminal) throws CommandFailure {
        ToolLogging.install("WARNING");
        return BackupNode.read(terminal, configFile);
    }
}

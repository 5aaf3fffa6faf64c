package io.matriarch.ctl.bootstrap;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.ConfigFileOption;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.ctl.cli.ToolLogging;
import io.matriarch.ctl.patroni.ClusterBootstrap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code matriarch bootstrap}: makes the cluster of a configuration that has no bootstrap section. */
@Command(
        name = "bootstrap",
        mixinStandardHelpOptions = true,
        description = "Makes a new cluster from the node of the configuration, whose agent must run. Refuses when the"
                + " cluster exists.")
public final class BootstrapCommand implements Callable<Integer> {

    @Mixin
    private final ConfigFileOption config = new ConfigFileOption();

    @Parameters(paramLabel = "CONFIG", arity = "0..1", description = "The same as -c CONFIG.")
    private @Nullable String argument;

    @Option(
            names = {"-y", "--yes"},
            description = "Do not ask.")
    private boolean yes;

    @Override
    public Integer call() throws InterruptedException {
        ToolLogging.install("WARNING");
        Terminal terminal = Terminal.ofProcess();
        try {
            ClusterBootstrap.run(terminal, config.fileOr(argument), yes);
            return 0;
        } catch (CommandFailure e) {
            terminal.error("bootstrap: " + e.getMessage());
            return 1;
        } finally {
            terminal.flush();
        }
    }
}

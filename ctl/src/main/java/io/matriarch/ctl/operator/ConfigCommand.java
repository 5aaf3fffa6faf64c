package io.matriarch.ctl.operator;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code matriarch config}: commands about settings. */
@Command(
        name = "config",
        mixinStandardHelpOptions = true,
        subcommands = ConfigExplainCommand.class,
        description = "About settings.")
public final class ConfigCommand implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Which command?");
    }
}

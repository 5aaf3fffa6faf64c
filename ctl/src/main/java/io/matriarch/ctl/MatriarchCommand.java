package io.matriarch.ctl;

import io.matriarch.ctl.bootstrap.BootstrapCommand;
import io.matriarch.ctl.demo.DemoCommand;
import io.matriarch.ctl.explain.ExplainCommand;
import io.matriarch.ctl.witness.WitnessCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code matriarch}: our own commands, beside those that {@code patronictl} has for compatibility. */
@Command(
        name = "matriarch",
        mixinStandardHelpOptions = true,
        subcommands = {BootstrapCommand.class, DemoCommand.class, ExplainCommand.class, WitnessCommand.class},
        description = "Keeps PostgreSQL clusters alive.")
public final class MatriarchCommand {

    private MatriarchCommand() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new MatriarchCommand()).execute(arguments));
    }
}

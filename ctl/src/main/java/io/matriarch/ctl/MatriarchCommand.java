package io.matriarch.ctl;

import io.matriarch.ctl.backup.ArchiveCommand;
import io.matriarch.ctl.backup.BackupCommand;
import io.matriarch.ctl.backup.RestoreCommand;
import io.matriarch.ctl.backup.RestoreFileCommand;
import io.matriarch.ctl.backup.WalTransfer;
import io.matriarch.ctl.bootstrap.BootstrapCommand;
import io.matriarch.ctl.cli.CommandTree;
import io.matriarch.ctl.demo.DemoCommand;
import io.matriarch.ctl.drill.DrillCommand;
import io.matriarch.ctl.explain.ExplainCommand;
import io.matriarch.ctl.monitor.MonitorCommand;
import io.matriarch.ctl.operator.ConfigCommand;
import io.matriarch.ctl.operator.DoctorCommand;
import io.matriarch.ctl.operator.StatusCommand;
import io.matriarch.ctl.witness.WitnessCommand;
import java.io.PrintWriter;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code matriarch}: our own commands, beside those that {@code patronictl} has for compatibility. */
@Command(
        name = "matriarch",
        mixinStandardHelpOptions = true,
        subcommands = {
            ArchiveCommand.class,
            BackupCommand.class,
            BootstrapCommand.class,
            CompletionCommand.class,
            ConfigCommand.class,
            DemoCommand.class,
            DoctorCommand.class,
            DrillCommand.class,
            ExplainCommand.class,
            ManCommand.class,
            MonitorCommand.class,
            RestoreCommand.class,
            RestoreFileCommand.class,
            ShareCommand.class,
            StatusCommand.class,
            WitnessCommand.class
        },
        description = "Keeps PostgreSQL clusters alive.")
public final class MatriarchCommand {

    private MatriarchCommand() {}

    public static void main(String[] arguments) {
        Integer code = WalTransfer.runIfPlain(arguments);
        System.exit(code == null ? commandLine().execute(arguments) : code);
    }

    /** Ends with 2 and the usage for what it cannot understand, with 1 and one line for a defect. */
    static CommandLine commandLine() {
        return new CommandLine(new MatriarchCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExpandAtFiles(false)
                .setExecutionExceptionHandler((e, command, _) -> {
                    command.getErr()
                            .println("Error: unexpected " + e + ". This is a defect of the program; please report it.");
                    return 1;
                });
    }

    /**
     * Prints what is generated from the commands of programs.
     *
     * @param name empty: all
     */
    static void describe(CommandSpec spec, String name, Function<CommandTree, String> description) {
        PrintWriter out = spec.commandLine().getOut();
        for (CommandTree program : programs(spec, name)) {
            out.print(description.apply(program));
        }
        out.flush();
    }

    /**
     * The programs whose commands are described.
     *
     * @param name empty: all
     */
    static List<CommandTree> programs(CommandSpec spec, String name) {
        return switch (name) {
            case "" -> List.of(PatroniCtl.tree(), CommandTree.of(spec.root()));
            case "patronictl" -> List.of(PatroniCtl.tree());
            case "matriarch" -> List.of(CommandTree.of(spec.root()));
            default ->
                throw new ParameterException(
                        spec.commandLine(), "'" + name + "' is no program of ours: patronictl or matriarch");
        };
    }
}

package io.matriarch.ctl;

import io.matriarch.ctl.cli.Completion;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code matriarch completion}: what a shell needs to complete our commands. */
@Command(
        name = "completion",
        mixinStandardHelpOptions = true,
        description = {
            "Prints a script that lets bash, zsh or fish complete what you type.",
            "For bash: source <(matriarch completion bash)."
        })
final class CompletionCommand implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(index = "0", paramLabel = "SHELL", description = "bash, zsh or fish")
    private Completion shell = Completion.BASH;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "PROGRAM",
            description = "patronictl or matriarch; both unless given")
    private String program = "";

    @Override
    public void run() {
        MatriarchCommand.describe(spec, program, shell::of);
    }
}

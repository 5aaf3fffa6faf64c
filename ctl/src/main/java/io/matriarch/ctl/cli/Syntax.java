package io.matriarch.ctl.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;

/**
 * The options and arguments of one command. Built by calls instead of annotations, because reading annotations of
 * twenty commands would cost more than all the rest of {@code patronictl list}.
 *
 * <p>Options and arguments may be mixed in any order; the last value of an option counts. Every command has {@code
 * --help}.
 */
public final class Syntax {

    private static final String HELP = "--help";

    private final String program;
    private final CommandSpec spec = CommandSpec.create();
    private String arguments = "";

    /** @param program what people type to get here, for instance {@code patronictl list} */
    public Syntax(String program, String description) {
        this.program = program;
        spec.name(program);
        spec.usageMessage().description(description);
    }

    /** An option without value. */
    public Syntax flag(String description, String... names) {
        spec.addOption(
                OptionSpec.builder(names).arity("0").description(description).build());
        return this;
    }

    /** An option with one value. */
    public Syntax value(String label, String description, String... names) {
        spec.addOption(OptionSpec.builder(names)
                .arity("1")
                .type(String.class)
                .paramLabel(label)
                .description(description)
                .build());
        return this;
    }

    /** An option with one of some words; {@link Arguments#choice} refuses others. */
    public Syntax choice(String label, String description, List<String> words, String... names) {
        spec.addOption(OptionSpec.builder(names)
                .arity("1")
                .type(String.class)
                .paramLabel(label)
                .completionCandidates(words)
                .description(description + ": " + String.join(", ", words))
                .build());
        return this;
    }

    /** An option with a value that may be given several times. */
    public Syntax values(String label, String description, String... names) {
        spec.addOption(OptionSpec.builder(names)
                .arity("1")
                .type(List.class)
                .auxiliaryTypes(String.class)
                .paramLabel(label)
                .description(description)
                .build());
        return this;
    }

    /**
     * The arguments.
     *
     * @param label as in the usage line
     */
    public Syntax arguments(String label) {
        arguments = " " + label;
        spec.addPositional(PositionalParamSpec.builder()
                .index("0..*")
                .arity("0..*")
                .type(List.class)
                .auxiliaryTypes(String.class)
                .paramLabel(label)
                .build());
        return this;
    }

    /** Everything from the first argument on is an argument, also what looks like an option. */
    public Syntax stopAtFirstArgument() {
        spec.parser().stopAtPositional(true);
        return this;
    }

    /** The program's name as people type it. */
    public String program() {
        return program;
    }

    /** A usage error of this command. */
    public UsageError error(String message) {
        return new UsageError(program, program + " [OPTIONS]" + arguments, message);
    }

    /** @throws UsageError when the words do not fit */
    public Arguments parse(List<String> words) throws UsageError {
        try {
            var parsed = commandLine().parseArgs(words.toArray(String[]::new));
            return new Arguments(this, parsed);
        } catch (ParameterException e) {
            throw error(String.valueOf(e.getMessage()));
        }
    }

    /** The help text. */
    public String help() {
        var help = new CommandLine.Help(spec, CommandLine.Help.defaultColorScheme(Ansi.OFF));
        return "Usage: " + program + " [OPTIONS]" + arguments + "\n\n  "
                + help.description().strip() + "\n\nOptions:\n" + help.optionList();
    }

    /** The same for the generators of completions and manual pages. */
    public CommandTree tree() {
        commandLine(); // adds --help
        return CommandTree.of(spec, arguments.strip());
    }

    static boolean isHelp(CommandLine.ParseResult parsed) {
        return parsed.hasMatchedOption(HELP);
    }

    private CommandLine commandLine() {
        if (spec.findOption(HELP) == null) {
            flag("Show this message and exit.", HELP);
        }
        return new CommandLine(spec)
                .setExpandAtFiles(false)
                .setInterpolateVariables(false)
                .setOverwrittenOptionsAllowed(true)
                .setUnmatchedOptionsArePositionalParams(false);
    }
}

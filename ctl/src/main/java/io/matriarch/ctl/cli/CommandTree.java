package io.matriarch.ctl.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * A program's commands, options and arguments as they are understood, for what is generated from them: completions and
 * manual pages cannot say anything else than {@code --help} and the parser.
 *
 * @param name the word that people type
 * @param arguments as in the usage line; empty for none
 * @param argumentKind what the first argument is
 */
public record CommandTree(
        String name,
        String description,
        String arguments,
        Kind argumentKind,
        List<Option> options,
        List<CommandTree> commands) {

    /** What a shell can offer for a value. */
    public enum Kind {
        /** Nothing to offer. */
        TEXT,
        FILE,
        /** The words of {@link Option#words}. */
        WORD
    }

    /**
     * An option.
     *
     * @param names with their dashes, the short one first
     * @param label names its value; null when it has none
     * @param words what the value may be; empty: anything
     */
    public record Option(
            List<String> names, @Nullable String label, Kind kind, List<String> words, String description) {
        public Option {
            names = List.copyOf(names);
            words = List.copyOf(words);
        }
    }

    public CommandTree {
        options = List.copyOf(options);
        commands = List.copyOf(commands);
    }

    CommandTree(String name, String description, String arguments, List<Option> options) {
        this(name, description, arguments, kind(arguments), options, List.of());
    }

    /** The same under another word. */
    public CommandTree named(String word) {
        return new CommandTree(word, description, arguments, argumentKind, options, commands);
    }

    /** The same with commands below it. */
    public CommandTree with(List<CommandTree> below) {
        return new CommandTree(name, description, arguments, argumentKind, options, below);
    }

    /** Reads a command that was declared with annotations, and all below it. */
    public static CommandTree of(CommandSpec spec) {
        var arguments = new ArrayList<String>();
        for (PositionalParamSpec argument : spec.positionalParameters()) {
            arguments.add(argument.arity().min() == 0 ? "[" + argument.paramLabel() + "]" : argument.paramLabel());
        }
        var commands = new ArrayList<CommandTree>();
        for (CommandLine below : spec.subcommands().values()) {
            if (!below.getCommandSpec().usageMessage().hidden()) {
                commands.add(of(below.getCommandSpec()));
            }
        }
        String usage = commands.isEmpty() ? String.join(" ", arguments) : "COMMAND [ARGS]...";
        return of(spec, usage).with(commands);
    }

    static CommandTree of(CommandSpec spec, String arguments) {
        var options = new ArrayList<Option>();
        for (OptionSpec option : spec.options()) {
            if (!option.hidden()) {
                options.add(read(option));
            }
        }
        String description = String.join(" ", spec.usageMessage().description());
        return new CommandTree(spec.name(), description, arguments, options);
    }

    private static Option read(OptionSpec option) {
        boolean hasValue = option.arity().max() > 0;
        var words = new ArrayList<String>();
        if (hasValue && option.completionCandidates() != null) {
            option.completionCandidates().forEach(words::add);
        }
        String label = hasValue ? option.paramLabel() : null;
        Kind kind = words.isEmpty() ? kind(label == null ? "" : label) : Kind.WORD;
        return new Option(List.of(option.names()), label, kind, words, String.join(" ", option.description()));
    }

    private static Kind kind(String label) {
        return label.contains("FILE") || label.contains("CONFIG") ? Kind.FILE : Kind.TEXT;
    }
}

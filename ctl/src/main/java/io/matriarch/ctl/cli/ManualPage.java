package io.matriarch.ctl.cli;

import io.matriarch.ctl.cli.CommandTree.Option;
import java.util.Locale;
import java.util.StringJoiner;

/** A program's page for {@code man}, in the macros that every Unix knows. */
public final class ManualPage {

    private ManualPage() {}

    /**
     * The page.
     *
     * @param closing sections behind the commands, in the same macros
     */
    public static String of(CommandTree program, String closing) {
        var out = new StringBuilder();
        out.append(".TH ").append(program.name().toUpperCase(Locale.ROOT)).append(" 1 \"\" Matriarch\n");
        out.append(".SH NAME\n")
                .append(text(program.name()))
                .append(" \\- ")
                .append(text(program.description()))
                .append('\n');
        out.append(".SH SYNOPSIS\n").append(synopsis(program.name(), program));
        out.append(".SH OPTIONS\n");
        options(out, program);
        if (!program.commands().isEmpty()) {
            out.append(".SH COMMANDS\n");
            program.commands().forEach(command -> command(out, program.name(), command));
        }
        return out.append(closing).toString();
    }

    private static void command(StringBuilder out, String before, CommandTree command) {
        String words = before + " " + command.name();
        out.append(".SS ").append(text(words)).append('\n');
        out.append(text(command.description())).append("\n.PP\n").append(synopsis(words, command));
        options(out, command);
        command.commands().forEach(below -> command(out, words, below));
    }

    private static String synopsis(String words, CommandTree command) {
        return ".B " + text(words) + "\n[OPTIONS]"
                + (command.arguments().isEmpty() ? "" : " " + text(command.arguments())) + "\n";
    }

    private static void options(StringBuilder out, CommandTree command) {
        for (Option option : command.options()) {
            var names = new StringJoiner(", ");
            option.names().forEach(name -> names.add("\\fB" + text(name) + "\\fR"));
            out.append(".TP\n").append(names);
            if (option.label() != null) {
                out.append(" \\fI").append(text(option.label())).append("\\fR");
            }
            out.append('\n').append(text(option.description())).append('\n');
        }
    }

    /** Text without meaning for the formatter. */
    private static String text(String plain) {
        String escaped = plain.replace("\\", "\\e").replace("-", "\\-");
        return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
    }
}

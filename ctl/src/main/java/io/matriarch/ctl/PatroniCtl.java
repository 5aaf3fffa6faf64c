package io.matriarch.ctl;

import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.CommandTree;
import io.matriarch.ctl.cli.Program;
import io.matriarch.ctl.cli.Syntax;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.ctl.cli.ToolLogging;
import io.matriarch.ctl.patroni.PatroniCommand;
import io.matriarch.ctl.patroni.Session;
import java.util.ArrayList;
import java.util.List;

/** {@code patronictl}, as users of Patroni know it (contract ctl.md). */
public final class PatroniCtl {

    private static final String PROGRAM = "patronictl";

    private PatroniCtl() {}

    public static void main(String[] words) {
        ToolLogging.install("WARNING");
        int code = Program.run(Terminal.ofProcess(), terminal -> run(List.of(words), terminal));
        System.exit(code); // threads of libraries must not keep a finished tool alive
    }

    static void run(List<String> words, Terminal terminal) throws CommandFailure, InterruptedException {
        Syntax syntax = syntax();
        Arguments arguments = syntax.parse(words);
        String word = arguments.word(0);
        if (word == null || arguments.wantsHelp()) {
            terminal.print(help(syntax));
            return;
        }
        PatroniCommand command =
                PatroniCommand.of(word).orElseThrow(() -> syntax.error("No such command '" + word + "'."));
        var session = Session.of(
                terminal, arguments.text("--config-file"), arguments.text("--dcs-url"), arguments.has("--insecure"));
        command.run(PROGRAM, arguments.words().subList(1, arguments.words().size()), session);
    }

    private static Syntax syntax() {
        return new Syntax(PROGRAM, "Command-line interface for interacting with Patroni.")
                .arguments("COMMAND [ARGS]...")
                .value("FILE", "Configuration file", "-c", "--config-file")
                .value("URL", "The DCS connect url", "-d", "--dcs-url", "--dcs")
                .flag("Allow connections to SSL sites without certs", "-k", "--insecure")
                .stopAtFirstArgument();
    }

    /** All options of all commands. */
    static CommandTree tree() {
        var commands = new ArrayList<CommandTree>();
        for (PatroniCommand command : PatroniCommand.values()) {
            commands.add(command.syntax(PROGRAM).tree().named(command.word()));
        }
        return syntax().tree().with(commands);
    }

    private static String help(Syntax syntax) {
        var help = new StringBuilder(syntax.help()).append("\nCommands:\n");
        for (PatroniCommand command : PatroniCommand.values()) {
            help.append("  ")
                    .append(command.word())
                    .repeat(' ', 17 - command.word().length());
            help.append(command.description()).append('\n');
        }
        return help.toString();
    }
}

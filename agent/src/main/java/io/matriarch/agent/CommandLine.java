package io.matriarch.agent;

import io.matriarch.model.PublishedVersion;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The command line of the daemon (contract config.md 5): what was asked for, without doing it. */
public sealed interface CommandLine {

    /** Run a node. */
    record Run(@Nullable String configFile) implements CommandLine {}

    /** Print {@code text} to standard output and end with 0. */
    record Print(String text) implements CommandLine {}

    /** Print {@code text} to standard error and end with 2. */
    record Refuse(String text) implements CommandLine {}

    String USAGE = """
            usage: patroni [-h] [--version] [configfile]
            """;

    String HELP = USAGE + """

            positional arguments:
              configfile   Patroni may also read the configuration from the PATRONI_CONFIGURATION environment variable

            options:
              -h, --help   show this help message and exit
              --version    show program's version number and exit
            """;

    /** @param arguments those after the name of the program */
    static CommandLine parse(List<String> arguments) {
        var files = new ArrayList<String>();
        boolean optionsEnded = false;
        for (String argument : arguments) {
            if (optionsEnded || argument.equals("-") || !argument.startsWith("-")) {
                files.add(argument);
                continue;
            }
            switch (argument.replaceFirst("=.*", "")) {
                case "-h", "--help" -> {
                    return new Print(HELP);
                }
                case "--version" -> {
                    return new Print("patroni " + PublishedVersion.TEXT + "\n");
                }
                case "--" -> optionsEnded = true;
                case "--validate-config", "--generate-sample-config", "--generate-config", "--dsn", "--print", "-p",
                        "--ignore-listen-port", "-i" -> {
                    return refuse("argument " + argument + ": not available in this version of Matriarch");
                }
                default -> {
                    return refuse("unrecognized arguments: " + argument);
                }
            }
        }
        return files.size() <= 1
                ? new Run(files.isEmpty() ? null : files.getFirst())
                : refuse("unrecognized arguments: " + String.join(" ", files.subList(1, files.size())));
    }

    private static CommandLine refuse(String reason) {
        return new Refuse(USAGE + "patroni: error: " + reason + "\n");
    }
}

package io.matriarch.agent;

import io.matriarch.model.PublishedVersion;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The command line of the daemon (contract config.md 5): what was asked for, without doing it. */
public sealed interface CommandLine {

    /** Run a node. */
    record Run(@Nullable String configFile) implements CommandLine {}

    /**
     * Check a configuration.
     *
     * @param ignoreListenPort whether the ports may be in use
     * @param print whether to print the configuration afterwards
     */
    record Validate(@Nullable String configFile, boolean ignoreListenPort, boolean print) implements CommandLine {}

    /** Write a configuration to start from. */
    record Sample(@Nullable String output) implements CommandLine {}

    /**
     * Write the configuration of a server that runs here.
     *
     * @param dsn how it is reached; null: as the variables of libpq say
     */
    record Generate(@Nullable String output, @Nullable String dsn) implements CommandLine {}

    /** Print {@code text} to standard output and end with 0. */
    record Print(String text) implements CommandLine {}

    /** Print {@code text} to standard error and end with 2. */
    record Refuse(String text) implements CommandLine {}

    String USAGE = """
        usage: patroni [-h] [--version]
                       [--validate-config | --generate-sample-config | --generate-config]
                       [--dsn DSN] [--ignore-listen-port] [--print] [configfile]
        """;

    String HELP = USAGE + """

        positional arguments:
          configfile   Patroni may also read the configuration from the PATRONI_CONFIGURATION environment variable

        options:
          -h, --help   show this help message and exit
          --version    show program's version number and exit
          --validate-config         check the configuration, report all that is wrong with it, and exit
          --generate-sample-config  write a configuration to start from, to configfile or standard output
          --generate-config         write the configuration of the PostgreSQL that runs here
          --dsn DSN                 how that PostgreSQL is reached; default: the variables of libpq
          --ignore-listen-port, -i  with --validate-config: ports may be in use
          --print, -p               with --validate-config: print the configuration, environment included
        """;

    /** @param arguments those after the name of the program */
    static CommandLine parse(List<String> arguments) {
        var files = new ArrayList<String>();
        var modes = new TreeSet<String>();
        var switches = new TreeSet<String>();
        String dsn = null;
        boolean optionsEnded = false;
        for (Iterator<String> words = arguments.iterator(); words.hasNext(); ) {
            String argument = words.next();
            if (optionsEnded || argument.equals("-") || !argument.startsWith("-")) {
                files.add(argument);
                continue;
            }
            switch (argument) {
                case "-h", "--help" -> {
                    return new Print(HELP);
                }
                case "--version" -> {
                    return new Print("patroni " + PublishedVersion.TEXT + "\n");
                }
                case "--" -> optionsEnded = true;
                case "--validate-config", "--generate-sample-config", "--generate-config" -> modes.add(argument);
                case "--ignore-listen-port", "-i" -> switches.add("-i");
                case "--print", "-p" -> switches.add("-p");
                case "-ip", "-pi" -> switches.addAll(List.of("-i", "-p"));
                case "--dsn" -> {
                    if (!words.hasNext()) {
                        return refuse("argument --dsn: expected one argument");
                    }
                    dsn = words.next();
                }
                default -> {
                    if (!argument.startsWith("--dsn=")) {
                        return refuse("unrecognized arguments: " + argument);
                    }
                    dsn = argument.substring("--dsn=".length());
                }
            }
        }
        if (modes.size() > 1) {
            return refuse("argument " + modes.last() + ": not allowed with argument " + modes.first());
        }
        if (files.size() > 1) {
            return refuse("unrecognized arguments: " + String.join(" ", files.subList(1, files.size())));
        }
        String file = files.isEmpty() ? null : files.getFirst();
        return switch (modes.isEmpty() ? "" : modes.first()) {
            case "--validate-config" -> new Validate(file, switches.contains("-i"), switches.contains("-p"));
            case "--generate-sample-config" -> new Sample(file);
            case "--generate-config" -> new Generate(file, dsn);
            default -> new Run(file);
        };
    }

    private static CommandLine refuse(String reason) {
        return new Refuse(USAGE + "patroni: error: " + reason + "\n");
    }
}

package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Screen;
import io.matriarch.ctl.cli.Screen.Colour;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Shows a difference of texts on a terminal, coloured, a page at a time. */
final class Pager {

    private final Session session;

    Pager(Session session) {
        this.session = session;
    }

    void show(List<String> difference) throws CommandFailure, InterruptedException {
        List<String> command = command();
        session.terminal().flush();
        try {
            Process pager = new ProcessBuilder(command)
                    .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (var in = pager.getOutputStream()) {
                for (String line : difference) {
                    in.write((coloured(line) + "\n").getBytes(StandardCharsets.UTF_8));
                }
            } catch (IOException _) {
                // the pager was left before the end
            }
            pager.waitFor();
        } catch (IOException e) {
            throw new CommandFailure("The pager cannot be used: " + e.getMessage(), e);
        }
    }

    private List<String> command() throws CommandFailure {
        String chosen = session.environment().get("PAGER");
        if (chosen != null && !chosen.isBlank()) {
            return List.of(chosen.strip().split("\\s+"));
        }
        String found = Programs.firstInstalled(session.environment(), "less", "more");
        if (found == null) {
            throw new CommandFailure("No pager could be found. Either set PAGER environment variable with your pager or"
                    + " install either \"less\" or \"more\" in the host.");
        }
        var command = new ArrayList<>(List.of(found));
        if (found.endsWith("/less")) {
            command.add("-FRX"); // colours; no wait when it fits on the screen
        }
        return command;
    }

    private String coloured(String line) {
        Screen screen = session.terminal().screen();
        if (line.startsWith("+")) {
            return screen.paint(Colour.GREEN, line);
        }
        if (line.startsWith("-")) {
            return screen.paint(Colour.RED, line);
        }
        return line.startsWith("@@") ? screen.paint(Colour.CYAN, line) : line;
    }
}

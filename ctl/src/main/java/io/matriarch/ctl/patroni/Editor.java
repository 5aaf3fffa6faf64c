package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Lets a person edit a text in the editor of their choice, for as long as they like. */
final class Editor {

    private final Session session;

    Editor(Session session) {
        this.session = session;
    }

    String edit(String cluster, String text) throws CommandFailure, InterruptedException {
        String program = program();
        Path file = null;
        try {
            file = Files.createTempFile(cluster.replace('/', '_') + "-config-", ".yaml");
            Files.writeString(file, text);
            session.terminal().flush();
            int code = new ProcessBuilder(program, file.toString())
                    .inheritIO()
                    .start()
                    .waitFor();
            if (code != 0) {
                throw new CommandFailure("Editor exited with return code " + code);
            }
            return Files.readString(file);
        } catch (IOException e) {
            throw new CommandFailure("The editor cannot be used: " + e.getMessage(), e);
        } finally {
            delete(file);
        }
    }

    private String program() throws CommandFailure {
        String chosen = session.environment().get("EDITOR");
        if (chosen == null || chosen.isEmpty()) {
            chosen = Programs.firstInstalled(session.environment(), "editor", "vi");
        }
        if (chosen == null) {
            throw new CommandFailure("EDITOR environment variable is not set. editor or vi are not available");
        }
        return chosen;
    }

    private static void delete(@Nullable Path file) {
        if (file != null) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException _) {
                Warnings.log("cannot delete the temporary file " + file);
            }
        }
    }
}

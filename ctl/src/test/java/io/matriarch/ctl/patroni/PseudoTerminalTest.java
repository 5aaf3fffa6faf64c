package io.matriarch.ctl.patroni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A person at a terminal: what is typed goes through a pseudo-terminal, as do prompts, editor and pager. */
class PseudoTerminalTest {

    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(60);

    @TempDir
    Path directory;

    @Test
    void aSwitchoverAsksOneQuestionAfterTheOther() throws Exception {
        try (var session = new PseudoTerminal(Map.of(), "switchover")) {
            session.answer("Primary [n0]: ", "");
            session.answer("Candidate ['n1'] []: ", "n1");
            session.answer("[now]: ", "now");
            session.answer(
                    "Are you sure you want to switchover cluster demo, demoting current leader n0? [y/N]: ", "what?");
            session.answer("Error: invalid input", null);
            session.answer("[y/N]: ", "y");
            String rest = session.end(0);
            assertTrue(rest.contains(" Successfully switched over to \"n1\""), rest);
            assertTrue(rest.contains("requests [POST /switchover {\"candidate\": \"n1\", \"leader\": \"n0\"}]"), rest);
        }
    }

    @Test
    void controlCAtAPromptAborts() throws Exception {
        try (var session = new PseudoTerminal(Map.of(), "remove", "demo")) {
            session.answer("Please confirm the cluster name to remove: ", null);
            session.type("\u0003");
            String rest = session.end(1);
            assertTrue(rest.contains("Aborted!"), rest);
        }
    }

    @Test
    void removingAClusterWantsEverythingTyped() throws Exception {
        try (var session = new PseudoTerminal(Map.of(), "remove", "demo")) {
            session.answer("Please confirm the cluster name to remove: ", "demo");
            session.answer("please type: \"Yes I am aware\": ", "Yes I am aware");
            session.answer("Please specify the leader name to continue: ", "n0");
            String rest = session.end(0);
            assertTrue(rest.contains("members []"), rest);
        }
    }

    @Test
    void theEditorTheColouredDifferenceAndTheConfirmation() throws Exception {
        Path editor = Files.writeString(directory.resolve("editor"), "#!/bin/sh\nsed -i 's/ttl: 30/ttl: 40/' \"$1\"\n");
        Files.setPosixFilePermissions(editor, PosixFilePermissions.fromString("rwx------"));
        try (var session = new PseudoTerminal(
                Map.of("EDITOR", editor.toString(), "PAGER", "cat", "TERM", "xterm"), "edit-config")) {
            session.answer("\u001b[32m+ttl: 40\u001b[0m", null);
            session.answer("Apply these changes? [y/N]: ", "y");
            String rest = session.end(0);
            assertTrue(rest.contains("Configuration changed"), rest);
            assertTrue(rest.contains("config {\"ttl\":40}"), rest);
        }
    }

    @Test
    void aPasswordIsNotShown() throws Exception {
        try (var session = new PseudoTerminal(Map.of(), "query", "--password", "-m", "ghost", "-c", "select 1")) {
            session.answer("Password: ", "sesame");
            String rest = session.end(0);
            assertTrue(rest.contains("No connection to member ghost is available"), rest);
            assertFalse(rest.contains("sesame"), rest);
        }
    }

    /** The tool under {@code script}, which gives it a terminal. */
    private final class PseudoTerminal implements AutoCloseable {
        private final Process process;
        private final StringBuilder seen = new StringBuilder();
        private final long deadline = System.nanoTime() + DEADLINE_NANOS;

        PseudoTerminal(Map<String, String> environment, String... words) throws IOException {
            var command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    PseudoTerminalWorld.class.getName(),
                    directory.toString()));
            command.addAll(List.of(words));
            // who starts this test in the background makes it ignore Ctrl-C, and so its children
            var quoted = new StringBuilder("exec env --default-signal=INT");
            command.forEach(word -> quoted.append(" '").append(word).append('\''));
            var builder =
                    new ProcessBuilder("script", "-qec", quoted.toString(), "/dev/null").redirectErrorStream(true);
            builder.environment().putAll(environment);
            process = builder.start();
        }

        /** Waits for a text, and types a line unless it is null. */
        void answer(String expected, @Nullable String line) throws Exception {
            while (seen.indexOf(expected) < 0) {
                read();
            }
            seen.delete(0, seen.indexOf(expected) + expected.length());
            if (line != null) {
                type(line + "\n");
            }
        }

        void type(String text) throws IOException {
            process.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        }

        /** Everything to the end of the program. */
        String end(int code) throws Exception {
            InputStream out = process.getInputStream();
            while (process.isAlive() || out.available() > 0) {
                if (out.available() > 0) {
                    read();
                } else {
                    assertTrue(System.nanoTime() < deadline, () -> "still running: " + seen);
                    process.waitFor(20, TimeUnit.MILLISECONDS);
                }
            }
            assertEquals(code, process.exitValue(), seen::toString);
            return seen.toString();
        }

        private void read() throws Exception {
            InputStream out = process.getInputStream();
            while (out.available() == 0) {
                assertTrue(System.nanoTime() < deadline && process.isAlive(), () -> "not seen, only: " + seen);
                process.waitFor(20, TimeUnit.MILLISECONDS);
            }
            seen.append(new String(out.readNBytes(out.available()), StandardCharsets.UTF_8));
        }

        @Override
        public void close() {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().onExit().orTimeout(10, TimeUnit.SECONDS).join();
        }
    }
}

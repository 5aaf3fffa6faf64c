package io.matriarch.agent.fence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code fence/init.c} does as process 1 of a namespace: contract watchdog-and-process.md 2.2. */
@Timeout(
        value = 60,
        threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // reads of its output have no deadline of their own
class InitProgramTest {

    @TempDir
    static Path programs;

    @BeforeAll
    static void compile() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "a namespace of processes needs root");
        FenceProcesses.compile(programs);
    }

    /** Runs a shell script as the program; it is not process 1, matriarch-init is. */
    private static Process start(String script) throws IOException {
        return new ProcessBuilder(
                        "unshare",
                        "--pid",
                        "--fork",
                        "--kill-child",
                        "--mount-proc",
                        programs.resolve("matriarch-init").toString(),
                        "sh",
                        "-c",
                        script)
                .redirectErrorStream(true)
                .start();
    }

    private static int end(Process process) throws InterruptedException {
        try {
            assertTrue(process.waitFor(20, TimeUnit.SECONDS), "matriarch-init still runs");
            return process.exitValue();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void endsWithTheStatusOfTheProgram() throws Exception {
        assertEquals(3, end(start("exit 3")));
        assertEquals(128 + 9, end(start("kill -KILL $$")));
    }

    @Test
    void aProgramThatIsNotThereIsNamed() throws Exception {
        Process process = new ProcessBuilder(programs.resolve("matriarch-init").toString(), "/nonexistent")
                .redirectErrorStream(true)
                .start();
        assertEquals(
                "matriarch-init: /nonexistent: No such file or directory",
                process.inputReader().readLine());
        assertEquals(127, end(process));
    }

    @Test
    void buriesOrphansAndSaysSo() throws Exception {
        // The middle shell ends at once; its child, told by the pipe's end, ends as an orphan. Then nobody is left in
        // /proc.
        Process process = start("""
            mkfifo_dir=$(mktemp -d); mkfifo $mkfifo_dir/end
            sh -c "(read line <$mkfifo_dir/end; exit 7) & echo \\$!" >$mkfifo_dir/pid
            orphan=$(cat $mkfifo_dir/pid)
            echo go >$mkfifo_dir/end
            while [ -e /proc/$orphan ]; do :; done
            rm -r $mkfifo_dir
            echo buried
            """);
        List<String> lines = new ArrayList<>();
        try (BufferedReader output = process.inputReader()) {
            output.lines().forEach(lines::add);
        }
        assertEquals(0, end(process));
        assertTrue(lines.contains("buried"), lines::toString);
        assertTrue(
                lines.stream().anyMatch(line -> line.matches(".* INFO: Reaped pid=\\d+, exit status=7")),
                lines::toString);
    }

    @Test
    void passesSignalsOn() throws Exception {
        Process process = start("trap 'echo told; exit 5' TERM; echo ready; while :; do sleep 0.05; done");
        try (BufferedReader output = process.inputReader()) {
            assertEquals("ready", output.readLine());
            long init = process.children().findFirst().orElseThrow().pid();
            FenceProcesses.run("kill", "-TERM", Long.toString(init));
            assertEquals(
                    "told",
                    output.lines()
                            .filter(line -> !line.contains("Reaped"))
                            .findFirst()
                            .orElse(""));
        }
        assertEquals(5, end(process));
    }
}

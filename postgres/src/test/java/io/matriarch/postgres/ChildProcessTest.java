package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.postgres.ChildProcess.Command;
import io.matriarch.postgres.ChildProcess.Output;
import io.matriarch.postgres.ChildProcess.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildProcessTest {

    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    private final Cancellation cancellation = new Cancellation();

    private Result shell(String script) {
        return ChildProcess.run(Command.of(LONG, "sh", "-c", script), cancellation);
    }

    @Test
    void bothStreamsAndTheExitCodeAreReturned() {
        Result result = shell("echo out; echo err >&2; exit 3");

        assertEquals(new Result.Exited(3, "out\n", "err\n"), result);
        assertFalse(result.isSuccess());
        assertEquals("exited with code=3", result.describe());
    }

    @Test
    void ofMuchOutputTheEndIsKept() {
        Result result = shell("yes 0123456 | head -n 100000; printf END");

        var exited = assertInstanceOf(Result.Exited.class, result);
        assertEquals(ChildProcess.OUTPUT_LIMIT_BYTES, exited.stdout().length());
        assertTrue(exited.stdout().endsWith("0123456\nEND"));
    }

    @Test
    void standardInputIsEmpty() {
        assertEquals(new Result.Exited(0, "0\n", ""), shell("cat | wc -c | tr -d ' '"));
    }

    @Test
    void environmentAndDirectoryAreAsAsked() throws Exception {
        Command command = Command.of(LONG, "sh", "-c", "echo $PGPASSFILE; pwd -P")
                .withEnvironment(Map.of("PGPASSFILE", "/a b"))
                .withDirectory(directory);

        assertEquals(
                new Result.Exited(0, "/a b\n" + directory.toRealPath() + "\n", ""),
                ChildProcess.run(command, cancellation));
    }

    @Test
    void postgresInheritsNothingOfTheAgents() {
        var environment = new HashMap<>(Map.of(
                "PATRONI_SUPERUSER_PASSWORD", "x", "KUBERNETES_PORT", "x", "NOTIFY_SOCKET", "x", "PATH", "/bin"));

        ChildEnvironment.ofPostgres(environment);

        assertEquals(Map.of("PATH", "/bin"), environment);
    }

    @Test
    void aScriptInheritsEverythingButTheConfiguration() {
        assertEquals(
                Set.of("PATRONI_CONFIGURATION", "PATRONI_SUPERUSER_PASSWORD", "PATRONI_KUBERNETES_POD_IP"),
                ChildEnvironment.consumed(Map.of(
                        "PATRONI_SUPERUSER_PASSWORD", "x",
                        "PATRONI_KUBERNETES_POD_IP", "x",
                        "PATRONI_OF_MY_SCRIPT", "x",
                        "KUBERNETES_SERVICE_HOST", "x",
                        "NOTIFY_SOCKET", "x",
                        "PATH", "/bin")));
    }

    @Test
    void aMissingProgramIsAResult() {
        Result result = ChildProcess.run(Command.of(LONG, "/nonexistent/program"), cancellation);

        assertInstanceOf(Result.NotStarted.class, result);
        assertTrue(result.describe().contains("/nonexistent/program"), result.describe());
    }

    @Test
    void theDeadlineEndsProgramAndDescendants() throws Exception {
        Path pids = directory.resolve("pids");
        Command command = Command.of(
                Duration.ofMillis(500), "sh", "-c", "sleep 600 & echo $$ $! > " + pids + "; echo w >&2; wait");

        Result result = ChildProcess.run(command, cancellation);

        assertEquals(new Result.TimedOut(Duration.ofMillis(500), "w\n"), result);
        for (String pid : Files.readString(pids).strip().split(" ")) {
            assertFalse(isAlive(Long.parseLong(pid)), pid);
        }
    }

    @Test
    void cancellationEndsIt() throws Exception {
        Path started = directory.resolve("started");
        Thread canceller = Thread.ofVirtual().start(() -> {
            while (!Files.exists(started)) {
                Thread.onSpinWait();
            }
            cancellation.request();
        });

        assertEquals(new Result.Cancelled(), shell("echo > " + started + "; sleep 600"));
        canceller.join();
        assertEquals(new Result.Cancelled(), shell("echo never"));
    }

    @Test
    void anInterruptEndsItAndStaysSet() {
        Thread.currentThread().interrupt();

        assertEquals(new Result.Cancelled(), shell("sleep 600"));
        assertTrue(Thread.interrupted());
    }

    @Test
    void errorLinesAreShownWhileItRuns() {
        var lines = new CopyOnWriteArrayList<String>();
        Command command = Command.of(LONG, "sh", "-c", "printf 'one\\rtwo\\n\\nthree' >&2")
                .withOutput(new Output.ErrorLines(lines::add));

        assertTrue(ChildProcess.run(command, cancellation).isSuccess());
        assertEquals(List.of("one", "two", "three"), lines);
    }

    @Test
    void aDaemonLeftBehindDoesNotHoldTheCall() throws Exception {
        Result result = shell("sleep 600 & echo $!");

        var exited = assertInstanceOf(Result.Exited.class, result);
        long pid = Long.parseLong(exited.stdout().strip());
        assertTrue(isAlive(pid));
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    }

    private static boolean isAlive(long pid) {
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }
}

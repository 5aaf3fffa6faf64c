package io.matriarch.agent.fence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.postgres.Postmaster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** What the tests of the fence do with processes. */
final class FenceProcesses {

    static final Duration LIMIT = Duration.ofSeconds(20);

    private FenceProcesses() {}

    /** Compiles the programs into {@code directory}; returns the fence. */
    static Path compile(Path directory) throws IOException, InterruptedException {
        run("sh", "../fence/build.sh", directory.toString());
        return directory.resolve("matriarch-fence");
    }

    static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), () -> "still runs: " + Arrays.toString(command));
        assertEquals(0, process.exitValue(), () -> Arrays.toString(command));
    }

    /** Something to guard that does nothing. */
    static Process sleeper() throws IOException {
        return new ProcessBuilder("sleep", "600").start();
    }

    static Postmaster identity(Process process) throws IOException {
        return new Postmaster(process.pid(), Long.parseLong(stat(process.pid())[19]));
    }

    /** The fields of {@code /proc/<pid>/stat} from the third on. */
    private static String[] stat(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    }

    /** Whether it runs or could run; a zombie does not. */
    static boolean isAlive(long pid) {
        try {
            return !stat(pid)[0].equals("Z") && !stat(pid)[0].equals("X");
        } catch (IOException _) {
            return false;
        }
    }

    /** The fence that serves {@code socket}. */
    static Optional<ProcessHandle> fenceOf(Path socket) {
        return fences(socket).findFirst();
    }

    /** Whether the fence has a handle of this process. */
    static boolean isWatched(Path socket, long pid) {
        return fences(socket).anyMatch(fence -> {
            try (Stream<Path> handles = Files.list(Path.of("/proc/" + fence.pid() + "/fdinfo"))) {
                return handles.anyMatch(handle -> holds(handle, pid));
            } catch (IOException _) {
                return false;
            }
        });
    }

    private static boolean holds(Path handle, long pid) {
        try {
            return Files.readAllLines(handle).contains("Pid:\t" + pid);
        } catch (IOException _) {
            return false;
        }
    }

    /** Another one may serve the socket when this returns. */
    static void killFence(Path socket) {
        List<ProcessHandle> killed = fences(socket).toList();
        killed.forEach(ProcessHandle::destroyForcibly);
        await("the fence is gone", () -> killed.stream().noneMatch(fence -> isAlive(fence.pid())));
    }

    private static Stream<ProcessHandle> fences(Path socket) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .arguments()
                        .filter(arguments -> arguments.length == 1 && arguments[0].equals(socket.toString()))
                        .isPresent())
                .filter(process -> isAlive(process.pid()));
    }

    /** Stops the process; when this returns it does not run any more. */
    static void stop(long pid) throws IOException, InterruptedException {
        run("kill", "-STOP", Long.toString(pid));
        await("process " + pid + " is stopped", () -> {
            try {
                return stat(pid)[0].equals("T");
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    static void go(long pid) throws IOException, InterruptedException {
        run("kill", "-CONT", Long.toString(pid));
    }

    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "not in time: " + what);
            LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
        }
    }
}

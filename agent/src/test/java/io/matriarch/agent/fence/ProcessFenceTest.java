package io.matriarch.agent.fence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.TimeSource;
import io.matriarch.postgres.Postmaster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real fence process, guarding real processes. */
class ProcessFenceTest {

    private static final Duration LONG = Duration.ofMinutes(10);

    @TempDir
    static Path programs;

    @TempDir
    Path directory;

    private static Path program;
    private final TimeSource time = TimeSource.system();
    private Process guarded;

    @BeforeAll
    static void compile() throws Exception {
        program = programs.resolve("matriarch-fence");
        Process build = new ProcessBuilder("../fence/build.sh", program.toString()).inheritIO().start();
        assertTrue(build.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, build.exitValue());
    }

    @BeforeEach
    void startSomethingToGuard() throws IOException {
        guarded = new ProcessBuilder("sleep", "600").start();
    }

    @AfterEach
    void leaveNothingBehind() throws Exception {
        guarded.destroyForcibly();
        // Without client and without process to watch the fence may end.
        ProcessHandle.allProcesses()
                .filter(p -> p.info().arguments().filter(a -> a.length == 1 && a[0].equals(socket().toString())).isPresent())
                .forEach(ProcessHandle::destroyForcibly);
    }

    private Path socket() {
        return directory.resolve("f.sock");
    }

    private ProcessFence fence(Runnable onExit) {
        return new ProcessFence(program, socket(), time, onExit);
    }

    private static Postmaster identity(Process process) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return new Postmaster(process.pid(), Long.parseLong(fields[19]));
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "not in time: " + what);
            LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
        }
    }

    @Test
    void stopsTheProcessWhenTheLeaseEnds() throws Exception {
        try (var fence = fence(() -> {})) {
            fence.holdUntil(identity(guarded), time.now().plus(Duration.ofMillis(300)));
            assertTrue(guarded.waitFor(20, TimeUnit.SECONDS));
        }
    }

    @Test
    void aRenewedLeaseKeepsItAlive() throws Exception {
        try (var fence = fence(() -> {})) {
            long end = System.nanoTime() + Duration.ofSeconds(2).toNanos();
            while (System.nanoTime() < end) {
                fence.holdUntil(identity(guarded), time.now().plus(Duration.ofMillis(1500)));
                LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
            }
            assertTrue(guarded.isAlive());
            assertTrue(guarded.waitFor(20, TimeUnit.SECONDS), "and not renewed it is stopped");
        }
    }

    @Test
    void aReleasedProcessIsLeftAlone() throws Exception {
        var other = new ProcessBuilder("sleep", "600").start();
        try (var fence = fence(() -> {})) {
            fence.holdUntil(identity(guarded), time.now().plus(LONG));
            fence.release();
            // The other one's end proves that the deadline of the first was passed and nothing happened to it.
            fence.holdUntil(identity(other), time.now().plus(Duration.ofMillis(200)));
            assertTrue(other.waitFor(20, TimeUnit.SECONDS));
            assertTrue(guarded.isAlive());
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void aClosedConnectionDoesNotSaveTheProcess() throws Exception {
        var armed = new CountDownLatch(1);
        try (var fence = fence(armed::countDown)) {
            fence.holdUntil(identity(guarded), time.now().plus(Duration.ofMillis(800)));
            await("the fence listens", () -> Files.exists(socket()));
            LockSupport.parkNanos(Duration.ofMillis(300).toNanos());
        }
        assertTrue(guarded.waitFor(20, TimeUnit.SECONDS));
    }

    @Test
    void aNewAgentTakesTheFenceOver() throws Exception {
        try (var first = fence(() -> {})) {
            first.holdUntil(identity(guarded), time.now().plus(Duration.ofSeconds(3)));
            await("the fence listens", () -> Files.exists(socket()));
            LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
        }
        try (var second = fence(() -> {})) {
            second.holdUntil(identity(guarded), time.now().plus(LONG));
            assertFalse(guarded.waitFor(4, TimeUnit.SECONDS), "the second agent's lease counts");
        }
    }

    @Test
    void tellsAtOnceThatTheProcessEnded() throws Exception {
        var ended = new CountDownLatch(1);
        try (var fence = fence(ended::countDown)) {
            fence.holdUntil(identity(guarded), time.now().plus(LONG));
            await("the fence listens", () -> Files.exists(socket()));
            LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
            guarded.destroyForcibly();
            assertTrue(ended.await(20, TimeUnit.SECONDS));
        }
    }

    @Test
    void neverHitsAnotherProcessWithTheSamePid() throws Exception {
        Postmaster real = identity(guarded);
        try (var fence = fence(() -> {})) {
            fence.holdUntil(new Postmaster(real.pid(), real.startTicks() - 1), time.now().plus(Duration.ofMillis(50)));
            assertFalse(guarded.waitFor(1, TimeUnit.SECONDS));
        }
    }

    @Test
    void aKilledFenceIsReplaced() throws Exception {
        try (var fence = fence(() -> {})) {
            fence.holdUntil(identity(guarded), time.now().plus(LONG));
            await("the fence listens", () -> Files.exists(socket()));
            LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
            ProcessHandle.allProcesses()
                    .filter(p -> p.info().arguments().filter(a -> a.length == 1 && a[0].equals(socket().toString())).isPresent())
                    .forEach(ProcessHandle::destroyForcibly);
            fence.holdUntil(identity(guarded), time.now().plus(Duration.ofMillis(500)));
            assertTrue(guarded.waitFor(20, TimeUnit.SECONDS));
        }
    }
}

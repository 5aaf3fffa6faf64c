package io.matriarch.agent.fence;

import static io.matriarch.agent.fence.FenceProcesses.LIMIT;
import static io.matriarch.agent.fence.FenceProcesses.await;
import static io.matriarch.agent.fence.FenceProcesses.identity;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The agent's side and the real fence process, guarding real processes. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
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
        program = FenceProcesses.compile(programs);
    }

    @BeforeEach
    void startSomethingToGuard() throws IOException {
        guarded = FenceProcesses.sleeper();
    }

    @AfterEach
    void leaveNothingBehind() {
        guarded.destroyForcibly();
        FenceProcesses.killFence(socket());
    }

    private Path socket() {
        return directory.resolve("f.sock");
    }

    private ProcessFence fence(Runnable onExit) {
        return new ProcessFence(program, socket(), time, onExit);
    }

    private ProcessFence fence() {
        return fence(() -> {});
    }

    /** An earlier agent guarded it until then and is gone. */
    private void predecessorHolds(Duration lease) throws IOException {
        try (var first = fence()) {
            first.holdUntil(identity(guarded), time.now().plus(lease));
        }
        assertTrue(isArmed(), "the earlier agent armed it");
    }

    /** Takes the connection away from whoever has it. */
    private boolean isArmed() throws IOException {
        try (var client = new FenceClient(socket())) {
            return client.isArmed();
        }
    }

    private boolean isWatched() {
        return FenceProcesses.isWatched(socket(), guarded.pid());
    }

    private void assertStopped() throws InterruptedException {
        assertTrue(guarded.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS), "it was not stopped");
    }

    @Test
    void stopsTheProcessWhenTheLeaseEnds() throws Exception {
        try (var fence = fence()) {
            fence.holdUntil(identity(guarded), time.now().plus(Duration.ofMillis(300)));
            assertStopped();
        }
    }

    @Test
    void aRenewedLeaseKeepsItAlive() throws Exception {
        try (var fence = fence()) {
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
        var other = FenceProcesses.sleeper();
        try (var fence = fence()) {
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
        try (var fence = fence()) {
            fence.holdUntil(identity(guarded), time.now().plus(Duration.ofMillis(500)));
        }
        assertStopped();
    }

    @Test
    void tellsAtOnceThatTheProcessEnded() throws Exception {
        var ended = new CountDownLatch(1);
        try (var fence = fence(ended::countDown)) {
            fence.holdUntil(identity(guarded), time.now().plus(LONG));
            await("it is watched", this::isWatched);
            guarded.destroyForcibly();
            assertTrue(ended.await(20, TimeUnit.SECONDS));
        }
    }

    @Test
    void neverHitsAnotherProcessWithTheSamePid() throws Exception {
        Postmaster real = identity(guarded);
        try (var fence = fence()) {
            fence.holdUntil(
                    new Postmaster(real.pid(), real.startTicks() - 1),
                    time.now().plus(Duration.ofMillis(50)));
            assertFalse(guarded.waitFor(1, TimeUnit.SECONDS));
        }
    }

    @Test
    void aKilledFenceIsReplacedAndArmedAgain() throws Exception {
        try (var fence = fence()) {
            fence.holdUntil(identity(guarded), time.now().plus(Duration.ofSeconds(4)));
            await("it is watched", this::isWatched);
            FenceProcesses.killFence(socket());
            await("it is watched again", this::isWatched);
            assertStopped();
        }
    }

    // ---- a new agent

    @Test
    void aNewAgentTakesTheFenceOver() throws Exception {
        predecessorHolds(Duration.ofSeconds(2));
        try (var second = fence()) {
            second.holdUntil(identity(guarded), time.now().plus(LONG));
            assertFalse(guarded.waitFor(3, TimeUnit.SECONDS), "the second agent's lease counts");
        }
    }

    @Test
    void aNewAgentThatHasSaidNothingLeavesItArmed() throws Exception {
        predecessorHolds(Duration.ofSeconds(1));
        try (var second = fence()) {
            second.prepare();
            assertStopped();
        }
    }

    @Test
    void aNewAgentMakesTheLeaseShorterThatItsPredecessorHeld() throws Exception {
        predecessorHolds(LONG);
        try (var second = fence()) {
            second.prepare();
            second.holdNoLongerThan(time.now().plus(Duration.ofMillis(300)));
            assertStopped();
        }
    }

    @Test
    void aNewAgentDoesNotMakeItLonger() throws Exception {
        predecessorHolds(Duration.ofSeconds(1));
        try (var second = fence()) {
            second.prepare();
            second.holdNoLongerThan(time.now().plus(LONG));
            assertStopped();
        }
    }

    @Test
    void aLimitArmsNothingThatIsNotArmed() throws Exception {
        predecessorHolds(LONG);
        try (var second = fence()) {
            second.release();
            second.holdNoLongerThan(time.now().plus(Duration.ofMillis(1)));
        }
        assertFalse(isArmed());
        assertTrue(guarded.isAlive());
    }

    @Test
    void aNewAgentsFirstReleaseDisarmsWhatItsPredecessorArmed() throws Exception {
        predecessorHolds(LONG);
        try (var second = fence()) {
            second.release();
        }
        assertFalse(isArmed());
        assertTrue(guarded.isAlive());
    }

    @Test
    void releaseStartsNoProcess() throws Exception {
        Path started = directory.resolve("started");
        Path recorder = directory.resolve("recorder");
        Files.writeString(recorder, "#!/bin/sh\ntouch " + started + "\n");
        assertTrue(recorder.toFile().setExecutable(true));
        try (var fence = new ProcessFence(recorder, socket(), time, () -> {})) {
            fence.release();
        }
        assertFalse(Files.exists(started));
        try (var fence = new ProcessFence(recorder, socket(), time, () -> {})) {
            fence.holdUntil(identity(guarded), time.now().plus(LONG));
        }
        assertTrue(Files.exists(started), "guarding does");
    }

    @Test
    void withoutFenceWhatThePredecessorArmedIsDisarmedByTheFirstRenewal() throws Exception {
        predecessorHolds(LONG);
        var guard = new UnfencedGuard(socket(), time);
        assertTrue(isArmed(), "as long as nobody knows whether the lease can be held");
        guard.holdUntil(identity(guarded), time.now().plus(LONG));
        await("disarmed", () -> !mayBeArmed());
        assertTrue(guarded.isAlive());
    }

    @Test
    void withoutFenceWhatThePredecessorArmedIsDisarmedInPause() throws Exception {
        predecessorHolds(LONG);
        new UnfencedGuard(socket(), time).release();
        await("disarmed", () -> !mayBeArmed());
        assertTrue(guarded.isAlive());
    }

    /** The last connection counts, so the guard that is about to disarm may cut off who asks here. */
    private boolean mayBeArmed() {
        try {
            return isArmed();
        } catch (IOException _) {
            return true;
        }
    }
}

package io.matriarch.agent.fence;

import static io.matriarch.agent.fence.FenceProcesses.await;
import static io.matriarch.agent.fence.FenceProcesses.identity;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.agent.fence.ScriptedFence.Reply;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import io.matriarch.postgres.Postmaster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the agent tells a fence that answers late, not at all or bad news, and with which clock. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FenceFeedingTest {

    private static final Duration TTL = Duration.ofSeconds(30);
    private static final Duration SLEEP = Duration.ofMinutes(1);

    @TempDir
    Path directory;

    private final ShiftedTime time = new ShiftedTime();
    private Process guarded;
    private ScriptedFence process;
    private ProcessFence fence;

    @BeforeEach
    void start() throws IOException {
        guarded = FenceProcesses.sleeper();
        process = new ScriptedFence(socket());
        fence = new ProcessFence(directory.resolve("not-there"), socket(), time, () -> {});
    }

    @AfterEach
    void leaveNothingBehind() throws IOException {
        fence.close();
        process.close();
        guarded.destroyForcibly();
    }

    private Path socket() {
        return directory.resolve("f.sock");
    }

    /** The system's clock, which a test puts forward. */
    private static final class ShiftedTime implements TimeSource {

        private volatile Duration shift = Duration.ZERO;

        @Override
        public MonotonicTime now() {
            return TimeSource.system().now().plus(shift);
        }

        @Override
        public Instant wallClock() {
            return TimeSource.system().wallClock();
        }

        @Override
        public void sleep(Duration duration) throws InterruptedException {
            TimeSource.system().sleep(duration);
        }
    }

    // ---- the clock

    /** A lease that is asked for now. */
    private MonotonicTime lease() {
        return time.now().plus(TTL);
    }

    /** The end that was told is not later than this lease on a host that slept until {@code ahead}, and hardly earlier. */
    private void assertTold(MonotonicTime lease, long ahead) throws InterruptedException {
        Duration early = Duration.ofNanos(lease.nanos() + ahead - process.nextDeadline());
        assertTrue(!early.isNegative(), "later than the lease by " + early.negated());
        assertTrue(early.compareTo(TTL) < 0, "earlier than necessary by " + early);
    }

    @Test
    void comparesTheClocksBeforeTheFirstLease() throws Exception {
        fence.prepare();
        long before = process.ahead();
        MonotonicTime lease = lease();
        process.suspendHost(SLEEP);
        fence.holdUntil(identity(guarded), lease);
        assertTold(lease, before);
    }

    @Test
    void aNewConnectionBringsNoLaterClockForAnOldLease() throws Exception {
        fence.prepare();
        long before = process.ahead();
        MonotonicTime lease = lease();
        fence.holdUntil(identity(guarded), lease);
        assertTold(lease, before);
        process.suspendHost(SLEEP);
        process.hangUp();
        assertTold(lease, before);
    }

    @Test
    void aLeaseThatIsToldAgainKeepsItsClock() throws Exception {
        fence.prepare();
        long before = process.ahead();
        MonotonicTime lease = lease();
        process.suspendHost(SLEEP);
        for (int i = 0; i < 3; i++) {
            fence.holdUntil(identity(guarded), lease);
            assertTold(lease, before);
            fence.release();
            process.next("DISARM");
        }
    }

    @Test
    void leasesThatAreAskedForLaterGetTheNewClock() throws Exception {
        fence.prepare();
        long before = process.ahead();
        process.suspendHost(SLEEP);
        await("the new clock is used", () -> {
            MonotonicTime lease = lease();
            fence.holdUntil(identityUnchecked(), lease);
            return nextDeadlineUnchecked() > lease.plus(TTL).nanos() + before;
        });
    }

    @Test
    void aFenceThatCouldNotBeReachedBeforeIsToldAllTheSame() throws Exception {
        MonotonicTime lease = lease();
        fence.holdUntil(identity(guarded), lease);
        assertTold(lease, process.ahead());
    }

    private Postmaster identityUnchecked() {
        try {
            return identity(guarded);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private long nextDeadlineUnchecked() {
        try {
            return process.nextDeadline();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    // ---- trouble

    @Test
    void aReleaseThatMayHaveBeenLostIsRepeated() throws Exception {
        fence.holdUntil(identity(guarded), lease());
        process.next("ARM");
        process.reply(Reply.HANG_UP);
        fence.release();
        process.next("DISARM");
        process.reply(Reply.OK);
        process.next("DISARM");
    }

    @Test
    void withoutFenceADisarmThatMayHaveBeenLostIsRepeated() throws Exception {
        process.reply(Reply.HANG_UP);
        new UnfencedGuard(socket(), time).release();
        process.next("DISARM");
        process.reply(Reply.OK);
        process.next("DISARM");
    }

    @Test
    void saysOnceThatAPostmasterRunsUnguardedAndTriesAgain() throws Exception {
        fence.prepare();
        process.reply(Reply.GONE);
        try (var log = new LogCapture()) {
            for (int renewal = 0; renewal < 3; renewal++) {
                fence.holdUntil(identity(guarded), lease());
                process.next("ARM");
            }
            Process next = FenceProcesses.sleeper();
            try {
                fence.holdUntil(identity(next), lease());
                // Answers are understood in their order, so those before are by then.
                await("also of the next one", () -> log.count(Level.WARNING, "cannot watch postmaster") == 2);
            } finally {
                next.destroyForcibly();
            }
        }
    }

    @Test
    void doesNotSayItOfAPostmasterThatEnded() throws Exception {
        fence.prepare();
        Postmaster ended = identity(guarded);
        guarded.destroyForcibly().waitFor();
        process.reply(Reply.GONE);
        try (var log = new LogCapture()) {
            fence.holdUntil(ended, lease());
            process.next("ARM");
            guarded = FenceProcesses.sleeper();
            fence.holdUntil(identity(guarded), lease());
            await("the other one was said", () -> log.count(Level.WARNING, "cannot watch postmaster") > 0);
            assertEquals(1, log.count(Level.WARNING, "cannot watch postmaster"));
        }
    }

    @Test
    void saysThatTheFenceDoesNotAnswerAndGoesOnTellingIt() throws Exception {
        fence.prepare();
        process.reply(Reply.NONE);
        try (var log = new LogCapture()) {
            fence.holdUntil(identity(guarded), lease());
            process.next("ARM");
            assertEquals(0, log.count(Level.SEVERE, "cannot be reached"));
            time.shift = Duration.ofSeconds(10);
            MonotonicTime lease = lease();
            fence.holdUntil(identity(guarded), lease);
            process.next("ARM");
            await("it was said", () -> log.count(Level.SEVERE, "cannot be reached") == 1);
        }
    }
}

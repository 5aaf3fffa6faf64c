package io.matriarch.agent.fence;

import static io.matriarch.agent.fence.FenceProcesses.LIMIT;
import static io.matriarch.agent.fence.FenceProcesses.await;
import static io.matriarch.agent.fence.FenceProcesses.identity;
import static io.matriarch.agent.fence.FenceProcesses.isAlive;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.postgres.Postmaster;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code fence/fence.c} does with what it is told, also when it is stalled, and when nobody or the wrong one speaks. */
@Timeout(
        value = 60,
        threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // reads from the fence have no deadline of their own
class FenceProgramTest {

    private static final Duration LONG = Duration.ofMinutes(10);
    private static final Duration SHORT = Duration.ofMillis(300);

    @TempDir
    static Path programs;

    @TempDir
    Path directory;

    private static Path program;
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

    private FenceClient start() throws Exception {
        FenceProcesses.run(program.toString(), socket().toString());
        return new FenceClient(socket());
    }

    private long fencePid() {
        return FenceProcesses.fenceOf(socket()).orElseThrow().pid();
    }

    /** Both clocks run alike while nobody suspends this host, so ours can say when the fence's is past {@code end}. */
    private static Runnable untilPast(FenceClient client, long end) throws IOException {
        long ours = System.nanoTime() + (end - client.clock());
        return () -> await(
                "the deadline is over",
                () -> System.nanoTime() - ours > Duration.ofMillis(50).toNanos());
    }

    private void assertStopped() throws InterruptedException {
        assertTrue(guarded.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS), "it was not stopped");
    }

    /** The answer shows that the fence had its turn. */
    private void assertSpared(FenceClient client) throws IOException {
        assertTrue(client.isArmed());
        assertTrue(guarded.isAlive());
    }

    // ---- a stalled fence

    @Test
    void aRenewalThatWaitsInTheSocketCounts() throws Exception {
        try (var client = start()) {
            Runnable wait = untilPast(client, client.arm(identity(guarded), SHORT));
            long fresh = client.clock() + LONG.toNanos();
            FenceProcesses.stop(fencePid());
            client.write(FenceClient.arm(identity(guarded), fresh) + "\n");
            wait.run();
            FenceProcesses.go(fencePid());
            assertEquals("OK", client.read().split(" ")[0]);
            assertSpared(client);
        }
    }

    @Test
    void aRenewalCountsAlsoWhenItsSenderIsGone() throws Exception {
        try (var client = start()) {
            Runnable wait = untilPast(client, client.arm(identity(guarded), SHORT));
            long fresh = client.clock() + LONG.toNanos();
            FenceProcesses.stop(fencePid());
            // Nobody takes the answer to the first line; the second counts all the same.
            client.write("STATUS\n" + FenceClient.arm(identity(guarded), fresh) + "\n");
            client.hangUp();
            wait.run();
            FenceProcesses.go(fencePid());
            try (var next = new FenceClient(socket())) {
                assertSpared(next);
            }
        }
    }

    @Test
    void whatWasSaidBeforeANewConnectionCounts() throws Exception {
        try (var client = start()) {
            Runnable wait = untilPast(client, client.arm(identity(guarded), SHORT));
            long fresh = client.clock() + LONG.toNanos();
            FenceProcesses.stop(fencePid());
            client.write(FenceClient.arm(identity(guarded), fresh) + "\n");
            try (var next = new FenceClient(socket())) {
                wait.run();
                FenceProcesses.go(fencePid());
                assertSpared(next);
            }
        }
    }

    @Test
    void aNewConnectionThatWaitsIsHeardBeforeItFires() throws Exception {
        try (var client = start()) {
            Runnable wait = untilPast(client, client.arm(identity(guarded), SHORT));
            long fresh = client.clock() + LONG.toNanos();
            FenceProcesses.stop(fencePid());
            try (var next = new FenceClient(socket())) {
                next.write(FenceClient.arm(identity(guarded), fresh) + "\n");
                wait.run();
                FenceProcesses.go(fencePid());
                assertEquals("OK", next.read().split(" ")[0]);
                assertSpared(next);
            }
        }
    }

    @Test
    void firesWhenNothingWaits() throws Exception {
        try (var client = start()) {
            Runnable wait = untilPast(client, client.arm(identity(guarded), SHORT));
            FenceProcesses.stop(fencePid());
            wait.run();
            FenceProcesses.go(fencePid());
            assertStopped();
            assertEquals("FIRED " + guarded.pid(), client.read());
            assertEquals("EXITED " + guarded.pid(), client.read());
        }
    }

    @Test
    void firesWhenWhatWaitsDoesNotExtendTheLease() throws Exception {
        try (var client = start()) {
            long end = client.arm(identity(guarded), SHORT);
            Runnable wait = untilPast(client, end);
            FenceProcesses.stop(fencePid());
            client.write("STATUS\nnonsense\n" + FenceClient.arm(identity(guarded), end) + "\n");
            wait.run();
            FenceProcesses.go(fencePid());
            assertStopped();
        }
    }

    @Test
    void aFloodOfNonsenseDoesNotHoldItUp() throws Exception {
        try (var client = start()) {
            client.arm(identity(guarded), SHORT);
            String flood = "\n".repeat(100_000); // takes the fence longer to read than us to send
            long limit = System.nanoTime() + LIMIT.toNanos();
            while (guarded.isAlive()) {
                assertTrue(System.nanoTime() < limit, "the flood saved it");
                client.write(flood);
            }
        }
    }

    // ---- what it is told

    @Test
    void aPidAloneIsNotTheProcess() throws Exception {
        try (var client = start()) {
            client.arm(identity(guarded), LONG);
            Postmaster real = identity(guarded);
            String answer = client.ask(FenceClient.arm(new Postmaster(real.pid(), real.startTicks() - 1), 1));
            assertTrue(answer.matches("GONE \\d+ .*another process.*"), answer);
            assertSpared(client);
        }
    }

    @Test
    void saysWhyItCannotWatch() throws Exception {
        guarded.destroyForcibly().waitFor();
        try (var client = start()) {
            String answer = client.ask(FenceClient.arm(new Postmaster(guarded.pid(), 1), 1));
            assertTrue(answer.matches("GONE \\d+ No such process"), answer);
        }
    }

    @Test
    void aRequestIsObeyedWhollyOrNotAtAll() throws Exception {
        try (var client = start()) {
            Postmaster postmaster = identity(guarded);
            client.arm(postmaster, LONG);
            for (String wrong : new String[] {
                FenceClient.arm(postmaster, 1) + " and more", FenceClient.arm(postmaster, -1), "DISARM now", "", "ARM"
            }) {
                assertEquals("ERROR unknown request", client.ask(wrong), wrong);
            }
            assertSpared(client);
        }
    }

    @Test
    void theEndOfAnEndlessLineIsNoRequest() throws Exception {
        try (var client = start()) {
            client.arm(identity(guarded), LONG);
            client.write("x".repeat(5 * 255));
            client.write("x".repeat(64 * 1024 - 5 * 255) + "DISARM\n");
            for (String line = ""; line != null; ) {
                line = client.read();
            }
        } catch (IOException _) {
            // the fence hung up while we were writing
        }
        try (var next = new FenceClient(socket())) {
            assertSpared(next);
        }
    }

    @Test
    void aRequestInPiecesIsPutTogether() throws Exception {
        try (var client = start()) {
            String request = FenceClient.arm(identity(guarded), client.clock() + LONG.toNanos()) + "\n";
            for (String piece : request.split("")) {
                client.write(piece);
            }
            assertTrue(client.read().matches("OK \\d+ 1"));
        }
    }

    @Test
    void halfARequestOfAClientThatIsGoneIsForgotten() throws Exception {
        try (var client = start()) {
            client.arm(identity(guarded), LONG);
            client.write("DIS");
        }
        try (var next = new FenceClient(socket())) {
            assertEquals("ERROR unknown request", next.ask("ARM"));
            assertSpared(next);
        }
    }

    // ---- how it acts

    @Test
    void stopsAlsoAParentThatDoesNotObeyAndChildrenThatAreStopped() throws Exception {
        Process parent = new ProcessBuilder("sh", "-c", "trap '' QUIT; sleep 600 & echo $!; wait").start();
        try (var client = start();
                var output =
                        new BufferedReader(new InputStreamReader(parent.getInputStream(), StandardCharsets.US_ASCII))) {
            long child = Long.parseLong(output.readLine());
            FenceProcesses.stop(child);
            client.arm(identity(parent), SHORT);
            assertTrue(parent.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS));
            await("the child is gone", () -> !isAlive(child));
        } finally {
            parent.destroyForcibly();
        }
    }

    @Test
    void aLogThatNobodyReadsDoesNotHoldItUp() throws Exception {
        Path log = directory.resolve("log");
        FenceProcesses.run("mkfifo", log.toString());
        // Standard error is a pipe that is full and that nobody reads, as when the agent's log is stuck.
        FenceProcesses.run(
                "sh",
                "-c",
                "exec 2<>\"$0\"; dd if=/dev/zero of=\"$0\" bs=512 oflag=nonblock conv=notrunc status=none 2>/dev/null; "
                        + "exec \"$1\" \"$2\"",
                log.toString(),
                program.toString(),
                socket().toString());
        try (var client = new FenceClient(socket())) {
            client.arm(identity(guarded), SHORT);
            assertStopped();
            assertEquals("FIRED " + guarded.pid(), client.read());
        }
    }

    @Test
    void askedToEndItStaysWhileItIsArmed() throws Exception {
        try (var client = start()) {
            client.arm(identity(guarded), LONG);
            long fence = fencePid();
            FenceProcesses.run("kill", "-TERM", Long.toString(fence));
            for (String signal : new String[] {"HUP", "INT", "QUIT", "USR1", "ALRM"}) {
                FenceProcesses.run("kill", "-" + signal, Long.toString(fence));
            }
            assertSpared(client);
            assertEquals("OK", client.ask("DISARM").split(" ")[0]);
            assertNull(client.read());
            await("the fence is gone", () -> !isAlive(fence));
            assertFalse(socket().toFile().exists());
            assertTrue(guarded.isAlive());
        }
    }
}

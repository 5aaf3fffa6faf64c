package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.Lsn;
import io.matriarch.postgres.LocalFacts.Sessions;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.LocalFacts.WalSender;
import java.io.IOException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The end of a walsender that commits wait for is told of, once. Its part is played by programs that sleep. */
class WalsenderWatchTest {

    private final WalsenderWatch watch = new WalsenderWatch();
    private final Semaphore told = new Semaphore(0);
    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void end() {
        watch.close();
        processes.forEach(Process::destroyForcibly);
    }

    private WalSender walsender(String syncState) throws IOException {
        Process process = new ProcessBuilder("sleep", "60").start();
        processes.add(process);
        return new WalSender(
                process.pid(),
                "rep",
                "n" + processes.size(),
                null,
                null,
                "streaming",
                syncState,
                1,
                Lsn.NONE,
                Lsn.NONE,
                Lsn.NONE,
                Lsn.NONE);
    }

    private static Snapshot snapshot(WalSender... senders) {
        return new Snapshot(
                false,
                150000,
                OffsetDateTime.MIN,
                1,
                Lsn.NONE,
                Lsn.NONE,
                Lsn.NONE,
                null,
                null,
                Lsn.NONE,
                false,
                false,
                "",
                "on",
                List.of(senders),
                List.of(),
                Sessions.NONE);
    }

    private void kill(WalSender sender) throws InterruptedException {
        for (Process process : processes) {
            if (process.pid() == sender.pid()) {
                process.destroyForcibly();
                assertTrue(process.waitFor(10, TimeUnit.SECONDS));
            }
        }
    }

    private void awaitTold() throws InterruptedException {
        assertTrue(told.tryAcquire(10, TimeUnit.SECONDS), "nobody was told");
    }

    @Test
    void theEndOfOneThatCommitsWaitForIsToldOfOnce() throws Exception {
        watch.onEnd(told::release);
        WalSender synchronous = walsender("sync");
        WalSender ofTheQuorum = walsender("quorum");
        watch.watch(snapshot(synchronous, ofTheQuorum));

        kill(synchronous);
        awaitTold();
        kill(ofTheQuorum);
        awaitTold();
        assertEquals(0, told.availablePermits());
    }

    @Test
    void anAsynchronousOneIsNotWatchedNorOneThatIsNoLongerInTheSnapshot() throws Exception {
        watch.onEnd(told::release);
        WalSender asynchronous = walsender("async");
        WalSender before = walsender("sync");
        WalSender now = walsender("sync");
        watch.watch(snapshot(asynchronous, before));
        watch.watch(snapshot(asynchronous, now));

        kill(asynchronous);
        kill(before);
        kill(now);
        awaitTold();
        assertEquals(0, told.availablePermits());
    }
}

package io.matriarch.agent.cycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.FailsafePrimary;
import io.matriarch.model.VoteRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a member says to leaders and candidates (decision 0016). */
class FailsafePromiseTest {

    private static final Duration TTL = Duration.ofSeconds(3);

    private final ManualTime time = new ManualTime();
    private boolean leads;
    private FailsafePromise promise = promise(Duration.ZERO);

    private FailsafePromise promise(Duration earlier) {
        return new FailsafePromise(time, () -> leads, PromiseRecord.NONE, earlier);
    }

    private boolean promises(String leader) {
        var primary = new FailsafePrimary(leader, "", "", Map.of(), TTL);
        return promise.giveAsElector(primary, TTL).given();
    }

    private boolean votes(String candidate, String about) {
        return promise.vote(new VoteRequest(candidate, about, TTL)).given();
    }

    @Test
    void whoHasPromisedDoesNotVoteBeforeThePromiseEnds() {
        assertTrue(promises("p"));
        time.advance(Duration.ofMillis(2999));
        assertFalse(votes("c", "p"));
        time.advance(Duration.ofMillis(1));
        assertTrue(votes("c", "p"));
    }

    @Test
    void whoHasVotedPromisesThatLeaderNothing() {
        assertTrue(votes("c", "p"));
        time.advance(Duration.ofMillis(2999));
        assertFalse(promises("p"));
        assertTrue(promises("c")); // who leads now, and has the vote
        time.advance(TTL);
        assertTrue(promises("p"));
    }

    @Test
    void severalCandidatesGetAVote() {
        assertTrue(votes("c", "p"));
        assertTrue(votes("d", "p"));
    }

    @Test
    void whatOneLeaderWasPromisedAnotherIsNot() {
        assertTrue(promises("p"));
        assertFalse(promises("q"));
        assertTrue(promises("p"));
    }

    @Test
    void whoLeadsOrAsksForTheLockPromisesNothing() {
        leads = true;
        assertFalse(promises("p"));
        leads = false;
        assertTrue(promise.beginRace());
        assertFalse(promises("p"));
        promise.endRace();
        assertTrue(promises("p"));
        assertFalse(promise.beginRace());
    }

    @Test
    void whoHasJustStartedNeitherVotesNorPromises() {
        promise = promise(Duration.ofSeconds(5));
        time.advance(Duration.ofMillis(4999));
        assertFalse(votes("c", "p"));
        assertFalse(promises("p"));
        time.advance(Duration.ofMillis(1));
        assertTrue(votes("c", "p"));
        assertTrue(promises("q"));
    }

    @Test
    void whatCannotBeRecordedIsNotPromised(@TempDir Path directory) throws Exception {
        var record = new FilePromiseRecord(directory.resolve("data"));
        promise = new FailsafePromise(time, () -> leads, record, record.longest());
        assertTrue(promises("p"));
        assertEquals(TTL, new FilePromiseRecord(directory.resolve("data")).longest());
        var longer = new FailsafePrimary("p", "", "", Map.of(), TTL.plusSeconds(1));
        Files.createDirectory(directory.resolve("data.promises.new")); // where the next one is written first
        assertFalse(promise.give(longer, TTL));
        assertTrue(promises("p"));
    }

    @Test
    void aRecordThatCannotBeReadCountsAsLong(@TempDir Path directory) throws Exception {
        Files.writeString(directory.resolve("data.promises"), "soon");
        assertEquals(Duration.ofMinutes(5), new FilePromiseRecord(directory.resolve("data")).longest());
    }
}

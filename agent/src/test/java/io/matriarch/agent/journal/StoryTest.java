package io.matriarch.agent.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.engine.Answers;
import io.matriarch.engine.LocalPostgres;
import io.matriarch.engine.Memory;
import io.matriarch.engine.Reason;
import io.matriarch.engine.RewindState;
import io.matriarch.engine.Rule;
import io.matriarch.engine.Situation;
import io.matriarch.engine.Step;
import io.matriarch.engine.Verdict;
import io.matriarch.engine.WatchdogCondition;
import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.JournalEntry;
import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PeerStatus;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Revision;
import io.matriarch.model.Role;
import io.matriarch.model.Tags;
import io.matriarch.model.Timing;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class StoryTest {

    private final Story story = new Story("n1");

    private static Situation situation(PeerStatus... answers) {
        var local = new LocalPostgres(
                LocalPostgres.DataDirectory.PRESENT,
                "",
                "1",
                true,
                PostgresState.RUNNING,
                Role.REPLICA,
                false,
                3,
                new Lsn(0x5000),
                true,
                "",
                false,
                false,
                false,
                false,
                false);
        var memory = new Memory(
                null,
                false,
                false,
                RewindState.INITIAL,
                false,
                true,
                Memory.BootstrapPhase.NONE,
                null,
                null,
                null,
                null,
                false,
                Lsn.NONE,
                Duration.ZERO,
                null,
                new MonotonicTime(0),
                WatchdogCondition.READY,
                null,
                null,
                Memory.LeaseMemory.NONE,
                Revision.NONE);
        return new Situation(
                "n1",
                Tags.NONE,
                new MonotonicTime(0),
                Instant.parse("2026-11-24T12:00:00Z"),
                ClusterView.EMPTY,
                ClusterView.EMPTY,
                DynamicConfig.EMPTY,
                Timing.DEFAULT,
                local,
                memory,
                Answers.NONE.withPeers(List.of(answers)),
                true,
                false,
                0);
    }

    private static Verdict verdict(Step step, String result, Reason... reasons) {
        return new Verdict(Rule.RACE, step, result, List.of(reasons));
    }

    @Test
    void aCycleIsOneEntryWithAllReasonsAndAnswers() {
        var asked = new Verdict(Rule.RACE, new Step.AcquireLock(), null, List.of(Reason.info("Got it")));
        Situation s = situation(new PeerStatus.Unreachable("n0", "refused"));
        assertTrue(story.tell(asked, s).isEmpty());
        JournalEntry entry =
                story.tell(verdict(new Step.Promote(), "promoted self"), s).orElseThrow();

        assertEquals(List.of("Got it", "n0 did not answer: refused"), entry.reasons());
        assertEquals("replica, PostgreSQL running, timeline 3, at 0/5000; leader none", entry.state());
        assertTrue(entry.turningPoint());
    }

    @Test
    void theSameAgainIsOnlyCounted() {
        var rest = new Step.Rest();
        assertFalse(story.tell(verdict(rest, "waiting, 9 seconds left"), situation())
                .isEmpty());
        assertTrue(story.tell(verdict(rest, "waiting, 8 seconds left"), situation())
                .isEmpty());
        assertTrue(story.tell(verdict(rest, "waiting, 7 seconds left"), situation())
                .isEmpty());
        JournalEntry other =
                story.tell(verdict(rest, "no action. I follow n2"), situation()).orElseThrow();
        assertEquals(2, other.repeated());
        assertFalse(
                story.tell(verdict(rest, "no action. I follow n3"), situation()).isEmpty());
    }

    @Test
    void anEventStartsTheCountAnew() {
        story.tell(verdict(new Step.Rest(), "no action. same"), situation());
        story.event(Instant.EPOCH, "the agent started");
        assertFalse(story.tell(verdict(new Step.Rest(), "no action. same"), situation())
                .isEmpty());
    }
}

package io.matriarch.agent.page;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.agent.page.Happening.Kind;
import io.matriarch.engine.Reason;
import io.matriarch.engine.Rule;
import io.matriarch.engine.Step;
import io.matriarch.engine.Verdict;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DecisionsTest {

    private static final Instant CYCLE = Instant.parse("2026-11-26T03:00:00Z");
    private final Decisions decisions = new Decisions();

    private void decided(Rule rule, Step step, @Nullable String result, String... reasons) {
        decisions.add(
                new Verdict(
                        rule,
                        step,
                        result,
                        List.of(reasons).stream().map(Reason::info).toList()),
                CYCLE);
    }

    @Test
    void thePromotionCarriesTheReasonsOfTheRace() {
        decided(Rule.RACE, new Step.AskPeers(List.of("n2")), null);
        decided(Rule.RACE, new Step.AcquireLock(), null, "Ignoring the former leader being ahead of us");
        decided(Rule.RACE, new Step.ReloadView(), null);
        decided(Rule.PROMOTE, new Step.Promote(), "promoted self to leader by acquiring session lock");
        assertEquals(
                Optional.of(new Happening(
                        CYCLE,
                        Kind.DECISION,
                        "n1",
                        "promoted self to leader by acquiring session lock",
                        Rule.PROMOTE.sentence(),
                        List.of("Ignoring the former leader being ahead of us"))),
                decisions.endOfCycle("n1", "promoted self to leader by acquiring session lock"));
    }

    @Test
    void aRefusalEndsWithTheLineOfTheCycle() {
        decided(Rule.SWITCHOVER_REFUSED, new Step.ReloadView(), null, "Member n2 exceeds maximum replication lag");
        decided(Rule.LEAD, new Step.RenewLock(true), null);
        Happening refusal = decisions
                .endOfCycle("n1", "no action. I am (n1), the leader with the lock")
                .orElseThrow();
        assertEquals(Kind.REFUSAL, refusal.kind());
        assertEquals("no action. I am (n1), the leader with the lock", refusal.text());
        assertEquals(List.of("Member n2 exceeds maximum replication lag"), refusal.reasons());
    }

    @Test
    void aQuietCycleIsNoStory() {
        decided(Rule.LEAD, new Step.RenewLock(true), null);
        assertEquals(Optional.empty(), decisions.endOfCycle("n1", "no action"));
        decided(Rule.FOLLOW, new Step.Follow("n2"), "no action. I am (n1), a secondary, and following a leader (n2)");
        assertEquals(Optional.empty(), decisions.endOfCycle("n1", "no action"));
    }

    @Test
    void whatACycleThatBrokeOffSaidIsNotTakenForTheNext() {
        decisions.add(
                new Verdict(Rule.RACE, new Step.AcquireLock(), null, List.of(Reason.info("old"))),
                CYCLE.minusSeconds(10));
        decided(Rule.LEAD, new Step.RenewLock(true), null);
        assertEquals(Optional.empty(), decisions.endOfCycle("n1", "no action"));
    }
}

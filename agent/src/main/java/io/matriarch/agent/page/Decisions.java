package io.matriarch.agent.page;

import io.matriarch.agent.page.Happening.Kind;
import io.matriarch.engine.Reason;
import io.matriarch.engine.Rule;
import io.matriarch.engine.Step;
import io.matriarch.engine.Verdict;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes one happening out of the verdicts of a cycle: what it ended with, and all reasons on the way. A cycle in which
 * nothing was done and nothing was to be said makes none.
 */
final class Decisions {

    private static final Set<String> REFUSALS = Stream.of(
                    Rule.NO_RACE,
                    Rule.SWITCHOVER_REFUSED,
                    Rule.PROMOTION_CANCELLED,
                    Rule.FOREIGN_DATA,
                    Rule.UNANSWERED,
                    Rule.WATCHDOG)
            .map(Rule::name)
            .collect(Collectors.toUnmodifiableSet());

    private final SequencedSet<String> reasons = new LinkedHashSet<>();
    private @Nullable Rule rule;
    private @Nullable Instant at;
    private @Nullable String result;
    private boolean notable;

    /** @param cycle the wall-clock time of the cycle, the same for all its verdicts */
    void add(Verdict verdict, Instant cycle) {
        if (at != null && !at.equals(cycle)) {
            clear(); // the cycle before ended in an exception
        }
        at = cycle;
        boolean acts =
                verdict.result() != null && !(verdict.step() instanceof Step.Rest) && verdict.rule() != Rule.FOLLOW;
        boolean asksForTheLock = verdict.step() instanceof Step.AcquireLock;
        boolean says = !verdict.reasons().isEmpty();
        if (rule == null || acts || says) {
            rule = verdict.rule();
        }
        verdict.reasons().stream().map(Reason::full).forEach(reasons::add);
        result = verdict.result();
        notable |= acts || asksForTheLock || says;
    }

    /** The cycle is over; {@code lastResult} is the line that it logged. */
    Optional<Happening> endOfCycle(String name, String lastResult) {
        if (!notable || rule == null || at == null) {
            clear();
            return Optional.empty();
        }
        String text = result == null ? lastResult : result;
        var happening = new Happening(
                at,
                isRefusal(rule.name()) ? Kind.REFUSAL : Kind.DECISION,
                name,
                text,
                rule.sentence(),
                reasons.stream().toList());
        clear();
        return Optional.of(happening);
    }

    /** @param rule its name: a journal may come from an agent of another version */
    static boolean isRefusal(String rule) {
        return REFUSALS.contains(rule);
    }

    private void clear() {
        reasons.clear();
        rule = null;
        at = null;
        result = null;
        notable = false;
    }
}

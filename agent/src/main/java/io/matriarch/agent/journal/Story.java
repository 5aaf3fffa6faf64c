package io.matriarch.agent.journal;

import io.matriarch.engine.Reason;
import io.matriarch.engine.Situation;
import io.matriarch.engine.Step;
import io.matriarch.engine.Verdict;
import io.matriarch.model.JournalEntry;
import io.matriarch.model.PeerStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Makes entries out of verdicts. A cycle is one entry: its result and all reasons on the way to it. A cycle that says the
 * same as the one before, but for numbers, is only counted: otherwise a healthy cluster would fill the journal.
 */
final class Story {

    /** Numbers that stand alone; those in names ({@code node1}) are part of what is said. */
    private static final Pattern NUMBERS = Pattern.compile("\\b[0-9A-F]*[0-9][0-9A-F]*\\b");

    private final String member;
    private final List<String> reasons = new ArrayList<>();
    private String lastSaid = "";
    private int repeated;

    Story(String member) {
        this.member = member;
    }

    /** The entry that this verdict completes, if there is something new to tell. */
    Optional<JournalEntry> tell(Verdict verdict, Situation s) {
        verdict.reasons().stream().map(Reason::full).forEach(reasons::add);
        String result = verdict.result();
        if (result == null) {
            return Optional.empty();
        }
        List<String> said = new ArrayList<>(reasons);
        reasons.clear();
        String text = s.isPaused() ? "PAUSE: " + result : result;
        String signature = NUMBERS.matcher(text + said).replaceAll("#");
        if (signature.equals(lastSaid)) {
            repeated++;
            return Optional.empty();
        }
        boolean routine = text.startsWith("no action.") && said.isEmpty();
        if (!routine) {
            s.answers().peers().values().forEach(answer -> said.add(describe(answer)));
        }
        var entry = new JournalEntry(
                s.wallClock(),
                member,
                verdict.rule().name(),
                verdict.rule().sentence(),
                changesWhoLeads(verdict.step()),
                text,
                describe(s),
                said,
                repeated,
                0);
        lastSaid = signature;
        repeated = 0;
        return Optional.of(entry);
    }

    JournalEntry event(Instant at, String text) {
        var entry = new JournalEntry(at, member, "", "", false, text, "", List.of(), repeated, 0);
        lastSaid = "";
        repeated = 0;
        return entry;
    }

    private static boolean changesWhoLeads(Step step) {
        return switch (step) {
            case Step.Demote _,
                    Step.Promote _,
                    Step.FinishPromotion _,
                    Step.ReleaseLock _,
                    Step.StartAsPrimary _,
                    Step.FinishBootstrap _ -> true;
            default -> false;
        };
    }

    private static String describe(Situation s) {
        var local = s.local();
        String leader = s.view().leaderName();
        return local.role() + ", PostgreSQL " + local.state()
                + (local.timeline() == 0 ? "" : ", timeline " + local.timeline())
                + (local.position().isKnown() ? ", at " + local.position() : "")
                + "; leader " + (leader == null ? "none" : leader)
                + (s.view().status().optime().isKnown()
                        ? " at " + s.view().status().optime()
                        : "");
    }

    private static String describe(PeerStatus answer) {
        return switch (answer) {
            case PeerStatus.Unreachable(String name, String reason) -> name + " did not answer: " + reason;
            case PeerStatus.Reachable r ->
                r.member() + " answered: " + (r.isPrimary() ? "primary" : "replica") + " at " + r.position()
                        + (r.timeline() == 0 ? "" : ", timeline " + r.timeline())
                        + (r.tags().values().isEmpty()
                                ? ""
                                : ", tags " + r.tags().values())
                        + (r.watchdogFailed() ? ", watchdog failed" : "");
        };
    }
}

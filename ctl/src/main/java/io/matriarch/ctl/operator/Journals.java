package io.matriarch.ctl.operator;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.patroni.Session;
import io.matriarch.http.RestResult;
import io.matriarch.http.RestResult.Answer;
import io.matriarch.model.ClusterView;
import io.matriarch.model.JournalEntry;
import io.matriarch.model.Member;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What members say that they decided. */
final class Journals {

    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private Journals() {}

    /**
     * The entries of all members that have answered before, which saves waiting for the dead twice. A member without a
     * journal, as Patroni's own agents are, says nothing.
     */
    static List<JournalEntry> ask(ClusterView view, MemberAnswers answers, Session session) throws CommandFailure {
        List<Member> members = view.members().values().stream()
                .filter(member -> answers.documents().containsKey(member.name()))
                .toList();
        var found = new ArrayList<JournalEntry>();
        for (RestResult result : session.members().getFromAll(members, "journal", PATIENCE)) {
            if (result instanceof Answer(int status, String body, var _) && status == 200) {
                body.lines().forEach(line -> JournalEntry.parse(line).ifPresent(found::add));
            }
        }
        return found;
    }
}

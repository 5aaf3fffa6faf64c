package io.matriarch.engine.lease;

import io.matriarch.model.Electorate;
import io.matriarch.model.Json;
import io.matriarch.model.Member;
import java.util.Collection;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Who may be promoted in place of a leader. A member counts while its agent lives, whatever its server does: it is the agent
 * that promises and votes.
 *
 * @param members those who know of votes
 * @param foreign those who may be promoted and do not
 */
public record Electors(SortedSet<String> members, SortedSet<String> foreign) {

    /** Field of a member document: its agent promises and votes. */
    public static final String CAPABILITY = "member_lease";

    /** @param all whose keys are in the store */
    public static Electors of(String leader, Collection<Member> all) {
        var members = new TreeSet<String>();
        var foreign = new TreeSet<String>();
        for (Member member : all) {
            if (member.name().equals(leader) || member.tags().nofailover()) {
                continue;
            }
            boolean knows = Json.bool(member.data(), CAPABILITY).orElse(false)
                    && member.apiUrl().isPresent();
            (knows ? members : foreign).add(member.name());
        }
        return new Electors(members, foreign);
    }

    /**
     * Whom to write into the electorate of {@code leader}. The last ones to go stay: otherwise nobody could lead when they
     * come back and the leader does not.
     */
    public SortedSet<String> orLastOf(String leader, Electorate present) {
        if (!members.isEmpty()) {
            return members;
        }
        var last = new TreeSet<>(present.members());
        if (present.binds(leader)) {
            last.add(present.leader());
        }
        last.remove(leader);
        return last;
    }
}

package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.model.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/**
 * Which members a command acts on (contract ctl.md 3, "Selecting members"): those that were named and have the role, all
 * that have it when none was named.
 */
final class MemberSelection {

    private MemberSelection() {}

    /** Prints the table and selects; {@code names} that are no candidates are passed over. */
    static List<Member> select(Groups cluster, List<String> names, MemberRole role, Terminal terminal)
            throws CommandFailure {
        List<Member> candidates = candidates(cluster, names, role, terminal);
        return names.isEmpty() ? candidates : named(names, candidates, "'" + role + "'");
    }

    /** As {@link #select} among the replicas, but without a name people are asked for one; with force nobody is. */
    static List<Member> selectForReinit(Groups cluster, List<String> names, boolean force, Terminal terminal)
            throws CommandFailure {
        List<Member> candidates = candidates(cluster, names, MemberRole.REPLICA, terminal);
        if (!names.isEmpty()) {
            return named(names, candidates, MemberRole.REPLICA.toString());
        }
        if (force) {
            return List.of();
        }
        String name = terminal.prompt("Which member do you want to reinitialize [" + namesOf(candidates) + "]?", "");
        for (Member candidate : candidates) {
            if (candidate.name().equals(name)) {
                return List.of(candidate);
            }
        }
        throw new CommandFailure(name + " is not a member of cluster");
    }

    private static List<Member> candidates(Groups cluster, List<String> names, MemberRole role, Terminal terminal)
            throws CommandFailure {
        List<Member> candidates = cluster.select(role);
        if (names.isEmpty() && candidates.isEmpty()) {
            throw new CommandFailure(cluster.name() + " cluster doesn't have any members");
        }
        MemberTable.print(cluster, terminal);
        return candidates;
    }

    private static List<Member> named(List<String> names, List<Member> candidates, String role) throws CommandFailure {
        var selected = new ArrayList<Member>();
        for (Member candidate : candidates) {
            if (names.contains(candidate.name())) {
                selected.add(candidate);
            }
        }
        if (selected.isEmpty()) {
            throw new CommandFailure("No " + role + " among provided members");
        }
        return selected;
    }

    /** Asks whether to go on, unless forced; a no ends the command. */
    static void confirm(String action, List<Member> members, boolean force, Terminal terminal) throws CommandFailure {
        if (!force && !terminal.confirm("Are you sure you want to " + action + " members " + namesOf(members) + "?")) {
            throw new CommandFailure("Aborted " + action);
        }
    }

    /** {@code a, b}. */
    static String namesOf(List<Member> members) {
        var names = new StringJoiner(", ");
        for (Member member : members) {
            names.add(member.name());
        }
        return names.toString();
    }
}

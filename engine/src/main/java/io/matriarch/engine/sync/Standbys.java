package io.matriarch.engine.sync;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.DynamicConfig.SynchronousMode;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.SyncState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;

/**
 * Which standbys should be waited for, and which really are (contract replication.md 1.2).
 *
 * @param active the standbys to wait for, best first
 * @param confirmed those of them that PostgreSQL waits for by now and that hold everything acknowledged before
 * @param strangers what streams under a member's name and is not that member. PostgreSQL cannot tell them apart and would take
 *     their word for the member's, so that member is not waited for as long as they are there
 */
public record Standbys(List<String> active, SortedSet<String> confirmed, List<Stranger> strangers) {

    public Standbys {
        active = List.copyOf(active);
        confirmed = Names.of(confirmed);
        strangers = List.copyOf(strangers);
    }

    /** @param why what gives it away */
    public record Stranger(String member, long pid, String why) {}

    private record Candidate(Member member, Walsender sender, Lsn position) {}

    /**
     * Chooses.
     *
     * @param parameter the running value of {@code synchronous_standby_names}
     * @param caughtUp names that reached the primary's position of when the parameter last changed
     * @param ownPosition the primary's flush position
     */
    public static Standbys choose(
            String me,
            Collection<Member> members,
            DynamicConfig config,
            SyncState key,
            Collection<Walsender> senders,
            StandbyNames parameter,
            String synchronousCommit,
            Set<String> caughtUp,
            Lsn ownPosition) {
        var candidates = new ArrayList<Candidate>();
        var strangers = new ArrayList<Stranger>();
        for (Member member : members) {
            List<Walsender> named = senders.stream()
                    .filter(w -> w.isNamed(member.name()) && w.mayConfirm())
                    .toList();
            Walsender sender = named.stream()
                    .filter(w -> w.state().equals("streaming") && !w.isAhead())
                    .findFirst()
                    .orElse(null);
            boolean known = true;
            for (Walsender one : named) {
                Optional<String> why = one.strangeness(member, senders, config.useSlots());
                why.ifPresent(reason -> strangers.add(new Stranger(member.name(), one.pid(), reason)));
                known &= why.isEmpty();
            }
            if (known
                    && sender != null
                    && member.isRunning()
                    && !member.tags().nosync()
                    && !member.name().equals(me)) {
                Lsn position = sender.confirmedPosition(synchronousCommit);
                if (position.isKnown()) {
                    candidates.add(new Candidate(member, sender, position));
                }
            }
        }
        List<Candidate> connected = List.copyOf(candidates);
        candidates.removeIf(c -> isCascading(c.member, connected, members, me));
        dropLagging(candidates, config, ownPosition);
        candidates.sort(BEST_FIRST);
        boolean quorum = config.synchronousMode() == SynchronousMode.QUORUM;
        int wanted = config.synchronousNodeCount();
        var active = new ArrayList<String>();
        var confirmed = new ArrayList<String>();
        for (Candidate c : candidates) {
            boolean room = quorum ? !c.member.tags().nofailover() || active.size() < wanted : active.size() < wanted;
            if (!room) {
                continue;
            }
            active.add(c.member.name());
            if (isConfirmed(c, key, parameter, caughtUp, quorum)) {
                confirmed.add(c.member.name());
            }
        }
        return new Standbys(active, Names.of(confirmed), strangers);
    }

    private static final Comparator<Candidate> BEST_FIRST = Comparator.comparing(
                    (Candidate c) -> c.member.tags().nofailover())
            .thenComparing(c -> c.member.tags().syncPriority(), Comparator.reverseOrder())
            .thenComparing(c -> syncStateRank(c.sender.syncState()), Comparator.reverseOrder())
            .thenComparing(Candidate::position, Comparator.reverseOrder())
            .thenComparing(c -> c.member.name());

    private static int syncStateRank(String state) {
        return switch (state) {
            case "sync" -> 3;
            case "quorum" -> 2;
            case "potential" -> 1;
            default -> 0;
        };
    }

    /**
     * A member that is meant to stream from another one is connected to us only for the moment, when whoever stands at the
     * head of its chain is connected to us.
     */
    private static boolean isCascading(
            Member member, List<Candidate> candidates, Collection<Member> members, String me) {
        var seen = new HashSet<String>(Set.of(member.name()));
        String upstream = member.tags().replicatefrom().orElse(null);
        while (upstream != null && !upstream.equals(me) && seen.add(upstream)) {
            String name = upstream;
            Member next = members.stream()
                    .filter(m -> m.name().equals(name))
                    .findFirst()
                    .orElse(null);
            if (next == null) {
                return false;
            }
            upstream = next.tags().replicatefrom().orElse(null);
            if (upstream == null || upstream.equals(me)) {
                return candidates.stream().anyMatch(c -> c.member.name().equals(name));
            }
        }
        return false;
    }

    private static void dropLagging(List<Candidate> candidates, DynamicConfig config, Lsn ownPosition) {
        Long limit = config.maximumLagOnSyncnode().orElse(null);
        if (limit == null || candidates.isEmpty()) {
            return;
        }
        Lsn reference = candidates.size() == 1
                ? ownPosition
                : candidates.stream()
                        .map(Candidate::position)
                        .max(Comparator.naturalOrder())
                        .orElse(ownPosition);
        candidates.removeIf(c -> reference.bytesAfter(c.position) > limit);
    }

    private static boolean isConfirmed(
            Candidate c, SyncState key, StandbyNames parameter, Set<String> caughtUp, boolean quorum) {
        String name = c.member.name();
        boolean promised = key.isVoter(name) && key.quorum() == 0;
        if (!quorum && parameter.holdsEverything()) {
            return promised; // nothing was acknowledged since the key promised that it holds everything
        }
        if (parameter.names().stream().noneMatch(name::equalsIgnoreCase)) {
            return false;
        }
        boolean reached = caughtUp.stream().anyMatch(name::equalsIgnoreCase);
        return quorum
                ? c.sender.syncState().equals("quorum") && reached
                : c.sender.syncState().equals("sync") && (promised || reached);
    }
}

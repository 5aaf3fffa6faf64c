package io.matriarch.engine.sync;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.DynamicConfig.SynchronousMode;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.SyncState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;

/**
 * Which standbys should be waited for, and which really are (contract replication.md 1.2).
 *
 * @param active the standbys to wait for, best first
 * @param confirmed those of them that PostgreSQL waits for by now and that hold everything acknowledged before
 */
public record Standbys(List<String> active, SortedSet<String> confirmed) {

    public Standbys {
        active = List.copyOf(active);
        confirmed = Names.of(confirmed);
    }

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
        Map<String, Walsender> streaming = new HashMap<>();
        for (Walsender sender : senders) {
            if (sender.state().equals("streaming")) {
                streaming.put(sender.applicationName().toLowerCase(Locale.ROOT), sender);
            }
        }
        var candidates = new ArrayList<Candidate>();
        for (Member member : members) {
            Walsender sender = streaming.get(member.name().toLowerCase(Locale.ROOT));
            if (sender != null && member.isRunning() && !member.tags().nosync() && !member.name().equals(me)) {
                Lsn position = sender.confirmedPosition(synchronousCommit);
                if (position.isKnown()) {
                    candidates.add(new Candidate(member, sender, position));
                }
            }
        }
        candidates.removeIf(c -> isCascading(c, candidates, me));
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
        return new Standbys(active, Names.of(confirmed));
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

    /** A member that is meant to stream from another candidate is connected to us only for the moment. */
    private static boolean isCascading(Candidate c, List<Candidate> candidates, String me) {
        String upstream = c.member.tags().replicatefrom().orElse(null);
        return upstream != null
                && !upstream.equals(me)
                && candidates.stream().anyMatch(other -> other.member.name().equals(upstream)
                        && !other.member.name().equals(c.member.name()));
    }

    private static void dropLagging(List<Candidate> candidates, DynamicConfig config, Lsn ownPosition) {
        Long limit = config.maximumLagOnSyncnode().orElse(null);
        if (limit == null || candidates.isEmpty()) {
            return;
        }
        Lsn reference = candidates.size() == 1
                ? ownPosition
                : candidates.stream().map(Candidate::position).max(Comparator.naturalOrder()).orElse(ownPosition);
        candidates.removeIf(c -> reference.bytesAfter(c.position) > limit);
    }

    private static boolean isConfirmed(
            Candidate c, SyncState key, StandbyNames parameter, Set<String> caughtUp, boolean quorum) {
        String name = c.member.name();
        if (parameter.names().stream().noneMatch(name::equalsIgnoreCase)) {
            return false;
        }
        boolean reached = caughtUp.stream().anyMatch(name::equalsIgnoreCase);
        return quorum
                ? c.sender.syncState().equals("quorum") && reached
                : c.sender.syncState().equals("sync") && (key.isVoter(name) || reached);
    }
}

package io.matriarch.engine;

import io.matriarch.model.FailoverRequest;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.PeerStatus;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whether somebody else could take over if this leader stepped down (contract ha-loop.md 8.5). */
public final class FailoverPossible {

    private FailoverPossible() {}

    /** The answer, or what is missing for one. */
    public sealed interface Decision {}

    public record Yes(List<Reason> reasons) implements Decision {}

    public record No(List<Reason> reasons) implements Decision {}

    /** These members must be asked first. */
    public record Ask(List<String> members) implements Decision {}

    /**
     * Decides.
     *
     * @param request whose candidate and action count; null: any failover
     * @param checkpoint the shutdown checkpoint that a candidate must hold; null: lag within the limit is enough
     */
    public static Decision check(Situation s, @Nullable FailoverRequest request, @Nullable Lsn checkpoint) {
        return decide(s, request, request == null ? null : request.candidate(), checkpoint);
    }

    /** The same for the request in the view, as if it named no candidate (8.4). */
    static Decision checkIgnoringCandidate(Situation s) {
        return decide(s, s.view().failover(), null, null);
    }

    private static Decision decide(
            Situation s, @Nullable FailoverRequest request, @Nullable String candidate, @Nullable Lsn checkpoint) {
        String action = request == null ? "failover" : request.action();
        boolean manualFailover = request != null && request.leader() == null;
        boolean onlyVoters = s.isSyncActive() && !manualFailover;
        if (candidate != null && onlyVoters && !s.view().sync().isVoter(candidate)) {
            return new No(List.of(Reason.warning(
                    capitalise(action) + " candidate=" + candidate + " does not match with sync_standbys="
                            + String.join(",", s.view().sync().voters()))));
        }
        List<Member> candidates = s.view().membersExcept(s.me()).stream()
                .filter(m -> !m.tags().nofailover() && m.apiUrl().isPresent())
                .filter(m -> candidate == null || m.name().equals(candidate))
                .filter(m -> !onlyVoters || s.view().sync().isVoter(m.name()))
                .toList();
        if (candidates.isEmpty()) {
            return new No(List.of(Reason.warning(action + ": candidates list is empty")));
        }
        List<String> missing = candidates.stream()
                .map(Member::name)
                .filter(name -> !s.answers().peers().containsKey(name))
                .toList();
        return missing.isEmpty() ? judge(s, candidates, candidate, checkpoint) : new Ask(missing);
    }

    private static Decision judge(
            Situation s, List<Member> candidates, @Nullable String candidate, @Nullable Lsn checkpoint) {
        var reasons = new ArrayList<Reason>();
        int usable = 0;
        int clusterTimeline = s.view().history().clusterTimeline();
        for (Member member : candidates) {
            PeerStatus status = s.answers().peers().get(member.name());
            String unusable = PeerCheck.unusable(status);
            if (unusable != null || !(status instanceof PeerStatus.Reachable peer)) {
                reasons.add(Reason.info("Member " + member.name() + " is " + unusable)
                        .because(PeerCheck.detail(status)));
                continue;
            }
            boolean holdsEnough = checkpoint != null
                    ? peer.position().compareTo(checkpoint) >= 0
                    : s.view().status().optime().bytesAfter(peer.position())
                            <= s.config().maximumLagOnFailover();
            if (!holdsEnough) {
                reasons.add(Reason.info("Member " + member.name() + " exceeds maximum replication lag")
                        .because(lag(s, peer.position(), checkpoint)));
                continue;
            }
            if (s.config().checkTimeline()
                    && !s.config().isStandbyCluster()
                    && (peer.timeline() == 0 || peer.timeline() < clusterTimeline)) {
                reasons.add(Reason.info("Timeline " + peer.timeline() + " of member " + member.name()
                        + " is behind the cluster timeline " + clusterTimeline));
                continue;
            }
            usable++;
        }
        boolean quorum = s.isQuorumActive();
        if (usable > 0
                && quorum
                && candidate == null
                && usable - 1 < s.view().sync().quorum()) {
            reasons.add(Reason.info("Quorum requirement " + s.view().sync().quorum() + " can not be reached"));
            return new No(reasons);
        }
        return usable > 0 ? new Yes(reasons) : new No(reasons);
    }

    private static String lag(Situation s, Lsn theirs, @Nullable Lsn checkpoint) {
        if (checkpoint != null) {
            return "it is at " + theirs + ", our shutdown checkpoint at " + checkpoint;
        }
        Lsn optime = s.view().status().optime();
        return "it is at " + theirs + ", " + optime.bytesAfter(theirs) + " bytes behind " + optime
                + "; maximum_lag_on_failover is " + s.config().maximumLagOnFailover();
    }

    private static String capitalise(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }
}

package io.matriarch.engine;

import io.matriarch.model.ClusterView;
import io.matriarch.model.Member;
import io.matriarch.model.RemoteMember;
import io.matriarch.model.Role;
import io.matriarch.model.Tags;
import org.jspecify.annotations.Nullable;

/** Somebody else has the lock, or nobody: follow (contract ha-loop.md 9.3). */
public final class FollowRules {

    private FollowRules() {}

    static Verdict decide(Situation s) {
        if (s.config().isStandbyCluster()) {
            return follow(
                    s,
                    Rule.FOLLOW,
                    "cannot be a real primary in a standby cluster",
                    "no action. I am (" + s.me() + "), a secondary, and following a standby leader ("
                            + s.view().leaderName() + ")");
        }
        return follow(
                s,
                Rule.FOLLOW,
                "demoting self because I do not have the lock and I was a leader",
                "no action. I am (" + s.me() + "), a secondary, and following a leader ("
                        + s.view().leaderName() + ")");
    }

    /** The owner of the lock in a standby cluster (14.2). */
    static Verdict leadStandbyCluster(Situation s, String text) {
        return follow(s, Rule.STANDBY_LEADER, "cannot be a real primary in standby cluster", text);
    }

    static Verdict follow(Situation s, Rule rule, String demoteText, String followText) {
        boolean mayRewindInPause = s.memory().rewind().isPending()
                && s.local().mayMendDivergence()
                && s.view().leaderName() != null;
        if (s.isPaused() && !mayRewindInPause) {
            if (s.local().primaryHere()) {
                return s.local().role() == Role.PRIMARY || s.answers().isSettled(Step.SetRole.class)
                        ? Verdict.rest(Rule.FOLLOW, "continue to run as primary without lock")
                        : Verdict.then(Rule.FOLLOW, new Step.SetRole(Role.PRIMARY, false));
            }
            if (s.local().role() != Role.REPLICA
                    && s.local().role() != Role.STANDBY_LEADER
                    && !s.answers().isSettled(Step.SetRole.class)) {
                return Verdict.then(Rule.FOLLOW, new Step.SetRole(Role.REPLICA, false));
            }
            if (upstream(s) == null) {
                return Verdict.rest(Rule.FOLLOW, "no action. I am (" + s.me() + ")");
            }
        } else if (!s.isPaused() && s.local().mayAcceptWrites()) {
            return s.config().isStandbyCluster()
                    ? Verdict.end(Rule.DEMOTE_CLUSTER, new Step.Demote(DemoteMode.DEMOTE_CLUSTER), demoteText)
                    : Verdict.end(Rule.NOT_LEADER, new Step.Demote(DemoteMode.IMMEDIATE_NOLOCK), demoteText);
        }
        boolean other = isBehindTheLeadersTimeline(s) || isAheadInStandbyCluster(s);
        if (other && !s.answers().isSettled(Step.ScheduleDivergenceCheck.class)) {
            return Verdict.then(Rule.DIVERGED, new Step.ScheduleDivergenceCheck());
        }
        Verdict mend = DivergenceRules.decide(s);
        if (mend != null) {
            return mend;
        }
        String upstream = upstream(s);
        if (s.config().isStandbyCluster() && !s.hasLock() && !hasAddress(s, upstream)) {
            return Verdict.rest(Rule.FOLLOW, "continue following the old known standby leader");
        }
        return Verdict.end(rule, new Step.Follow(upstream, roleToFollowAs(s)), followText);
    }

    /** The role of this node once it follows {@link #upstream}. */
    static Role roleToFollowAs(Situation s) {
        return s.config().isStandbyCluster() && s.hasLock() ? Role.STANDBY_LEADER : Role.REPLICA;
    }

    private static boolean hasAddress(Situation s, @Nullable String upstream) {
        String remote = remote(s);
        return upstream != null
                && (upstream.equals(remote)
                        ? s.config()
                                .remoteMember()
                                .filter(RemoteMember::hasAddress)
                                .isPresent()
                        : s.view()
                                .member(upstream)
                                .filter(m -> m.address() != null)
                                .isPresent());
    }

    /** The name of the remote member in a standby cluster; null: there is none. */
    static @Nullable String remote(Situation s) {
        return s.config().remoteMember().map(RemoteMember::name).orElse(null);
    }

    /** The standby leader went back to the remote member's timeline after the cluster had one of its own (9.3.3). */
    private static boolean isAheadInStandbyCluster(Situation s) {
        int leaders = s.view().leaderMember().map(Member::timeline).orElse(0);
        return s.config().isStandbyCluster()
                && !s.hasLock()
                && s.local().running()
                && !s.memory().rewind().isPending()
                && leaders != 0
                && s.local().timeline() > leaders
                && !s.answers().divergenceChecked();
    }

    private static boolean isBehindTheLeadersTimeline(Situation s) {
        int leaders = s.view().leaderMember().map(Member::timeline).orElse(0);
        return s.local().running()
                && !s.memory().rewind().isPending()
                && s.local().timeline() != 0
                && s.local().timeline() < leaders
                && !s.answers().divergenceChecked();
    }

    /** The same for this node; the leader of a standby cluster, and its members without leader, follow the remote member. */
    static @Nullable String upstream(Situation s) {
        if (s.tags().nostream()) {
            return null;
        }
        if (s.config().isStandbyCluster() && (s.hasLock() || (s.view().isUnlocked() && !s.isPaused()))) {
            return remote(s);
        }
        return upstream(s.me(), s.tags(), s.view());
    }

    /**
     * Whom the member {@code me} streams from: the member in {@code replicatefrom} if it exists, else the leader; never
     * itself, null for nobody.
     */
    public static @Nullable String upstream(String me, Tags tags, ClusterView view) {
        if (tags.nostream()) {
            return null;
        }
        String wanted = tags.replicatefrom().orElse(null);
        if (wanted != null && !wanted.equals(me) && view.member(wanted).isPresent()) {
            return wanted;
        }
        String leader = view.leaderName();
        return me.equals(leader) ? null : leader;
    }
}

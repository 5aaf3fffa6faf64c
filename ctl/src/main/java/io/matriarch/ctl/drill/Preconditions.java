package io.matriarch.ctl.drill;

import com.google.gson.JsonObject;
import io.matriarch.ctl.operator.MemberAnswers;
import io.matriarch.model.ClusterSummary;
import io.matriarch.model.ClusterSummary.Row;
import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Member;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Whether a cluster can stand a drill. A drill is for a cluster that is well: one that is not has its fault already, and a
 * second one would show nothing but how two faults add up.
 */
final class Preconditions {

    private final Wish wish;
    private final ClusterView view;
    private final MemberAnswers answers;
    private final DynamicConfig config;
    private final List<String> refusals = new ArrayList<>();

    private Preconditions(Wish wish, ClusterView view, MemberAnswers answers) {
        this.wish = wish;
        this.view = view;
        this.answers = answers;
        this.config = view.dynamicConfig();
    }

    /** Why not, in sentences; empty when nothing speaks against it. */
    static List<String> refusals(Wish wish, ClusterView view, MemberAnswers answers) {
        var preconditions = new Preconditions(wish, view, answers);
        preconditions.cluster();
        preconditions.members();
        preconditions.durability();
        return List.copyOf(preconditions.refusals);
    }

    private void cluster() {
        if (view.leaderMember().isEmpty()) {
            refusals.add("nobody leads");
        }
        if (config.isPaused()) {
            refusals.add("the cluster is paused: nobody would take over; patronictl resume");
        }
        if (config.isStandbyCluster()) {
            refusals.add("it is a standby cluster: no client can write there");
        }
        if (view.failover() != null) {
            refusals.add("a switchover or failover is under way, or scheduled; patronictl flush");
        }
    }

    private void members() {
        long limit = wish.limits().lagBytes() == null
                ? config.maximumLagOnFailover()
                : wish.limits().lagBytes();
        Set<Long> timelines = new HashSet<>();
        int fit = 0;
        for (Row row : ClusterSummary.of("", view).members()) {
            String name = row.name();
            JsonObject document = answers.documents().get(name);
            if (document == null) {
                refusals.add(name + " does not answer: " + answers.troubles().getOrDefault(name, "it was not asked"));
                continue;
            }
            Json.integer(document, "timeline").ifPresent(timelines::add);
            if (view.isLeader(name)) {
                if (NodeState.of(document) != NodeState.PRIMARY) {
                    refusals.add("the leader " + name + " is not a running primary");
                }
                continue;
            }
            boolean streams = NodeState.of(document) == NodeState.STREAMING;
            if (!streams) {
                refusals.add(name + " does not stream");
            }
            ClusterSummary.Progress progress = row.progress();
            long lag = progress == null || !progress.overall().isKnown()
                    ? Long.MAX_VALUE
                    : progress.overall().lagBytes();
            if (lag > limit) {
                refusals.add(name
                        + (lag == Long.MAX_VALUE
                                ? " has published no position"
                                : " is " + lag + " bytes behind; at most " + limit + " are allowed"));
            }
            fit += streams && lag <= limit && !row.member().tags().nofailover() ? 1 : 0;
        }
        if (timelines.size() > 1) {
            refusals.add("members are on different timelines: " + timelines);
        }
        if (fit == 0 && wish.fault() != Fault.RESTART) {
            refusals.add("there is no replica that could take over");
        }
        candidate();
    }

    private void candidate() {
        String candidate = wish.candidate();
        if (candidate == null) {
            return;
        }
        Member member = view.member(candidate).orElse(null);
        if (member == null || view.isLeader(candidate) || member.tags().nofailover()) {
            refusals.add(candidate + " is no replica that may take over");
        }
    }

    /** Where a failover may lose what was acknowledged, somebody has to say that it may. */
    private void durability() {
        if (!config.isSynchronous()) {
            if (!wish.fault().isPlanned() && !wish.acceptLoss()) {
                refusals.add("synchronous mode is off: a failover may lose acknowledged rows, also those of your"
                        + " applications; with --accept-loss it is done all the same");
            }
            return;
        }
        if (view.sync().voters().isEmpty()) {
            refusals.add("synchronous mode is on, but no standby is synchronous");
        }
        int left = view.members().size() - 2; // without the leader that is hit and the one that takes over
        if (config.synchronousModeStrict() && wish.fault() != Fault.RESTART && left < config.synchronousNodeCount()) {
            refusals.add("synchronous_mode_strict with " + view.members().size()
                    + " members: commits would wait until the old leader is back");
        }
    }
}

package io.matriarch.agent.rest;

import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.DynamicConfig.SynchronousMode;
import io.matriarch.model.Member;
import io.matriarch.model.PeerStatus;
import io.matriarch.model.TimeText;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Whether a switchover or failover may be asked for: the checks of contract rest-api.md 5.2 in their order, the first
 * failure answers. They tell people early what could not work; the leader decides again when it acts on the request.
 */
final class SwitchoverChecks {

    private SwitchoverChecks() {}

    /** What the checks say. */
    sealed interface Outcome {

        record Refused(Reply reply) implements Outcome {}

        /** Wait until the time comes. */
        record Scheduled(String at) implements Outcome {}

        /** Start at once if one of these members is fit. */
        record AskFirst(List<Member> members) implements Outcome {}
    }

    static Outcome check(SwitchoverRequest request, ClusterView view, DynamicConfig config, Instant now) {
        if (request.failover() && request.candidate() == null) {
            return refused(400, "Failover could be performed only to a specific candidate");
        }
        if (!request.failover() && request.leader() == null) {
            return refused(400, "Switchover could be performed only from a specific leader");
        }
        String at = null;
        if (request.scheduledAt() != null) {
            if (request.failover()) {
                return refused(400, "Failover can't be scheduled");
            }
            if (config.isPaused()) {
                return refused(400, "Can't schedule switchover in the paused state");
            }
            switch (Schedule.parse(request.scheduledAt(), "switchover", now)) {
                case Schedule.Refused(Reply reply) -> {
                    return new Outcome.Refused(reply);
                }
                case Schedule.At(var time) -> at = TimeText.iso(time);
            }
        }
        if (config.isPaused() && request.candidate() == null) {
            return refused(400, "Switchover is possible only to a specific candidate in a paused state");
        }
        if (request.leader() != null && request.leader().equals(request.candidate())) {
            return refused(400, "Switchover target and source are the same");
        }
        return at != null ? new Outcome.Scheduled(at) : candidates(request, view, config);
    }

    private static Outcome candidates(SwitchoverRequest request, ClusterView view, DynamicConfig config) {
        String action = request.action();
        String candidate = request.candidate();
        boolean priority = config.synchronousMode() == SynchronousMode.PRIORITY;
        if (request.leader() != null && !view.isLeader(request.leader())) {
            return refused(412, "leader name does not match");
        }
        if (candidate != null) {
            if (action.equals("switchover") && priority && !view.sync().isVoter(candidate)) {
                return refused(412, "candidate name does not match with sync_standby");
            }
            return view.member(candidate)
                    .<Outcome>map(member -> new Outcome.AskFirst(List.of(member)))
                    .orElseGet(() -> refused(412, "candidate does not exists"));
        }
        List<Member> fit = view.members().values().stream()
                .filter(m -> priority ? view.sync().isVoter(m.name()) : !view.isLeader(m.name()))
                .toList();
        if (!fit.isEmpty()) {
            return new Outcome.AskFirst(fit);
        }
        return refused(
                412,
                priority
                        ? action + " is not possible: can not find sync_standby"
                        : action + " is not possible: cluster does not have members except leader");
    }

    /** The refusal when no member that was asked can take over; null when one can. */
    static @Nullable Reply checkAnswers(SwitchoverRequest request, List<PeerStatus> answers) {
        boolean any = answers.stream()
                .anyMatch(a -> a instanceof PeerStatus.Reachable r && !r.tags().nofailover() && !r.watchdogFailed());
        return any
                ? null
                : Reply.text(
                        412,
                        request.action() + " is not possible: no good candidates have been found"
                                + answers.stream().map(a -> "\n" + describe(a)).collect(Collectors.joining()));
    }

    private static String describe(PeerStatus answer) {
        return switch (answer) {
            case PeerStatus.Unreachable(String member, String reason) -> member + ": not reachable (" + reason + ")";
            case PeerStatus.Reachable r
            when r.tags().nofailover() ->
                r.member() + ": not allowed to promote (tags " + r.tags().values() + ")";
            case PeerStatus.Reachable r -> r.member() + ": not watchdog capable";
        };
    }

    private static Outcome refused(int code, String text) {
        return new Outcome.Refused(Reply.text(code, text));
    }
}

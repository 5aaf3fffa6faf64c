package io.matriarch.engine;

import io.matriarch.engine.LocalPostgres.DataDirectory;
import io.matriarch.engine.Memory.BootstrapPhase;
import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Electorate;
import io.matriarch.model.Json;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PeerStatus;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Revision;
import io.matriarch.model.Role;
import io.matriarch.model.Timing;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What would happen if the leader died at this moment. Nothing is decided by this answer; people read it.
 *
 * <p>The rules themselves are asked, once for each of the other members, with a situation as that member would see it: no
 * leader, and what every member published last in place of what it would answer. So the forecast cannot drift away from
 * the rules, but it is as old as the members' keys are.
 */
public final class LeaderLoss {

    /** More steps than a path to the race has; a member that gets there is shown without an end of its path. */
    private static final int STEP_LIMIT = 20;

    private LeaderLoss() {}

    /**
     * What one member would do.
     *
     * @param takesOver whether it would ask for the lock
     * @param rule the rule that had the last word
     * @param result the line that its cycle would end with; empty when it asks for the lock
     * @param reasons what was compared on the way
     */
    public record Prospect(String member, boolean takesOver, Rule rule, String result, List<Reason> reasons) {
        public Prospect {
            reasons = List.copyOf(reasons);
        }
    }

    /** The prospects of all members but the leader, by name; of all members when there is no leader. */
    public static List<Prospect> foresee(
            ClusterView view, DynamicConfig config, Timing timing, MonotonicTime now, Instant wallClock) {
        String lost = view.leaderName();
        return view.members().values().stream()
                .filter(member -> !member.name().equals(lost))
                .map(member -> follow(situation(member, view, config, timing, now, wallClock), lost))
                .toList();
    }

    private static Prospect follow(Situation first, @Nullable String lost) {
        var reasons = new ArrayList<Reason>();
        Situation s = first;
        Verdict verdict = HaRules.decide(s);
        for (int i = 0; i < STEP_LIMIT; i++) {
            reasons.addAll(verdict.reasons());
            if (verdict.step() instanceof Step.AcquireLock) {
                return new Prospect(s.me(), true, verdict.rule(), "", reasons);
            }
            if (verdict.result() != null) {
                return new Prospect(s.me(), false, verdict.rule(), verdict.result(), reasons);
            }
            s = s.with(answer(verdict.step(), s, lost));
            verdict = HaRules.decide(s);
        }
        return new Prospect(s.me(), false, verdict.rule(), "", reasons);
    }

    private static Answers answer(Step step, Situation s, @Nullable String lost) {
        Answers known = s.answers();
        return switch (step) {
            case Step.AskPeers(var members) ->
                known.withPeers(
                        members.stream().map(name -> published(name, s, lost)).toList());
            case Step.ReloadView(), Step.AwaitLeader() -> known.withViewReloaded();
            case Step.CheckDivergence(var _) -> known.withDivergenceChecked();
            case Step.AskForVotes() -> known.withVotes(votes(s, lost));
            default -> known.withSettled(step);
        };
    }

    /** Of all who are there; in the end they would vote, when what they promised is over. */
    private static Clearance.Votes votes(Situation s, @Nullable String lost) {
        Electorate electorate = s.view().electorate();
        Set<String> there = s.view().members().keySet().stream()
                .filter(name -> !name.equals(lost))
                .collect(Collectors.toSet());
        return new Clearance.Votes(
                electorate.revision(), s.now(), s.timing().ttl(), there, there.contains(electorate.leader()), Set.of());
    }

    private static PeerStatus published(String name, Situation s, @Nullable String lost) {
        Member member = s.knownMembers().get(name);
        if (member == null || name.equals(lost) || !member.isRunning()) {
            return new PeerStatus.Unreachable(name, "it does not run");
        }
        return new PeerStatus.Reachable(
                name,
                member.role().filter(role -> role == Role.PRIMARY).isPresent(),
                member.position(),
                member.timeline(),
                member.tags(),
                Json.bool(member.data(), "watchdog_failed").orElse(false));
    }

    private static Situation situation(
            Member me, ClusterView view, DynamicConfig config, Timing timing, MonotonicTime now, Instant wallClock) {
        return new Situation(
                me.name(),
                me.tags(),
                now,
                wallClock,
                view.withLeader(null),
                view,
                config,
                timing,
                postgres(me, view),
                new Memory(
                        null,
                        false,
                        false,
                        RewindState.INITIAL,
                        false,
                        true,
                        BootstrapPhase.NONE,
                        null,
                        null,
                        null,
                        null,
                        false,
                        Lsn.NONE,
                        Duration.ZERO,
                        null,
                        now.minus(timing.ttl().multipliedBy(2)),
                        WatchdogCondition.READY,
                        null,
                        null,
                        Memory.LeaseMemory.NONE,
                        Revision.NONE),
                Answers.NONE,
                false,
                false,
                0);
    }

    private static LocalPostgres postgres(Member me, ClusterView view) {
        Role role = me.role().orElse(Role.REPLICA);
        return new LocalPostgres(
                DataDirectory.PRESENT,
                "",
                view.initialize(),
                me.isRunning(),
                PostgresState.parse(me.state()).orElse(PostgresState.STOPPED),
                role,
                me.isRunning() && role == Role.PRIMARY,
                me.timeline(),
                me.position(),
                me.replicationState().filter("streaming"::equals).isPresent(),
                "",
                false,
                false,
                false,
                false,
                false);
    }
}

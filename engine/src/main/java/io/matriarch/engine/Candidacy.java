package io.matriarch.engine;

import io.matriarch.model.FailoverRequest;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.PeerStatus;
import io.matriarch.model.SyncState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who may promote: may this node take the lock of a cluster without leader? (contract ha-loop.md 8.2–8.4)
 *
 * <p>The intuition: take it only when nobody who is known, and who may lead, is still a primary or holds more WAL than
 * we do, and, in synchronous mode, only when we are sure to hold every acknowledged commit. Whoever does not answer does
 * not count, because the dead must not keep the living from leading.
 */
final class Candidacy {

    private Candidacy() {}

    /** The answer, or what is missing for one. */
    sealed interface Decision {}

    record Yes(List<Reason> reasons) implements Decision {}

    record No(List<Reason> reasons) implements Decision {}

    /** These members must be asked first. */
    record Ask(List<String> members) implements Decision {}

    /** A stale request must be cleared first. */
    record Clear(FailoverRequest request, List<Reason> reasons) implements Decision {}

    static Decision decide(Situation s) {
        Memory.NoRace forbidden = s.memory().noRace();
        if (forbidden != null && s.now().isBefore(forbidden.until())) {
            return no(Reason.info(
                    switch (forbidden.why()) {
                        case SCRIPT ->
                            "backoff: skip leader race after pre_promote script failure and releasing the lock"
                                    + " voluntarily";
                        case SERVER ->
                            "backoff: skip leader race after a promotion that PostgreSQL did not live through";
                    }));
        }
        Reason promised = s.local().primaryHere() ? null : failsafe(s);
        if (promised != null) {
            return no(promised);
        }
        Reason lost = s.local().primaryHere() ? null : LostStore.mayBeLed(s);
        if (lost != null) {
            return no(lost);
        }
        FailoverRequest request = s.view().failover();
        if (s.isPaused() && !s.tags().nofailover() && request != null && request.scheduledAt() == null) {
            return onRequest(s, request);
        }
        if (s.local().state().isStartingOrStopping()) {
            return no();
        }
        if (s.local().primaryHere()) {
            return runningPrimary(s);
        }
        if (s.local().mayAcceptWrites() && !s.isPaused()) {
            return no(Reason.info("a promotion is under way here that belongs to a lease of before"));
        }
        if (s.isPaused() || s.tags().nofailover()) {
            return no();
        }
        if (request != null) {
            return mayLackCommits(s, request, s.me())
                    ? no(Reason.info("switchover: " + s.me() + " is not in the synchronous set"))
                    : onRequest(s, request);
        }
        if (s.memory().watchdog() == WatchdogCondition.UNUSABLE) {
            return no(Reason.warning("Watchdog device is not usable"));
        }
        Reason unreachable = ApiRules.othersFirst(s);
        if (unreachable != null) {
            return no(unreachable);
        }
        if (s.isSyncActive()) {
            SyncState sync = s.view().sync();
            if (!s.isQuorumActive() && !sync.isMember(s.me())) {
                return no(Reason.info(
                        s.me() + " is not in the synchronous set " + sync.voters() + " of leader " + sync.leader()));
            }
        }
        return compare(s, comparable(s, null), true);
    }

    /**
     * 8.2.8: nobody asks a node outside the failsafe map, so it may not lead. And an agent that has just started does not
     * know whether its predecessor promised a primary not to race; after {@code ttl} no such promise is left. No request of
     * an operator changes that: he may see no leader while one leads by consent.
     */
    private static @Nullable Reason failsafe(Situation s) {
        Reason started = started(s);
        if (started != null) {
            return started;
        }
        var map = failsafeMap(s);
        if (isOutsideFailsafeMap(s, s.me())) {
            return Reason.info(s.me() + " is not in the failsafe map " + map.keySet())
                    .because("only these are asked whether a leader may lead on without the store. When it is certain"
                            + " that no primary runs and none of them will lead, let all members race: "
                            + (s.view().config() == null
                                    ? "delete the key failsafe in the store"
                                    : "patronictl edit-config -s failsafe_mode=false"));
        }
        Duration running = s.now().since(s.memory().startedAt());
        Duration earlier = s.memory().lease().earlier();
        Duration ttl = s.timing().ttl();
        Duration left = (earlier.compareTo(ttl) > 0 ? earlier : ttl).minus(running);
        return map.size() > 1 && left.isPositive()
                ? Reason.info("failsafe mode: started " + running.toSeconds() + " seconds ago; before that " + s.me()
                        + " may have promised a primary not to race, " + left.toSeconds() + " seconds left")
                : null;
    }

    /** The same for promises to the leader of an electorate (decision 0016). */
    private static @Nullable Reason started(Situation s) {
        if (!s.view().electorate().binds(s.me())) {
            return null;
        }
        Duration running = s.now().since(s.memory().startedAt());
        Duration left = s.memory().lease().earlier().minus(running);
        return left.isPositive()
                ? Reason.info("started " + running.toSeconds() + " seconds ago; before that " + s.me()
                        + " may have promised a primary not to follow it, " + (left.toSeconds() + 1) + " seconds left")
                : null;
    }

    /** Who is asked in failsafe mode; empty when it is off or nobody leads by it. */
    private static Map<String, String> failsafeMap(Situation s) {
        var map = s.view().failsafe();
        return s.config().failsafeMode() && map != null ? map : Map.of();
    }

    private static boolean isOutsideFailsafeMap(Situation s, String name) {
        var map = failsafeMap(s);
        return !map.isEmpty() && !map.containsKey(name);
    }

    /** A switchover promises to lose nothing, so it may not end at a node outside the synchronous set. */
    private static boolean mayLackCommits(Situation s, FailoverRequest request, String name) {
        return request.leader() != null && s.isSyncActive() && !s.view().sync().isMember(name);
    }

    /** Why the candidate itself will not race, by the rules that {@link #decide} holds against it; nobody waits for it then. */
    private static @Nullable String standsBack(Situation s, FailoverRequest request, String candidate) {
        if (isOutsideFailsafeMap(s, candidate)) {
            return "not in the failsafe map " + failsafeMap(s).keySet();
        }
        return mayLackCommits(s, request, candidate) ? "not in the synchronous set" : null;
    }

    /**
     * 8.2.4: a running primary keeps what it has, unless its timeline is old. In pause its timeline is the operator's affair;
     * but only a request for this very node brings the lock to an {@link OutdatedPrimary}.
     */
    private static Decision runningPrimary(Situation s) {
        int clusterTimeline = s.view().history().clusterTimeline();
        boolean behind = s.local().timeline() < clusterTimeline;
        Reason old = Reason.warning(
                "My timeline " + s.local().timeline() + " is behind last known cluster timeline " + clusterTimeline);
        if (!s.isPaused()) {
            return behind ? no(old) : yes();
        }
        String initialize = s.view().initialize();
        if (initialize != null
                && !initialize.isEmpty()
                && !initialize.equals(s.local().systemIdentifier())) {
            return no();
        }
        return OutdatedPrimary.is(s.view(), s.config(), s.me(), s.local().timeline())
                ? no(old.because("commits that " + s.view().sync().leader()
                        + " acknowledged in synchronous mode are not here. To lead with"
                        + " this server nevertheless: patronictl failover --candidate " + s.me()))
                : yes();
    }

    /** 8.4: an operator asked for a candidate, or for anybody but the old leader. */
    private static Decision onRequest(Situation s, FailoverRequest request) {
        String candidate = request.candidate();
        if (s.me().equals(candidate)) {
            return yes();
        }
        if (s.isPaused()) {
            if (candidate != null
                    && s.view().member(candidate).isEmpty()
                    && s.local().primaryHere()) {
                return new Clear(
                        request,
                        List.of(Reason.warning(request.action()
                                + ": removing failover key because failover candidate is not running")));
            }
            return no();
        }
        var reasons = new ArrayList<Reason>();
        boolean prioritySync = s.isSyncActive() && !s.isQuorumActive();
        if (candidate != null) {
            if (prioritySync && !s.view().sync().isMember(s.me())) {
                return no(Reason.info(request.action() + ": " + s.me() + " is not in the synchronous set"));
            }
            Member member = s.view().member(candidate).orElse(null);
            if (member != null) {
                PeerStatus status = s.answers().peers().get(candidate);
                String unusable = standsBack(s, request, candidate);
                if (unusable == null && status == null && member.apiUrl().isPresent()) {
                    return new Ask(List.of(candidate));
                }
                if (unusable == null) {
                    unusable = PeerCheck.unusable(status);
                }
                if (unusable == null) {
                    return no(Reason.info(request.action() + ": to " + candidate + ", i am " + s.me()));
                }
                reasons.add(Reason.warning(request.action() + ": member " + candidate + " is " + unusable));
            }
        }
        if (s.me().equals(request.leader())) {
            return switch (FailoverPossible.checkIgnoringCandidate(s)) {
                case FailoverPossible.Ask(var members) -> new Ask(members);
                case FailoverPossible.Yes(var why) -> noAfter(reasons, why);
                case FailoverPossible.No(var why) -> yesAfter(reasons, why);
            };
        }
        return switch (compare(s, comparable(s, request.leader()), false)) {
            case Yes(var why) -> yesAfter(reasons, why);
            case No(var why) -> noAfter(reasons, why);
            case Ask ask -> ask;
            case Clear clear -> clear;
        };
    }

    /** Whom to compare with: in active synchronous mode the members of the sync state, otherwise all that are known. */
    private static Collection<Member> comparable(Situation s, @Nullable String except) {
        return s.knownMembers().values().stream()
                .filter(m -> !m.name().equals(s.me()) && !m.name().equals(except))
                .filter(m -> !s.isSyncActive() || s.view().sync().isMember(m.name()))
                .toList();
    }

    /** 8.3 */
    private static Decision compare(Situation s, Collection<Member> others, boolean checkLag) {
        Lsn mine = s.local().position();
        if (checkLag && s.view().status().optime().bytesAfter(mine) > s.config().maximumLagOnFailover()) {
            Lsn optime = s.view().status().optime();
            return no(Reason.info("My wal position exceeds maximum replication lag")
                    .because("I am at " + mine + ", " + optime.bytesAfter(mine) + " bytes behind " + optime
                            + "; maximum_lag_on_failover is " + s.config().maximumLagOnFailover()));
        }
        if (s.config().checkTimeline() && !s.config().isStandbyCluster()) {
            int clusterTimeline = s.view().history().clusterTimeline();
            if (s.local().timeline() == 0) {
                return no(Reason.info("Can not figure out my timeline"));
            }
            if (s.local().timeline() < clusterTimeline) {
                return no(Reason.info("My timeline " + s.local().timeline() + " is behind last known cluster timeline "
                        + clusterTimeline));
            }
        }
        boolean quorum = s.isQuorumActive();
        List<Member> polled = others.stream()
                .filter(m -> m.apiUrl().isPresent())
                .filter(m -> quorum || LostStore.is(s) || !m.tags().nofailover())
                .toList();
        List<String> missing = polled.stream()
                .map(Member::name)
                .filter(name -> !s.answers().peers().containsKey(name))
                .toList();
        return missing.isEmpty() ? judge(s, polled, quorum) : new Ask(missing);
    }

    private static Decision judge(Situation s, Collection<Member> polled, boolean quorum) {
        Lsn mine = s.local().position();
        SyncState sync = s.view().sync();
        var reasons = new ArrayList<Reason>();
        int votes = sync.isMember(s.me()) ? 0 : -1;
        boolean nobodyAhead = true;
        for (Member member : polled) {
            PeerStatus status = s.answers().peers().get(member.name());
            Reason mayHoldMore = LostStore.mayHoldMore(s, member.name(), status);
            if (mayHoldMore != null) {
                return noAfter(reasons, List.of(mayHoldMore));
            }
            if (PeerCheck.unusable(status) != null || !(status instanceof PeerStatus.Reachable peer)) {
                continue;
            }
            String name = member.name();
            if (peer.isPrimary()) {
                return noAfter(reasons, List.of(Reason.warning("Primary (" + name + ") is still alive")));
            }
            if (s.isSyncActive()
                    && sync.isMember(name)
                    && peer.timeline() > s.local().timeline()) {
                // Positions of different timelines say nothing: this node may have WAL that nobody else ever got.
                return noAfter(
                        reasons,
                        List.of(Reason.info("Timeline " + peer.timeline() + " of " + name
                                + ", which the sync key names, is ahead of my timeline "
                                + s.local().timeline())));
            }
            boolean older = isOlder(s, peer);
            if (older && peer.position().isAfter(mine)) {
                reasons.add(Reason.info("Ignoring " + name + " being ahead of us: timeline " + peer.timeline()
                        + " is behind my timeline " + s.local().timeline()));
            } else if (peer.position().isAfter(mine)) {
                if (s.isSyncActive() && sync.isLeader(name)) {
                    reasons.add(Reason.info("Ignoring the former leader being ahead of us"));
                } else if (isOutsideFailsafeMap(s, name) && !mayHoldMore(s, name)) {
                    reasons.add(Reason.info("Ignoring " + name + " being ahead of us: it is not in the failsafe map "
                            + failsafeMap(s).keySet() + " and may not lead"));
                } else {
                    nobodyAhead = false;
                    if (!quorum) {
                        return noAfter(
                                reasons,
                                List.of(Reason.info("Wal position of " + name + " is ahead of my wal position")
                                        .because("it is at " + peer.position() + ", I am at " + mine)));
                    }
                    reasons.add(Reason.info("Wal position of " + name + " is ahead of my wal position"));
                }
                continue;
            }
            if (quorum && peer.position().isKnown() && peer.timeline() > 0 && sync.isMember(name)) {
                reasons.add(Reason.info("Got quorum vote from " + name));
                votes++;
            }
            if (peer.position().isKnown() && peer.position().equals(mine)) {
                Reason higher = higherPriority(s, peer);
                if (higher != null && isFormerLeader(s, name)) {
                    reasons.add(Reason.info("Ignoring former leader " + name + " having priority "
                            + peer.tags().failoverPriority() + " higher than this nodes "
                            + s.tags().failoverPriority() + " priority"));
                } else if (higher != null
                        && !older
                        && !isOutsideFailsafeMap(s, name)
                        && !(quorum && !sync.isVoter(name))) {
                    return noAfter(reasons, List.of(higher));
                }
            }
        }
        if (!nobodyAhead) {
            return new No(reasons);
        }
        if (quorum && votes < sync.quorum() && !sync.isLeader(s.me())) {
            return noAfter(
                    reasons, List.of(Reason.info("Got " + votes + " quorum votes, " + sync.quorum() + " are needed")));
        }
        return new Yes(reasons);
    }

    /** In quorum mode: whether commits may be promised by its copy. The leader of the key holds them all itself. */
    private static boolean mayHoldMore(Situation s, String name) {
        SyncState sync = s.view().sync();
        return s.isQuorumActive() && sync.isMember(name) && !sync.isLeader(s.me());
    }

    /**
     * Whoever was never on our timeline holds no commit of it, and what it wrote beyond the end of its own one is lost anyway.
     * A node shows a timeline only when it has replayed what leads to it, so timeline and position together are what term and
     * index are to other elections. Where timelines are not looked at (asynchronous, without {@code check_timeline}), more
     * WAL wins, as with Patroni.
     */
    private static boolean isOlder(Situation s, PeerStatus.Reachable peer) {
        boolean matters = s.config().checkTimeline()
                || LostStore.is(s)
                || (s.isSyncActive() && s.view().sync().isMember(peer.member()));
        return matters && peer.timeline() > 0 && peer.timeline() < s.local().timeline();
    }

    private static @Nullable Reason higherPriority(Situation s, PeerStatus.Reachable peer) {
        int theirs = peer.tags().failoverPriority();
        int mine = s.tags().failoverPriority();
        return theirs > mine
                ? Reason.info(peer.member() + " has equally tolerable WAL position and priority " + theirs
                        + ", while this node has priority " + mine)
                : null;
    }

    private static boolean isFormerLeader(Situation s, String name) {
        return s.isSyncActive() ? s.view().sync().isLeader(name) : s.ledView().isLeader(name);
    }

    private static Decision yes() {
        return new Yes(List.of());
    }

    private static Decision no(Reason... reasons) {
        return new No(List.of(reasons));
    }

    private static Decision yesAfter(List<Reason> first, List<Reason> then) {
        return new Yes(join(first, then));
    }

    private static Decision noAfter(List<Reason> first, List<Reason> then) {
        return new No(join(first, then));
    }

    private static List<Reason> join(List<Reason> first, List<Reason> then) {
        var all = new ArrayList<>(first);
        all.addAll(then);
        return all;
    }
}

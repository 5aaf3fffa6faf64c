package io.matriarch.ctl.backup;

import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.patroni.Cluster;
import io.matriarch.ctl.patroni.MemberApi;
import io.matriarch.ctl.patroni.Session;
import io.matriarch.http.RestResult;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Coercion;
import io.matriarch.model.ConfigKey;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.Member;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.ReservedTimeline;
import io.matriarch.store.Expectation;
import io.matriarch.store.WriteOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a restore asks of the cluster's agents, through the store and their REST APIs, each of them the way people do it: pause,
 * restart, reinitialize. Agents on other hosts, and of Patroni, take part without knowing of restores.
 */
final class ClusterControl {

    private static final Duration POLL = Duration.ofSeconds(1);

    /** Starting a large server, or one that has much to replay. */
    private static final Duration RESTART_LIMIT = Duration.ofHours(2);

    /** The cycles of agents plus what their stores need. */
    private static final Duration REACTION = Duration.ofSeconds(60);

    /** A person may have to start the agent. */
    private static final Duration AGENT_LIMIT = Duration.ofMinutes(30);

    /** What pg_rewind gets before a member is copied anew. */
    private static final Duration REWIND_GRACE = Duration.ofSeconds(90);

    private static final Duration MEMBERS_LIMIT = Duration.ofDays(14);

    private final Session session;
    private final Cluster cluster;
    private final String me;
    private final Progress progress;

    ClusterControl(Session session, Cluster cluster, String me, Progress progress) {
        this.session = session;
        this.cluster = cluster;
        this.me = me;
        this.progress = progress;
    }

    ClusterView view() throws CommandFailure {
        return cluster.load();
    }

    /** Sets or ends the pause, and waits until every member that lives says that it knows. */
    void setPause(boolean pause) throws CommandFailure, InterruptedException {
        change(Key.CONFIG, () -> {
            ConfigKey key = view().config();
            JsonObject document =
                    key == null ? new JsonObject() : key.config().document().deepCopy();
            if (pause) {
                document.addProperty("pause", true);
            } else {
                document.remove("pause");
            }
            Expectation expected = key == null ? Expectation.ABSENT : Expectation.unchanged(key.revision());
            return new Write(Json.compact(document), expected);
        });
        MonotonicTime deadline =
                session.time().now().plus(loopWait().multipliedBy(2)).plus(REACTION);
        List<String> unaware = unaware(pause);
        while (!unaware.isEmpty() && session.time().now().isBefore(deadline)) {
            session.time().sleep(POLL);
            unaware = unaware(pause);
        }
        if (pause && !unaware.isEmpty()) {
            throw new CommandFailure("These members do not know of the pause: " + String.join(", ", unaware)
                    + ". Look at their agents, then go on with --resume");
        }
    }

    private List<String> unaware(boolean pause) throws CommandFailure {
        return view().members().values().stream()
                .filter(member -> member.apiUrl().isPresent() && member.pause() != pause)
                .map(Member::name)
                .toList();
    }

    private Duration loopWait() throws CommandFailure {
        var value = view().dynamicConfig().document().get("loop_wait");
        return Duration.ofSeconds(value == null ? 10 : Coercion.integer(value).orElse(10L));
    }

    /** A value and what must hold for it. */
    private record Write(String value, Expectation expected) {}

    @FunctionalInterface
    private interface Attempt {
        Write prepare() throws CommandFailure;
    }

    private static final int ATTEMPTS = 10;

    /** Compare and set, again while others write, too. */
    private void change(Key key, Attempt attempt) throws CommandFailure, InterruptedException {
        String trouble = "";
        for (int i = 0; i < ATTEMPTS; i++) {
            Write write = attempt.prepare();
            switch (cluster.store().put(key, write.value(), write.expected())) {
                case WriteOutcome.Applied _ -> {
                    return;
                }
                case WriteOutcome.Refused(String reason) -> trouble = reason;
                case WriteOutcome.Unknown(String reason) -> trouble = reason;
            }
            session.time().sleep(POLL);
        }
        throw new CommandFailure("The store did not take " + key.path() + ": " + trouble);
    }

    /** Takes a number for a timeline that nobody has, as a promotion does; at least {@code least}. */
    int reserveTimeline(int least) throws CommandFailure, InterruptedException {
        var taken = new int[1];
        change(Key.RESERVED_TIMELINE, () -> {
            ClusterView view = view();
            ReservedTimeline key = view.reservedTimeline();
            int members = view.members().values().stream()
                    .mapToInt(Member::timeline)
                    .max()
                    .orElse(0);
            taken[0] = Math.max(
                    least,
                    Math.max(Math.max(key.timeline(), members), view.history().clusterTimeline()) + 1);
            Expectation expected =
                    key.revision().exists() ? new Expectation.Version(key.revision()) : Expectation.ABSENT;
            return new Write(new ReservedTimeline(taken[0], me, key.revision()).toJson(), expected);
        });
        return taken[0];
    }

    /** Whether nobody has taken a higher number since. */
    boolean isNewest(int timeline) throws CommandFailure {
        return view().reservedTimeline().timeline() == timeline;
    }

    // ---- a new cluster

    /** Takes {@code initialize} of a cluster that does not exist; what we took before counts. */
    void claim() throws CommandFailure {
        ClusterView view = view();
        if (view.leaderName() != null || view.hasValidInitialize()) {
            throw new CommandFailure(
                    "The cluster " + cluster.name() + " exists already in the store (system identifier "
                            + view.initialize() + "): a restore into a new cluster needs a scope that nobody uses");
        }
        if (view.initialize() == null
                && !cluster.store().put(Key.INITIALIZE, "", Expectation.ABSENT).isApplied()) {
            throw new CommandFailure("The store did not let us begin the cluster " + cluster.name());
        }
    }

    /** Enters the identity of a new cluster, and its first dynamic configuration if it has none. */
    void publish(String identity, JsonObject dynamic, int timeline) throws CommandFailure, InterruptedException {
        change(Key.INITIALIZE, () -> new Write(identity, Expectation.ANY));
        if (view().config() == null && !dynamic.isEmpty()) {
            change(Key.CONFIG, () -> new Write(Json.compact(dynamic), Expectation.ABSENT));
        }
        reserveTimeline(timeline);
    }

    /** Gives up what {@link #claim} took. */
    void unclaim() throws CommandFailure {
        if ("".equals(view().initialize())) {
            cluster.store().delete(Key.INITIALIZE, Expectation.ANY);
        }
    }

    // ---- this node

    /** Waits until nobody holds the leader key; another holder than this node ends the restore. */
    void awaitNoLeader() throws CommandFailure, InterruptedException {
        MonotonicTime deadline = session.time().now().plus(REACTION.multipliedBy(2));
        while (session.time().now().isBefore(deadline)) {
            String leader = view().leaderName();
            if (leader == null) {
                return;
            }
            if (!leader.equals(me)) {
                throw new CommandFailure(leader + " has become the leader meanwhile, so the cluster goes on without the"
                        + " restored data. Give the restore up with --rollback, or stop " + leader
                        + " and go on with --resume");
            }
            session.time().sleep(POLL);
        }
        throw new CommandFailure("This node still holds the leader key although its PostgreSQL is stopped: look at its"
                + " agent, then go on with --resume");
    }

    /** Lets this node's agent start PostgreSQL, and waits until it leads. In pause it takes the key as the only primary. */
    void startAsLeader() throws CommandFailure, InterruptedException {
        Member own = awaitAgent();
        if (!me.equals(view().leaderName())) {
            var body = new JsonObject();
            RestResult result = session.members().call("POST", own, "restart", body, RESTART_LIMIT);
            switch (result) {
                case RestResult.Answer(int status, String text, var _) -> {
                    if (status != 200) {
                        throw new CommandFailure("The agent of this node could not start PostgreSQL (" + status + " "
                                + text + "): look at its log, then go on with --resume");
                    }
                }
                case RestResult.Failed(String reason, boolean _) ->
                    throw new CommandFailure(
                            "The agent of this node does not answer: " + reason + ". Then go on with --resume");
            }
        }
        MonotonicTime deadline =
                session.time().now().plus(loopWait().multipliedBy(2)).plus(REACTION);
        while (!me.equals(view().leaderName())) {
            if (!session.time().now().isBefore(deadline)) {
                throw new CommandFailure(
                        "PostgreSQL runs, but this node did not take the leader key: look at its agent's"
                                + " log, then go on with --resume");
            }
            session.time().sleep(POLL);
        }
    }

    private Member awaitAgent() throws CommandFailure, InterruptedException {
        MonotonicTime deadline = session.time().now().plus(AGENT_LIMIT);
        boolean told = false;
        while (session.time().now().isBefore(deadline)) {
            Member own = view().member(me).orElse(null);
            if (own != null && own.apiUrl().isPresent()) {
                return own;
            }
            if (!told) {
                progress.say("The agent of this node is not in the cluster; start it. Waiting for it");
                told = true;
            }
            session.time().sleep(POLL);
        }
        throw new CommandFailure("The agent of this node does not come; start it, then go on with --resume");
    }

    // ---- the others

    /**
     * Waits until all other members that live follow on a timeline. They rewind by themselves where they may; who cannot, or
     * does not get there, is copied anew.
     *
     * @param delta whether to wait for a rewind at all
     */
    void awaitMembers(int timeline, boolean delta) throws CommandFailure, InterruptedException {
        MonotonicTime begin = session.time().now();
        Set<String> asked = new HashSet<>();
        String shown = "";
        while (true) {
            ClusterView view = view();
            if (!me.equals(view.leaderName())) {
                throw new CommandFailure("This node has lost the leader key to " + view.leaderName()
                        + ": look at the agents, then go on with --resume");
            }
            List<Member> behind = behind(view, timeline);
            if (behind.isEmpty()) {
                return;
            }
            String names = behind.stream().map(Member::name).collect(Collectors.joining(", "));
            if (!names.equals(shown)) {
                shown = names;
                progress.say("Waiting for " + names);
            }
            Duration passed = session.time().now().since(begin);
            if (passed.compareTo(MEMBERS_LIMIT) > 0) {
                throw new CommandFailure("These members do not follow: " + names);
            }
            if (!delta || passed.compareTo(REWIND_GRACE) > 0) {
                for (Member member : behind) {
                    if (!asked.contains(member.name()) && reinitialize(member)) {
                        asked.add(member.name());
                    }
                }
            }
            session.time().sleep(POLL);
        }
    }

    private List<Member> behind(ClusterView view, int timeline) {
        var behind = new ArrayList<Member>();
        for (Member member : view.membersExcept(me)) {
            boolean follows = member.isRunning()
                    && member.timeline() == timeline
                    && "streaming".equals(member.replicationState().orElse(null));
            if (member.apiUrl().isPresent() && !follows) {
                behind.add(member);
            }
        }
        return behind;
    }

    private boolean reinitialize(Member member) throws CommandFailure {
        if (member.state().equals("creating replica")) {
            return true;
        }
        var body = new JsonObject();
        body.addProperty("force", true);
        body.addProperty("from_leader", true);
        RestResult result = session.members().call("POST", member, "reinitialize", body, MemberApi.SHORT);
        progress.say("Copying " + member.name() + " anew" + trouble(result));
        return result instanceof RestResult.Answer(int status, var _, var _) && status == 200;
    }

    private static String trouble(RestResult result) {
        return switch (result) {
            case RestResult.Answer(int status, String body, var _) -> status == 200 ? "" : ": " + status + " " + body;
            case RestResult.Failed(String reason, boolean _) -> ": " + reason;
        };
    }

    /** The leader's timeline, else what the store remembers; 0 when nobody knows. */
    int timeline() throws CommandFailure {
        ClusterView view = view();
        int leaders = view.leaderMember().map(Member::timeline).orElse(0);
        return leaders != 0 ? leaders : view.history().clusterTimeline();
    }

    @Nullable
    Member leader() throws CommandFailure {
        return view().leaderMember().orElse(null);
    }
}

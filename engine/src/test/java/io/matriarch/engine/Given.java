package io.matriarch.engine;

import com.google.gson.JsonObject;
import io.matriarch.engine.LocalPostgres.DataDirectory;
import io.matriarch.engine.Memory.ApiSilence;
import io.matriarch.engine.Memory.BootstrapPhase;
import io.matriarch.engine.Memory.LeaseMemory;
import io.matriarch.model.ClusterStatus;
import io.matriarch.model.ClusterView;
import io.matriarch.model.ConfigKey;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Electorate;
import io.matriarch.model.FailoverRequest;
import io.matriarch.model.History;
import io.matriarch.model.Json;
import io.matriarch.model.LeaderKey;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PeerStatus;
import io.matriarch.model.PostgresState;
import io.matriarch.model.ReservedTimeline;
import io.matriarch.model.Revision;
import io.matriarch.model.Role;
import io.matriarch.model.SyncState;
import io.matriarch.model.Tags;
import io.matriarch.model.Timing;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A situation in words. Starts as: three members n0, n1, n2; this node is n1, a streaming replica at position 1000; the
 * cluster is initialised and unlocked, n0 led last. Each method changes one thing.
 */
final class Given {

    static final String SYSTEM = "7711511906616872452";

    private String me = "n1";
    private JsonObject tags = new JsonObject();
    private @Nullable String initialize = SYSTEM;
    private @Nullable String leader;
    private long optime = 1000;
    private final Map<String, Lsn> publishedSlots = new LinkedHashMap<>();
    private final List<String> retainedSlots = new ArrayList<>();
    private final Map<String, Member> members = new LinkedHashMap<>();
    private @Nullable FailoverRequest request;
    private SyncState sync = SyncState.EMPTY;
    private History history = new History(List.of(), true);
    private JsonObject config = Json.parseObject("{\"ttl\":30}").orElseThrow();

    private DataDirectory data = DataDirectory.PRESENT;
    private @Nullable String systemIdentifier = SYSTEM;
    private boolean running = true;
    private PostgresState state = PostgresState.RUNNING;
    private Role role = Role.REPLICA;
    private boolean primaryHere;
    private int timeline = 1;
    private long position = 1000;
    private String control = "";
    private boolean backupLabel;
    private boolean rewindUsable;
    private boolean removeWhenDiverged;

    private @Nullable String task;
    private boolean cancellable;
    private boolean startAttempted;
    private RewindState rewind = RewindState.INITIAL;
    private boolean crashRecoveryDone;
    private boolean callbackCalled = true;
    private BootstrapPhase bootstrap = BootstrapPhase.NONE;
    private Memory.@Nullable FailedPromotion failedPromotion;
    private Memory.@Nullable NoRace noRace;
    private @Nullable MonotonicTime leaderMissingSince;
    private Lsn previousPosition = Lsn.NONE;
    private Duration startingFor = Duration.ZERO;
    private @Nullable String interrupted;
    private @Nullable ApiSilence apiSilence;
    private Revision syncWhenWon = Revision.NONE;
    private Electorate electorate = Electorate.NONE;
    private LeaseMemory lease = LeaseMemory.NONE;
    private boolean mayBootstrap = true;
    private WatchdogCondition watchdog = WatchdogCondition.READY;
    private Duration startedBefore = Duration.ofHours(1);
    private @Nullable Map<String, String> failsafe;
    private boolean storeLost;
    private boolean lockTakenUnaware;
    private ReservedTimeline reservedTimeline = ReservedTimeline.NONE;
    private @Nullable MonotonicTime storeLostSince;
    private boolean clusterSeen = true;
    private @Nullable Set<String> lastSeen;
    /** The number of a timeline is one row's subject; the others have it. */
    private Answers answers = Answers.NONE.withTimelineReserved(LockOutcome.APPLIED);

    private Given() {
        member("n0", "primary", "running", 1000);
        member("n1", "replica", "running", 1000);
        member("n2", "replica", "running", 1000);
    }

    static Given replica() {
        return new Given();
    }

    /** This node is n1, a running primary with the lock. */
    static Given leader() {
        Given g = new Given();
        g.leader = "n1";
        g.role = Role.PRIMARY;
        g.primaryHere = true;
        g.rewind = RewindState.CHECKPOINT_CONFIRMED;
        return g;
    }

    Given member(String name, String role, String state, long position, String... tagsJson) {
        var o = new JsonObject();
        o.addProperty("conn_url", "postgres://" + name + ":5432/postgres");
        o.addProperty("api_url", "http://" + name + ":8008/patroni");
        o.addProperty("state", state);
        o.addProperty("role", role);
        o.addProperty("xlog_location", position);
        if (tagsJson.length > 0) {
            o.add("tags", Json.parseObject(tagsJson[0]).orElseThrow());
        }
        members.put(name, new Member(name, o));
        return this;
    }

    /** This member says that it is on this timeline. */
    Given onTimeline(String name, int timeline) {
        JsonObject data = members.get(name).data().deepCopy();
        data.addProperty("timeline", timeline);
        members.put(name, new Member(name, data));
        return this;
    }

    Given leaderIs(@Nullable String name) {
        leader = name;
        return this;
    }

    Given reservedTimeline(int number) {
        reservedTimeline = new ReservedTimeline(number, me, new Revision(4));
        return this;
    }

    Given lockTakenUnaware() {
        lockTakenUnaware = true;
        return this;
    }

    /** Neither configuration nor identity is left; it has been so for so long. */
    Given storeLost(Duration missing) {
        storeLost = true;
        storeLostSince = new MonotonicTime(missing.negated().toNanos());
        initialize = null;
        return this;
    }

    /** When somebody led last, these members were there. */
    Given lastSeen(String... names) {
        lastSeen = Set.of(names);
        return this;
    }

    private Map<String, Member> lastSeen(Map<String, Member> present) {
        var seen = new LinkedHashMap<>(present);
        if (lastSeen != null) {
            seen.keySet().retainAll(lastSeen);
        }
        return seen;
    }

    /** This agent has never seen what the store once held. */
    Given clusterNeverSeen() {
        clusterSeen = false;
        return this;
    }

    Given uninitialized() {
        initialize = null;
        members.clear();
        return this;
    }

    Given initialize(@Nullable String value) {
        initialize = value;
        return this;
    }

    Given config(String json) {
        config = Json.parseObject(json).orElseThrow();
        return this;
    }

    Given paused() {
        config.addProperty("pause", true);
        return this;
    }

    Given sync(String leaderName, String... voters) {
        return quorumSync(0, leaderName, voters);
    }

    Given quorumSync(int quorum, String leaderName, String... voters) {
        sync = new SyncState(leaderName, quorum, List.of(voters), new Revision(7));
        return this;
    }

    Given request(@Nullable String from, @Nullable String to) {
        request = new FailoverRequest(from, to, null, new Revision(5));
        return this;
    }

    Given requestAt(String from, String time) {
        request = new FailoverRequest(from, null, time, new Revision(5));
        return this;
    }

    Given clusterTimeline(int n) {
        history = new History(List.of(new History.Entry(n - 1, new Lsn(1), "", null, null)), true);
        return this;
    }

    Given optime(long n) {
        optime = n;
        return this;
    }

    /** The leader published this slot's position. */
    Given published(String slot, long at) {
        publishedSlots.put(slot, new Lsn(at));
        return this;
    }

    Given retained(String slot) {
        retainedSlots.add(slot);
        return this;
    }

    Given tags(String json) {
        tags = Json.parseObject(json).orElseThrow();
        return this;
    }

    Given at(long n) {
        position = n;
        return this;
    }

    Given timeline(int n) {
        timeline = n;
        return this;
    }

    Given primaryHere() {
        primaryHere = true;
        role = Role.PRIMARY;
        return this;
    }

    /** Still, or again, in recovery. */
    Given recovering(Role r) {
        primaryHere = false;
        role = r;
        return this;
    }

    Given role(Role r) {
        role = r;
        return this;
    }

    Given state(PostgresState s) {
        state = s;
        return this;
    }

    /** PostgreSQL is gone; pg_control says this. */
    Given down(PostgresState s, String controlState) {
        running = false;
        state = s;
        control = controlState;
        primaryHere = false;
        return this;
    }

    /** {@code backup_label} is there, and the server will deal with it. */
    Given backupLabel() {
        backupLabel = true;
        return this;
    }

    Given emptyDirectory() {
        data = DataDirectory.EMPTY;
        systemIdentifier = null;
        running = false;
        state = PostgresState.STOPPED;
        role = Role.UNINITIALIZED;
        return this;
    }

    /** PostgreSQL runs and does not answer queries. */
    Given silent() {
        timeline = 0;
        position = 0;
        return this;
    }

    /** The directory cannot be read any more under a server that runs. */
    Given inaccessibleDirectory() {
        data = DataDirectory.INACCESSIBLE;
        systemIdentifier = null;
        return this;
    }

    Given systemIdentifier(@Nullable String s) {
        systemIdentifier = s;
        return this;
    }

    Given rewindUsable() {
        rewindUsable = true;
        return this;
    }

    Given removeWhenDiverged() {
        removeWhenDiverged = true;
        return this;
    }

    Given rewind(RewindState s) {
        rewind = s;
        return this;
    }

    Given crashRecoveryDone() {
        crashRecoveryDone = true;
        return this;
    }

    Given task(String name) {
        task = name;
        return this;
    }

    Given cancellable() {
        cancellable = true;
        return this;
    }

    Given startAttempted() {
        startAttempted = true;
        return this;
    }

    Given noCallbackYet() {
        callbackCalled = false;
        return this;
    }

    Given bootstrap(BootstrapPhase phase) {
        bootstrap = phase;
        return this;
    }

    Given promotionFailed(Memory.FailedPromotion how) {
        failedPromotion = how;
        return this;
    }

    Given raceForbidden() {
        noRace = new Memory.NoRace(new MonotonicTime(1_000_000_000L), Memory.FailedPromotion.SCRIPT);
        return this;
    }

    /** There has been no leader for so long; one cycle ago this node was at that position. */
    Given leaderMissing(Duration since, long positionBefore) {
        leaderMissingSince = new MonotonicTime(since.negated().toNanos());
        previousPosition = new Lsn(positionBefore);
        return this;
    }

    Given startingFor(Duration d) {
        startingFor = d;
        return this;
    }

    /** The own REST API has not answered for so long. */
    Given apiSilentFor(Duration length, boolean handedOver) {
        apiSilence = new ApiSilence(length, "Read timed out", handedOver);
        return this;
    }

    Given leaderMissingFor(Duration length) {
        leaderMissingSince = new MonotonicTime(length.negated().toNanos());
        return this;
    }

    /** {@link #sync} shows another revision than the one on which the lock was won. */
    Given wonOnOldSync() {
        syncWhenWon = new Revision(6);
        return this;
    }

    Given interrupted(String what) {
        interrupted = what;
        return this;
    }

    /** The store has an electorate of this leader, with a limit of 30 s; the profile is fast. */
    Given electorate(String leader, String... names) {
        var ours = new JsonObject();
        ours.addProperty("member_lease", true);
        config.add("matriarch", ours);
        electorate = new Electorate(leader, new TreeSet<>(List.of(names)), Duration.ofSeconds(30), new Revision(7));
        return this;
    }

    Given voted(String... names) {
        answers = answers.withVotes(new Clearance.Votes(
                electorate.revision(), new MonotonicTime(0), Duration.ofSeconds(3), Set.of(names), false, Set.of()));
        return this;
    }

    Given resigned() {
        answers = answers.withVotes(new Clearance.Votes(
                electorate.revision(), new MonotonicTime(0), Duration.ofSeconds(3), Set.of(), true, Set.of()));
        return this;
    }

    Given leaderKeyMissingFor(Duration length) {
        return leaderKeyMissingFor(length, electorate.revision());
    }

    /** @param with version of the electorate that was there all the time */
    Given leaderKeyMissingFor(Duration length, Revision with) {
        lease = new LeaseMemory(new MonotonicTime(length.negated().toNanos()), with, Duration.ZERO);
        return this;
    }

    /** An earlier process of this agent may have promised for so long. */
    Given earlierPromises(Duration length) {
        lease = new LeaseMemory(null, Revision.NONE, length);
        return this;
    }

    Given electorateTaken(LockOutcome outcome) {
        answers = answers.withElectorate(outcome);
        return this;
    }

    /** Failsafe mode is on; these are in the map. */
    Given failsafe(String... names) {
        config.addProperty("failsafe_mode", true);
        failsafe = new LinkedHashMap<>();
        for (String name : names) {
            failsafe.put(name, "http://" + name + ":8008/patroni");
        }
        return this;
    }

    Given failsafeAnswer(FailsafeCheck check) {
        answers = answers.withFailsafe(check);
        return this;
    }

    /** This agent started so long ago. */
    Given started(Duration ago) {
        startedBefore = ago;
        return this;
    }

    Given watchdog(WatchdogCondition condition) {
        watchdog = condition;
        return this;
    }

    Given noBootstrapSection() {
        mayBootstrap = false;
        return this;
    }

    Given renewed(LockOutcome outcome) {
        answers = answers.withRenew(outcome);
        return this;
    }

    Given acquired(LockOutcome outcome) {
        answers = answers.withAcquire(outcome);
        return this;
    }

    Given initializeRace(LockOutcome outcome) {
        answers = answers.withInitializeRace(outcome);
        return this;
    }

    Given reloaded() {
        answers = answers.withViewReloaded();
        return this;
    }

    Given compared() {
        answers = answers.withDivergenceChecked();
        return this;
    }

    Given settled(Step... steps) {
        for (Step step : steps) {
            answers = answers.withSettled(step);
        }
        return this;
    }

    Given syncPrepared(LockOutcome outcome) {
        answers = answers.withSyncPrepared(outcome);
        return this;
    }

    Given timelineReserved(LockOutcome outcome) {
        answers = answers.withTimelineReserved(outcome);
        return this;
    }

    Given answers(PeerStatus... peers) {
        answers = answers.withPeers(List.of(peers));
        return this;
    }

    static PeerStatus replicaAt(String name, long position) {
        return replicaOn(1, name, position);
    }

    static PeerStatus replicaOn(int timeline, String name, long position) {
        return new PeerStatus.Reachable(name, false, new Lsn(position), timeline, Tags.NONE, false);
    }

    static PeerStatus replicaAt(String name, long position, String tagsJson) {
        return new PeerStatus.Reachable(
                name,
                false,
                new Lsn(position),
                1,
                new Tags(Json.parseObject(tagsJson).orElseThrow()),
                false);
    }

    static PeerStatus primary(String name, long position) {
        return new PeerStatus.Reachable(name, true, new Lsn(position), 1, Tags.NONE, false);
    }

    static PeerStatus dead(String name) {
        return new PeerStatus.Unreachable(name, "connection refused");
    }

    Situation situation() {
        ConfigKey key = storeLost ? null : new ConfigKey(new DynamicConfig(config), true, new Revision(3));
        LeaderKey leaderKey = leader == null ? null : new LeaderKey(leader, leader.equals(me), new Revision(2));
        var status = new ClusterStatus(new Lsn(optime), publishedSlots, retainedSlots);
        var view = new ClusterView(
                initialize,
                key,
                leaderKey,
                status,
                members,
                request,
                sync,
                history,
                failsafe,
                reservedTimeline,
                electorate);
        ClusterView led = clusterSeen
                ? view.withMembers(lastSeen(members))
                        .withLeader(new LeaderKey(leader == null ? "n0" : leader, false, new Revision(1)))
                : ClusterView.EMPTY;
        var local = new LocalPostgres(
                data,
                "",
                systemIdentifier,
                running,
                state,
                role,
                primaryHere,
                timeline,
                new Lsn(position),
                running && !primaryHere,
                control,
                false,
                backupLabel,
                rewindUsable,
                removeWhenDiverged,
                removeWhenDiverged);
        var memory = new Memory(
                task,
                cancellable,
                startAttempted,
                rewind,
                crashRecoveryDone,
                callbackCalled,
                bootstrap,
                noRace,
                failedPromotion,
                leaderMissingSince,
                storeLostSince,
                lockTakenUnaware,
                previousPosition,
                startingFor,
                null,
                new MonotonicTime(startedBefore.negated().toNanos()),
                watchdog,
                apiSilence,
                interrupted,
                lease,
                syncWhenWon);
        return new Situation(
                me,
                new Tags(tags),
                new MonotonicTime(0),
                Instant.parse("2026-11-24T12:00:00Z"),
                view,
                led,
                new DynamicConfig(config),
                Timing.DEFAULT,
                local,
                memory,
                answers,
                mayBootstrap,
                false,
                0);
    }

    Verdict decide() {
        return HaRules.decide(situation());
    }

    /** What the verdict says, for assertions: rule, step, result and the reasons' texts. */
    static List<String> texts(Verdict verdict) {
        var all = new ArrayList<String>();
        verdict.reasons().forEach(r -> all.add(r.text()));
        return all;
    }
}

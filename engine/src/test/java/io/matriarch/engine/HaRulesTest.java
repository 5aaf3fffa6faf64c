package io.matriarch.engine;

import static io.matriarch.engine.Given.dead;
import static io.matriarch.engine.Given.leader;
import static io.matriarch.engine.Given.primary;
import static io.matriarch.engine.Given.replica;
import static io.matriarch.engine.Given.replicaAt;
import static io.matriarch.engine.Given.replicaOn;
import static io.matriarch.engine.LockOutcome.APPLIED;
import static io.matriarch.engine.LockOutcome.REFUSED;
import static io.matriarch.engine.LockOutcome.UNKNOWN;
import static io.matriarch.model.PostgresState.CRASHED;
import static io.matriarch.model.PostgresState.STARTING;
import static io.matriarch.model.PostgresState.STOPPED;
import static io.matriarch.model.PostgresState.STOPPING;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.engine.Memory.BootstrapPhase;
import io.matriarch.engine.Memory.FailedPromotion;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Revision;
import io.matriarch.model.Role;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules as a table: situation in words, step, result (contract ha-loop.md, section in the first column). */
class HaRulesTest {

    private static final String POSITION = "My wal position exceeds maximum replication lag";

    private static final String NO_ANSWER = "Error communicating with PostgreSQL. Will try again later";

    private static final String STANDBY_CLUSTER = "{\"standby_cluster\":{\"host\":\"10.0.0.1\"}}";

    private static final String REMOTE = new DynamicConfig(
                    Json.parseObject(STANDBY_CLUSTER).orElseThrow())
            .remoteMember()
            .orElseThrow()
            .name();

    private static Given standbyLeader() {
        return leader().recovering(Role.STANDBY_LEADER).config(STANDBY_CLUSTER);
    }

    /** Whose sync state and history are as they should be. */
    private static Given settledLeader() {
        return leader().renewed(APPLIED).settled(new Step.ManageSynchronousSet(), new Step.UpdateHistory());
    }

    private static final Step ALL_PEERS = new Step.AskPeers(List.of("n0", "n2"));

    record Row(String section, String situation, Given given, Step step, String result) {
        @Override
        public String toString() {
            return section + " " + situation;
        }
    }

    private static Row row(String section, String situation, Given given, Step step, String result) {
        return new Row(section, situation, given, step, result);
    }

    private static Row asks(String section, String situation, Given given, Step step) {
        return new Row(section, situation, given, step, "");
    }

    static Stream<Row> rules() {
        var rest = new Step.Rest();
        return Stream.of(
                // ---- 4: a task runs
                asks("4", "task runs, we have the lock", leader().task("restart"), new Step.RenewLock(false)),
                row(
                        "4",
                        "task runs, lock renewed",
                        leader().task("restart").renewed(APPLIED),
                        rest,
                        "updated leader lock during restart"),
                row(
                        "4",
                        "task runs on the primary, lock lost",
                        leader().task("restart").renewed(REFUSED),
                        new Step.Demote(DemoteMode.IMMEDIATE_NOLOCK),
                        "lost leader lock during restart"),
                row(
                        "4",
                        "promotion not yet irrevocable, lock lost",
                        replica().leaderIs("n2").task("promote").cancellable(),
                        new Step.CancelTask(),
                        "lost leader before promote"),
                row(
                        "4",
                        "task on a replica",
                        replica().leaderIs("n0").task("bootstrap from leader 'n0'"),
                        rest,
                        "bootstrap from leader 'n0' in progress"),
                row(
                        "4",
                        "promotion past its point of no return, lock lost",
                        replica().leaderIs("n2").role(Role.PROMOTED).task("promote"),
                        new Step.Demote(DemoteMode.IMMEDIATE_NOLOCK),
                        "lost leader lock during promote"),
                row(
                        "4",
                        "a demotion runs and the lock is gone: not demoted twice",
                        replica().role(Role.DEMOTED).task("starting after demotion"),
                        rest,
                        "starting after demotion in progress"),
                // ---- 5: stopping, and nobody here waits for it
                row(
                        "5",
                        "a replica is found shutting down",
                        replica().leaderIs("n0").state(STOPPING),
                        new Step.FinishStop(false),
                        "finishing the shutdown of PostgreSQL"),
                row(
                        "5",
                        "a primary is found shutting down, somebody else leads",
                        replica().leaderIs("n0").primaryHere().state(STOPPING),
                        new Step.FinishStop(true),
                        "finishing the shutdown of PostgreSQL"),
                asks("5", "shutting down with the lock", leader().state(STOPPING), new Step.RenewLock(false)),
                row(
                        "5",
                        "shutting down, lock renewed",
                        leader().state(STOPPING).renewed(APPLIED).startingFor(Duration.ofSeconds(100)),
                        rest,
                        "PostgreSQL is shutting down, 200 seconds until timeout"),
                row(
                        "5",
                        "shutting down, lock lost",
                        leader().state(STOPPING).renewed(REFUSED),
                        new Step.Demote(DemoteMode.IMMEDIATE_NOLOCK),
                        "stopped PostgreSQL while starting up because leader key was lost"),
                // ---- 5: starting
                asks("5", "starting with the lock", leader().state(STARTING), new Step.RenewLock(false)),
                row(
                        "5",
                        "starting, lock lost",
                        leader().state(STARTING).renewed(REFUSED),
                        new Step.Demote(DemoteMode.IMMEDIATE_NOLOCK),
                        "stopped PostgreSQL while starting up because leader key was lost"),
                row(
                        "5",
                        "starting within the limit",
                        leader().state(STARTING).renewed(APPLIED).startingFor(Duration.ofSeconds(100)),
                        rest,
                        "PostgreSQL is still starting up, 200 seconds until timeout"),
                row(
                        "5",
                        "starting for too long, somebody else can lead",
                        leader().state(STARTING)
                                .renewed(APPLIED)
                                .startingFor(Duration.ofSeconds(301))
                                .answers(dead("n0"), replicaAt("n2", 1000)),
                        new Step.Demote(DemoteMode.IMMEDIATE),
                        "stopped PostgreSQL because of startup timeout"),
                row(
                        "5",
                        "starting for too long, nobody else can lead",
                        leader().state(STARTING)
                                .renewed(APPLIED)
                                .startingFor(Duration.ofSeconds(301))
                                .answers(dead("n0"), dead("n2")),
                        rest,
                        "primary start has timed out, but continuing to wait because failover is not possible"),
                // ---- 6: data directory
                asks(
                        "6.1",
                        "empty directory and the lock: stop first",
                        leader().emptyDirectory(),
                        new Step.EnterUninitialized()),
                asks(
                        "6.1",
                        "inaccessible directory under a primary: stop first",
                        leader().inaccessibleDirectory(),
                        new Step.EnterUninitialized()),
                row(
                        "6.1",
                        "empty directory and the lock, stopped",
                        leader().emptyDirectory().settled(new Step.EnterUninitialized()),
                        new Step.ReleaseLock(),
                        "released leader key voluntarily as data dir empty and currently leader"),
                row(
                        "6.1",
                        "inaccessible directory and a primary that cannot be stopped",
                        leader().inaccessibleDirectory().settled(new Step.EnterUninitialized()),
                        rest,
                        "PostgreSQL runs without its data directory and could not be stopped"),
                asks("6.1", "empty directory", replica().emptyDirectory(), new Step.EnterUninitialized()),
                row(
                        "6.1",
                        "empty directory in pause",
                        replica().emptyDirectory().paused().settled(new Step.EnterUninitialized()),
                        rest,
                        "running with empty data directory"),
                asks(
                        "6.2",
                        "new cluster",
                        replica().uninitialized().emptyDirectory().settled(new Step.EnterUninitialized()),
                        new Step.RaceForInitialize()),
                row(
                        "6.2",
                        "new cluster, race won",
                        replica()
                                .uninitialized()
                                .emptyDirectory()
                                .settled(new Step.EnterUninitialized())
                                .initializeRace(APPLIED),
                        new Step.Bootstrap(),
                        "trying to bootstrap a new cluster"),
                row(
                        "6.2",
                        "new cluster, race lost",
                        replica()
                                .uninitialized()
                                .emptyDirectory()
                                .settled(new Step.EnterUninitialized())
                                .initializeRace(REFUSED),
                        rest,
                        "failed to acquire initialize lock"),
                row(
                        "6.2",
                        "new cluster, no bootstrap section",
                        replica()
                                .uninitialized()
                                .emptyDirectory()
                                .settled(new Step.EnterUninitialized())
                                .noBootstrapSection(),
                        rest,
                        "waiting for leader to bootstrap"),
                row(
                        "6.2",
                        "somebody bootstraps",
                        replica()
                                .uninitialized()
                                .initialize("")
                                .emptyDirectory()
                                .settled(new Step.EnterUninitialized()),
                        rest,
                        "waiting for leader to bootstrap"),
                row(
                        "6.2",
                        "a leader exists",
                        replica().leaderIs("n0").emptyDirectory().settled(new Step.EnterUninitialized()),
                        new Step.Clone("n0"),
                        "trying to bootstrap from leader 'n0'"),
                row(
                        "6.2",
                        "a member offers itself",
                        replica()
                                .leaderIs("n0")
                                .member("n2", "replica", "running", 1000, "{\"clonefrom\":true}")
                                .emptyDirectory()
                                .settled(new Step.EnterUninitialized()),
                        new Step.Clone("n2"),
                        "trying to bootstrap from replica 'n2'"),
                row(
                        "6.2",
                        "a member offers itself, but this one may be elected with what it copies",
                        replica()
                                .leaderIs("n0")
                                .config("{\"synchronous_mode\":true}")
                                .sync("n0", "n1")
                                .member("n2", "replica", "running", 1000, "{\"clonefrom\":true}")
                                .emptyDirectory()
                                .settled(new Step.EnterUninitialized()),
                        new Step.Clone("n0"),
                        "trying to bootstrap from leader 'n0'"),
                row(
                        "6.3",
                        "bootstrap failed",
                        replica().bootstrap(BootstrapPhase.FAILED),
                        new Step.FailBootstrap(),
                        "failed to bootstrap the cluster"),
                row(
                        "6.3",
                        "bootstrap still in recovery",
                        replica().bootstrap(BootstrapPhase.SERVER_STARTED),
                        rest,
                        "waiting for end of recovery after bootstrap"),
                row(
                        "6.3",
                        "bootstrapped server is a primary",
                        replica().primaryHere().bootstrap(BootstrapPhase.SERVER_STARTED),
                        new Step.PostBootstrap(),
                        "running post_bootstrap"),
                row(
                        "6.3",
                        "bootstrap done",
                        replica().primaryHere().bootstrap(BootstrapPhase.DONE),
                        new Step.FinishBootstrap(),
                        "initialized a new cluster"),
                row(
                        "6.4",
                        "unreadable identity",
                        replica().systemIdentifier(null),
                        rest,
                        "data dir for the cluster is not empty, but system ID is invalid; consider doing reinitialize"),
                row(
                        "6.4",
                        "data of another cluster",
                        replica().systemIdentifier("7711511906616870000"),
                        new Step.Exit(1, true),
                        "system ID mismatch"),
                row(
                        "6.4",
                        "no initialize key, running as replica",
                        replica().initialize(null).noCallbackYet(),
                        new Step.Exit(1, false),
                        "no initialize key"),
                asks(
                        "6.4",
                        "no initialize key, running as primary",
                        replica().primaryHere().initialize(null).noCallbackYet(),
                        new Step.WriteInitialize(Given.SYSTEM)),
                row(
                        "12",
                        "a rewind was cut off",
                        replica().leaderIs("n0").down(STOPPED, "shut down").interrupted("pg_rewind"),
                        new Step.Clone("n0"),
                        "trying to bootstrap from leader 'n0'"),
                row(
                        "12",
                        "a rewind was cut off and nobody leads",
                        replica().down(STOPPED, "shut down").interrupted("pg_rewind"),
                        rest,
                        "waiting for leader to bootstrap"),
                // ---- 7: not running
                row(
                        "3.11",
                        "down in pause with the lock",
                        leader().paused().down(STOPPED, "shut down"),
                        new Step.ReleaseLock(),
                        "removed leader lock because postgres is not running"),
                row(
                        "3.11",
                        "down in pause",
                        replica().paused().down(STOPPED, "shut down in recovery"),
                        rest,
                        "postgres is not running"),
                row(
                        "7.1",
                        "primary crashed, the sync key names others",
                        leader().config("{\"synchronous_mode\":true}")
                                .sync("n0", "n2")
                                .down(CRASHED, "in production")
                                .renewed(APPLIED),
                        new Step.ReleaseLock(),
                        "Released the leader key because the synchronous replication state does not name this node"),
                asks("7.1", "primary crashed", leader().down(CRASHED, "in production"), new Step.RenewLock(false)),
                row(
                        "7.1",
                        "primary crashed, lock renewed",
                        leader().down(CRASHED, "in production").renewed(APPLIED),
                        new Step.StartAsPrimary(),
                        "starting primary after failure"),
                asks(
                        "7.1",
                        "primary crashed, fail over at once",
                        leader().config("{\"primary_start_timeout\":0}")
                                .down(CRASHED, "in production")
                                .renewed(APPLIED),
                        ALL_PEERS),
                row(
                        "7.1",
                        "primary crashed, fail over at once, somebody fit",
                        leader().config("{\"primary_start_timeout\":0}")
                                .down(CRASHED, "in production")
                                .renewed(APPLIED)
                                .answers(dead("n0"), replicaAt("n2", 1000)),
                        new Step.Demote(DemoteMode.IMMEDIATE),
                        "stopped PostgreSQL to fail over after a crash"),
                row(
                        "7.1",
                        "primary crashed, fail over at once, nobody fit: recovered here",
                        leader().config("{\"primary_start_timeout\":0}")
                                .down(CRASHED, "in production")
                                .renewed(APPLIED)
                                .answers(dead("n0"), dead("n2"))
                                .rewindUsable(),
                        new Step.RecoverInSingleUserMode(),
                        "doing crash recovery in a single user mode"),
                row(
                        "7.2",
                        "unclean former primary, unlocked",
                        replica().down(STOPPED, "in production"),
                        new Step.RecoverInSingleUserMode(),
                        "doing crash recovery in a single user mode"),
                row(
                        "7.2",
                        "lock owner after recovery: read only first",
                        leader().down(STOPPED, "shut down")
                                .role(Role.DEMOTED)
                                .renewed(APPLIED)
                                .reloaded(),
                        new Step.StartAsReplica(null),
                        "starting as readonly because i had the session lock"),
                asks(
                        "7.2",
                        "a clean former primary",
                        replica().leaderIs("n0").down(STOPPED, "shut down").reloaded(),
                        new Step.ScheduleDivergenceCheck()),
                row(
                        "7.2",
                        "a clean former primary that need not be checked",
                        replica()
                                .leaderIs("n0")
                                .down(STOPPED, "shut down")
                                .reloaded()
                                .settled(new Step.ScheduleDivergenceCheck()),
                        new Step.StartAsReplica("n0"),
                        "starting as a secondary"),
                asks(
                        "7.3",
                        "start attempt failed",
                        leader().startAttempted().down(CRASHED, "in production"),
                        new Step.ForgetStartAttempt()),
                row(
                        "7.3",
                        "start attempt failed, lock given up",
                        leader().down(CRASHED, "in production").settled(new Step.ForgetStartAttempt()),
                        new Step.ReleaseLock(),
                        "removed leader key after trying and failing to start postgres"),
                // ---- 8: the race
                row(
                        "8.2.1",
                        "after a failed pre_promote",
                        replica().raceForbidden().reloaded(),
                        new Step.Follow(null),
                        "following a different leader because i am not the healthiest node"),
                row(
                        "8.2",
                        "a promotion is under way without the lock",
                        replica().role(Role.PROMOTED).reloaded(),
                        new Step.Demote(DemoteMode.IMMEDIATE_NOLOCK),
                        "demoting self because i am not the healthiest node"),
                row(
                        "9.2",
                        "a promotion is under way that nobody here asked for",
                        leader().recovering(Role.PROMOTED).renewed(APPLIED),
                        new Step.FinishPromotion(),
                        "promoted self to leader because I had the session lock"),
                asks("8.2.4", "a running primary keeps what it has", replica().primaryHere(), new Step.AcquireLock()),
                row(
                        "8.2.4",
                        "a running primary with an old timeline",
                        replica().primaryHere().clusterTimeline(3).reloaded(),
                        new Step.Demote(DemoteMode.IMMEDIATE_NOLOCK),
                        "demoting self because i am not the healthiest node"),
                row(
                        "1",
                        "PostgreSQL does not answer and nobody leads",
                        replica().silent(),
                        rest,
                        NO_ANSWER),
                row(
                        "1",
                        "PostgreSQL does not answer and was asked to lead",
                        replica().silent().request(null, "n1"),
                        rest,
                        NO_ANSWER),
                row(
                        "1",
                        "PostgreSQL does not answer and somebody leads",
                        replica().silent().leaderIs("n0"),
                        rest,
                        NO_ANSWER),
                asks(
                        "1",
                        "PostgreSQL does not answer and we have the lock",
                        leader().silent(),
                        new Step.RenewLock(true)),
                asks("8.3", "others must be asked", replica(), ALL_PEERS),
                asks(
                        "8.3",
                        "nobody ahead",
                        replica().answers(dead("n0"), replicaAt("n2", 900)),
                        new Step.AcquireLock()),
                row(
                        "8.3",
                        "somebody ahead",
                        replica().reloaded().answers(dead("n0"), replicaAt("n2", 1001)),
                        new Step.Follow(null),
                        "following a different leader because i am not the healthiest node"),
                row(
                        "8.3",
                        "a primary is alive",
                        replica().reloaded().answers(primary("n0", 1), replicaAt("n2", 1)),
                        new Step.Follow(null),
                        "following a different leader because i am not the healthiest node"),
                row(
                        "8.3",
                        "too far behind",
                        replica().reloaded().optime(3_000_000).answers(dead("n0"), dead("n2")),
                        new Step.Follow(null),
                        "following a different leader because i am not the healthiest node"),
                asks(
                        "8.3",
                        "equal position, higher priority there, but it led last",
                        replica().answers(replicaAt("n0", 1000, "{\"failover_priority\":5}"), dead("n2")),
                        new Step.AcquireLock()),
                row(
                        "8.3",
                        "equal position, higher priority there",
                        replica().reloaded().answers(dead("n0"), replicaAt("n2", 1000, "{\"failover_priority\":5}")),
                        new Step.Follow(null),
                        "following a different leader because i am not the healthiest node"),
                asks(
                        "8.3",
                        "somebody ahead who must not lead",
                        replica().answers(dead("n0"), replicaAt("n2", 2000, "{\"nofailover\":true}")),
                        new Step.AcquireLock()),
                asks(
                        "8.6",
                        "nofailover: somebody else gets a moment to take the lock",
                        replica().tags("{\"nofailover\":true}").settled(new Step.ScheduleDivergenceCheck()),
                        new Step.AwaitLeader()),
                asks(
                        "8.6",
                        "so does the candidate that an operator named",
                        replica()
                                .request("n0", "n2")
                                .answers(dead("n0"), replicaAt("n2", 1000))
                                .settled(new Step.ScheduleDivergenceCheck()),
                        new Step.AwaitLeader()),
                row(
                        "8.2.5",
                        "nofailover",
                        replica().reloaded().tags("{\"nofailover\":true}").settled(new Step.ScheduleDivergenceCheck()),
                        new Step.Follow(null),
                        "following a different leader because I am not allowed to promote"),
                row(
                        "8.2.9",
                        "synchronous mode, not in the set",
                        replica()
                                .reloaded()
                                .config("{\"synchronous_mode\":true}")
                                .sync("n0", "n2"),
                        new Step.Follow(null),
                        "following a different leader because i am not the healthiest node"),
                asks(
                        "8.2.9",
                        "synchronous mode, in the set: only the set is asked",
                        replica().config("{\"synchronous_mode\":true}").sync("n0", "n1"),
                        new Step.AskPeers(List.of("n0"))),
                asks(
                        "8.3",
                        "the sync leader is ahead: what it has more was never acknowledged",
                        replica()
                                .config("{\"synchronous_mode\":true}")
                                .sync("n0", "n1")
                                .answers(replicaAt("n0", 5000)),
                        new Step.AcquireLock()),
                row(
                        "8.3",
                        "quorum mode, too few votes",
                        replica()
                                .reloaded()
                                .config("{\"synchronous_mode\":\"quorum\"}")
                                .quorumSync(1, "n0", "n1", "n2")
                                .answers(dead("n0"), dead("n2")),
                        new Step.Follow(null),
                        "following a different leader because i am not the healthiest node"),
                row(
                        "8.3",
                        "the mode is priority by now, the key still counts votes: too few",
                        replica()
                                .reloaded()
                                .config("{\"synchronous_mode\":true}")
                                .quorumSync(1, "n0", "n1", "n2")
                                .answers(dead("n0"), dead("n2")),
                        new Step.Follow(null),
                        "following a different leader because i am not the healthiest node"),
                asks(
                        "8.3",
                        "quorum mode, not a voter, enough votes all the same",
                        replica()
                                .config("{\"synchronous_mode\":\"quorum\"}")
                                .quorumSync(0, "n0", "n2")
                                .answers(dead("n0"), replicaAt("n2", 900)),
                        new Step.AcquireLock()),
                row(
                        "8.3",
                        "quorum mode, not a voter: the voter is on a newer timeline, so its position says nothing",
                        replica()
                                .reloaded()
                                .config("{\"synchronous_mode\":\"quorum\"}")
                                .quorumSync(0, "n0", "n2")
                                .answers(dead("n0"), replicaOn(2, "n2", 900)),
                        new Step.Follow(null),
                        "following a different leader because i am not the healthiest node"),
                row(
                        "8.3",
                        "quorum mode, not a voter, too few votes",
                        replica()
                                .reloaded()
                                .config("{\"synchronous_mode\":\"quorum\"}")
                                .quorumSync(0, "n0", "n2")
                                .answers(dead("n0"), dead("n2")),
                        new Step.Follow(null),
                        "following a different leader because i am not the healthiest node"),
                asks(
                        "8.3",
                        "quorum mode, enough votes",
                        replica()
                                .config("{\"synchronous_mode\":\"quorum\"}")
                                .quorumSync(1, "n0", "n1", "n2")
                                .answers(dead("n0"), replicaAt("n2", 1000)),
                        new Step.AcquireLock()),
                asks("8.4", "requested candidate", replica().request(null, "n1"), new Step.AcquireLock()),
                row(
                        "8.4",
                        "somebody else is the candidate",
                        replica()
                                .reloaded()
                                .request(null, "n2")
                                .settled(new Step.ScheduleDivergenceCheck())
                                .answers(replicaAt("n2", 1)),
                        new Step.Follow(null),
                        "following a different leader because i am not the healthiest node"),
                row("8", "paused: no race", replica().paused().reloaded(), rest, "no action. I am (n1)"),
                row(
                        "8.6",
                        "lock not won",
                        replica().acquired(REFUSED).leaderIs("n2").reloaded(),
                        new Step.Follow("n2"),
                        "following new leader after trying and failing to obtain lock"),
                asks(
                        "8.6",
                        "lock won: sync state first",
                        replica().leaderIs("n1").acquired(APPLIED).reloaded(),
                        new Step.PrepareSyncForPromotion()),
                asks(
                        "8.6",
                        "lock won: then the number of the timeline",
                        replica()
                                .leaderIs("n1")
                                .acquired(APPLIED)
                                .reloaded()
                                .syncPrepared(APPLIED)
                                .timelineReserved(LockOutcome.NOT_TRIED),
                        new Step.ReserveTimeline()),
                row(
                        "8.6",
                        "lock won",
                        replica().leaderIs("n1").acquired(APPLIED).reloaded().syncPrepared(APPLIED),
                        new Step.Promote(),
                        "promoted self to leader by acquiring session lock"),
                row(
                        "8.6",
                        "lock won, no number",
                        replica()
                                .leaderIs("n1")
                                .acquired(APPLIED)
                                .reloaded()
                                .syncPrepared(APPLIED)
                                .timelineReserved(UNKNOWN),
                        rest,
                        "Postponing promotion because the number of its timeline could not be reserved"),
                row(
                        "9.2",
                        "lock won, sync key changed by somebody",
                        replica().leaderIs("n1").acquired(APPLIED).reloaded().syncPrepared(REFUSED),
                        new Step.ReleaseLock(),
                        "Postponing promotion because synchronous replication state was updated by somebody else"),
                row(
                        "9.2",
                        "lock won in an earlier cycle, sync key changed since and does not name us its leader",
                        replica()
                                .leaderIs("n1")
                                .config("{\"synchronous_mode\":true}")
                                .sync("n0", "n2")
                                .wonOnOldSync()
                                .renewed(APPLIED),
                        new Step.ReleaseLock(),
                        "Postponing promotion because synchronous replication state was updated by somebody else"),
                row(
                        "9.2",
                        "a primary took the lock by an old view, others have led since",
                        leader().config("{\"synchronous_mode\":true}")
                                .sync("n0", "n2")
                                .wonOnOldSync()
                                .acquired(APPLIED)
                                .reloaded(),
                        new Step.Demote(DemoteMode.IMMEDIATE),
                        "Demoting self because synchronous replication state was updated by somebody else"),
                asks(
                        "9.2",
                        "lock won in an earlier cycle, sync key changed by ourselves",
                        replica()
                                .leaderIs("n1")
                                .config("{\"synchronous_mode\":true}")
                                .sync("n1", "n0")
                                .wonOnOldSync()
                                .renewed(APPLIED),
                        new Step.PrepareSyncForPromotion()),
                row(
                        "9.2",
                        "lock won, sync key perhaps changed",
                        replica().leaderIs("n1").acquired(APPLIED).reloaded().syncPrepared(UNKNOWN),
                        rest,
                        "Postponing promotion because it is not known whether the synchronous replication state was"
                                + " updated"),
                row(
                        "9.2",
                        "lock won, but the server cannot be promoted",
                        replica().leaderIs("n1").renewed(APPLIED).promotionFailed(FailedPromotion.SERVER),
                        new Step.ReleaseLock(),
                        "Released the leader key because PostgreSQL could not be promoted"),
                row(
                        "9.2",
                        "a promotion that takes long is not given up: the server may be primary any moment",
                        replica()
                                .leaderIs("n1")
                                .renewed(APPLIED)
                                .role(Role.PROMOTED)
                                .promotionFailed(FailedPromotion.SERVER),
                        new Step.FinishPromotion(),
                        "promoted self to leader because I had the session lock"),
                // ---- 9: a leader is known
                asks("9.1", "leader", leader(), new Step.RenewLock(true)),
                row(
                        "9.1",
                        "leader, lock refused",
                        leader().renewed(REFUSED),
                        new Step.Demote(DemoteMode.IMMEDIATE_NOLOCK),
                        "demoted self because failed to update leader lock in DCS"),
                row(
                        "9.1",
                        "leader in pause, lock refused",
                        leader().paused().renewed(REFUSED),
                        rest,
                        "continue to run as primary after failing to update leader lock in DCS"),
                row(
                        "9.1",
                        "lock owner that is a replica, lock refused",
                        replica().leaderIs("n1").renewed(REFUSED),
                        rest,
                        "not promoting because failed to update leader lock in DCS"),
                row(
                        "9.1",
                        "lock owner in pause that is no primary",
                        replica().leaderIs("n1").paused(),
                        new Step.ReleaseLock(),
                        "removed leader lock because postgres is not running as primary"),
                asks(
                        "9.1.5",
                        "checkpoint after promotion not confirmed",
                        leader().rewind(RewindState.INITIAL).renewed(APPLIED),
                        new Step.ConfirmCheckpoint()),
                row(
                        "9.1",
                        "leader, all done",
                        leader().renewed(APPLIED).settled(new Step.ManageSynchronousSet(), new Step.UpdateHistory()),
                        rest,
                        "no action. I am (n1), the leader with the lock"),
                row(
                        "9.2",
                        "pre_promote failed",
                        replica().leaderIs("n1").renewed(APPLIED).promotionFailed(FailedPromotion.SCRIPT),
                        new Step.ReleaseLock(),
                        "Promotion cancelled because the pre-promote script failed"),
                asks(
                        "9.2",
                        "pre_promote failed, and the sync key was taken over for the promotion",
                        replica()
                                .config("{\"synchronous_mode\":true}")
                                .sync("n1")
                                .leaderIs("n1")
                                .renewed(APPLIED)
                                .promotionFailed(FailedPromotion.SCRIPT),
                        new Step.TakeBackSyncForPromotion()),
                row(
                        "9.2",
                        "pre_promote failed, and the sync key was put back",
                        replica()
                                .config("{\"synchronous_mode\":true}")
                                .sync("n0", "n1")
                                .leaderIs("n1")
                                .renewed(APPLIED)
                                .promotionFailed(FailedPromotion.SCRIPT)
                                .settled(new Step.TakeBackSyncForPromotion()),
                        new Step.ReleaseLock(),
                        "Promotion cancelled because the pre-promote script failed"),
                row(
                        "9.2",
                        "the server may have begun the promotion: the sync key stays",
                        replica()
                                .config("{\"synchronous_mode\":true}")
                                .sync("n1")
                                .leaderIs("n1")
                                .renewed(APPLIED)
                                .promotionFailed(FailedPromotion.SERVER),
                        new Step.ReleaseLock(),
                        "Released the leader key because PostgreSQL could not be promoted"),
                row(
                        "9.3",
                        "replica of a leader",
                        replica().leaderIs("n0"),
                        new Step.Follow("n0"),
                        "no action. I am (n1), a secondary, and following a leader (n0)"),
                row(
                        "9.3",
                        "primary without the lock",
                        replica().leaderIs("n0").primaryHere(),
                        new Step.Demote(DemoteMode.IMMEDIATE_NOLOCK),
                        "demoting self because I do not have the lock and I was a leader"),
                row(
                        "9.3",
                        "promotion under way and the lock is gone",
                        replica().leaderIs("n0").role(Role.PROMOTED),
                        new Step.Demote(DemoteMode.IMMEDIATE_NOLOCK),
                        "demoting self because I do not have the lock and I was a leader"),
                row(
                        "9.1",
                        "promotion under way and the renewal is refused",
                        leader().recovering(Role.PROMOTED).renewed(REFUSED),
                        new Step.Demote(DemoteMode.IMMEDIATE_NOLOCK),
                        "demoted self because failed to update leader lock in DCS"),
                row(
                        "9.3",
                        "primary without the lock in pause",
                        replica().leaderIs("n0").primaryHere().paused(),
                        rest,
                        "continue to run as primary without lock"),
                row(
                        "9.3",
                        "cascading",
                        replica().leaderIs("n0").tags("{\"replicatefrom\":\"n2\"}"),
                        new Step.Follow("n2"),
                        "no action. I am (n1), a secondary, and following a leader (n0)"),
                // ---- 10: requests
                row(
                        "10.2",
                        "switchover, somebody fit",
                        leader().renewed(APPLIED).request("n1", null).answers(dead("n0"), replicaAt("n2", 1000)),
                        new Step.Demote(DemoteMode.GRACEFUL),
                        "switchover: demoting myself"),
                row(
                        "10.2",
                        "failover to a candidate",
                        leader().renewed(APPLIED).request(null, "n2").answers(replicaAt("n2", 1000)),
                        new Step.Demote(DemoteMode.GRACEFUL),
                        "manual failover: demoting myself"),
                // ---- 12: divergence
                asks(
                        "12.2",
                        "check due",
                        replica()
                                .leaderIs("n0")
                                .rewind(RewindState.CHECK_SCHEDULED)
                                .rewindUsable(),
                        new Step.CheckDivergence("n0")),
                row(
                        "12.1",
                        "check due but nothing may be mended",
                        replica().leaderIs("n0").rewind(RewindState.CHECK_SCHEDULED),
                        new Step.Follow("n0"),
                        "no action. I am (n1), a secondary, and following a leader (n0)"),
                row(
                        "12.3",
                        "rewind needed",
                        replica().leaderIs("n0").rewind(RewindState.NEEDED).rewindUsable(),
                        new Step.Rewind("n0"),
                        "running pg_rewind from n0"),
                asks(
                        "ours",
                        "stopped, nothing may be mended: compared all the same, for WAL that was not replayed",
                        replica()
                                .leaderIs("n0")
                                .down(CRASHED, "in archive recovery")
                                .rewind(RewindState.CHECK_SCHEDULED)
                                .reloaded()
                                .settled(new Step.ScheduleDivergenceCheck()),
                        new Step.CheckDivergence("n0")),
                asks(
                        "ours",
                        "the same of a server that was started by hand meanwhile: compared again",
                        replica().leaderIs("n0").rewind(RewindState.UNREPLAYED).rewindUsable(),
                        new Step.CheckDivergence("n0")),
                asks(
                        "ours",
                        "heading for a timeline that is not the leader's: compared again, it may be another leader",
                        replica().leaderIs("n0").rewind(RewindState.ASTRAY).rewindUsable(),
                        new Step.CheckDivergence("n0")),
                row(
                        "ours",
                        "heading for a timeline that is not the leader's",
                        replica()
                                .leaderIs("n0")
                                .rewind(RewindState.ASTRAY)
                                .rewindUsable()
                                .compared(),
                        new Step.TurnBack(),
                        "stopping PostgreSQL to turn it back from a timeline that n0 is not on"),
                row(
                        "ours",
                        "found before a pause: a server that runs is left running",
                        replica()
                                .paused()
                                .leaderIs("n0")
                                .rewind(RewindState.ASTRAY)
                                .rewindUsable()
                                .compared(),
                        new Step.Follow("n0"),
                        "no action. I am (n1), a secondary, and following a leader (n0)"),
                row(
                        "ours",
                        "WAL that was not replayed and is not in the leader's history",
                        replica()
                                .leaderIs("n0")
                                .down(CRASHED, "in archive recovery")
                                .rewind(RewindState.UNREPLAYED)
                                .reloaded()
                                .settled(new Step.ScheduleDivergenceCheck()),
                        new Step.SetAsideUnreplayedWal(),
                        "setting aside WAL that is not part of the history of n0"),
                row(
                        "ours",
                        "diverged, nothing may be mended: it follows, as with Patroni",
                        replica()
                                .leaderIs("n0")
                                .down(STOPPED, "shut down")
                                .rewind(RewindState.NEEDED)
                                .reloaded()
                                .settled(new Step.ScheduleDivergenceCheck()),
                        new Step.StartAsReplica("n0"),
                        "starting as a secondary"),
                row(
                        "12.3",
                        "diverged, only removal allowed",
                        replica().leaderIs("n0").rewind(RewindState.NEEDED).removeWhenDiverged(),
                        new Step.ReinitializeDiverged(),
                        "reinitializing due to diverged timelines"),
                row(
                        "12.3",
                        "pg_rewind failed, removal allowed",
                        replica()
                                .leaderIs("n0")
                                .down(STOPPED, "shut down")
                                .rewind(RewindState.FAILED)
                                .rewindUsable()
                                .removeWhenDiverged()
                                .reloaded(),
                        new Step.ReinitializeDiverged(),
                        "reinitializing because pg_rewind failed"),
                row(
                        "12.3",
                        "pg_rewind failed, removal not allowed",
                        replica()
                                .leaderIs("n0")
                                .down(STOPPED, "shut down")
                                .rewind(RewindState.FAILED)
                                .rewindUsable()
                                .reloaded(),
                        new Step.StartAsReplica("n0"),
                        "starting as a secondary"),
                // ---- 14: standby clusters
                asks(
                        "14.1",
                        "the first node races for the initialize key",
                        replica()
                                .uninitialized()
                                .emptyDirectory()
                                .config(STANDBY_CLUSTER)
                                .settled(new Step.EnterUninitialized()),
                        new Step.RaceForInitialize()),
                row(
                        "14.1",
                        "who won it copies the remote member",
                        replica()
                                .uninitialized()
                                .emptyDirectory()
                                .config(STANDBY_CLUSTER)
                                .initializeRace(APPLIED)
                                .settled(new Step.EnterUninitialized()),
                        new Step.BootstrapStandbyLeader(),
                        "trying to bootstrap a new standby leader"),
                row(
                        "14.1",
                        "a node without data waits for the standby leader",
                        replica().emptyDirectory().config(STANDBY_CLUSTER).settled(new Step.EnterUninitialized()),
                        rest,
                        "waiting for standby_leader to bootstrap"),
                asks("14.2", "the standby leader renews its lock", standbyLeader(), new Step.RenewLock(true)),
                row(
                        "14.2",
                        "the standby leader follows the remote member",
                        standbyLeader().renewed(APPLIED),
                        new Step.Follow(REMOTE, Role.STANDBY_LEADER),
                        "no action. I am (n1), the standby leader with the lock"),
                row(
                        "14.2",
                        "a replica that has the lock becomes standby leader",
                        standbyLeader().role(Role.REPLICA).renewed(APPLIED),
                        new Step.Follow(REMOTE, Role.STANDBY_LEADER),
                        "promoted self to a standby leader because i had the session lock"),
                row(
                        "14.2",
                        "the standby leader in pause keeps its lock",
                        standbyLeader().paused().renewed(APPLIED),
                        new Step.Follow(REMOTE, Role.STANDBY_LEADER),
                        "no action. I am (n1), the standby leader with the lock"),
                row(
                        "14.2",
                        "the standby leader lost its lock",
                        standbyLeader().renewed(REFUSED),
                        rest,
                        "not promoting because failed to update leader lock in DCS"),
                row(
                        "14.2",
                        "the standby leader without store",
                        standbyLeader().renewed(UNKNOWN),
                        rest,
                        "DCS is not accessible"),
                row(
                        "14.3",
                        "who wins the race becomes standby leader",
                        standbyLeader().role(Role.REPLICA).acquired(APPLIED).reloaded(),
                        new Step.Follow(REMOTE, Role.STANDBY_LEADER),
                        "promoted self to a standby leader by acquiring session lock"),
                asks(
                        "14.3",
                        "the cluster's timeline does not matter in the race",
                        replica().config(STANDBY_CLUSTER).clusterTimeline(7),
                        ALL_PEERS),
                row(
                        "14.4",
                        "a primary in what became a standby cluster",
                        leader().config(STANDBY_CLUSTER).renewed(APPLIED),
                        new Step.Demote(DemoteMode.DEMOTE_CLUSTER),
                        "cannot be a real primary in standby cluster"),
                row(
                        "14.4",
                        "a primary without lock in a standby cluster",
                        replica().primaryHere().leaderIs("n0").config(STANDBY_CLUSTER),
                        new Step.Demote(DemoteMode.DEMOTE_CLUSTER),
                        "cannot be a real primary in a standby cluster"),
                row(
                        "14.4",
                        "a primary in pause, in what is to be a standby cluster",
                        leader().config(STANDBY_CLUSTER).paused().renewed(APPLIED),
                        rest,
                        "continue to run as primary without lock"),
                row(
                        "14.5",
                        "the section is gone: the standby leader becomes primary",
                        leader().recovering(Role.STANDBY_LEADER)
                                .renewed(APPLIED)
                                .syncPrepared(APPLIED),
                        new Step.Promote(),
                        "promoted self to leader because I had the session lock"),
                row(
                        "9.3",
                        "a replica in a standby cluster follows the standby leader",
                        replica().leaderIs("n0").config(STANDBY_CLUSTER),
                        new Step.Follow("n0"),
                        "no action. I am (n1), a secondary, and following a standby leader (n0)"),
                row(
                        "9.3",
                        "cascading in a standby cluster",
                        replica().leaderIs("n0").config(STANDBY_CLUSTER).tags("{\"replicatefrom\":\"n2\"}"),
                        new Step.Follow("n2"),
                        "no action. I am (n1), a secondary, and following a standby leader (n0)"),
                asks(
                        "9.3.3",
                        "the standby leader went back to an older timeline",
                        replica()
                                .leaderIs("n0")
                                .config(STANDBY_CLUSTER)
                                .timeline(2)
                                .onTimeline("n0", 1),
                        new Step.ScheduleDivergenceCheck()),
                row(
                        "9.3",
                        "the standby leader is unknown: stay where you are",
                        replica().leaderIs("n9").config(STANDBY_CLUSTER),
                        rest,
                        "continue following the old known standby leader"),
                row(
                        "7.2",
                        "the standby leader's server is down",
                        standbyLeader()
                                .down(CRASHED, "in archive recovery")
                                .renewed(APPLIED)
                                .reloaded()
                                .settled(new Step.ScheduleDivergenceCheck()),
                        new Step.StartAsReplica(REMOTE, Role.STANDBY_LEADER),
                        "starting as a standby leader because i had the session lock"),
                row(
                        "7.2",
                        "a server is down in a standby cluster without leader",
                        replica()
                                .config(STANDBY_CLUSTER)
                                .down(CRASHED, "in archive recovery")
                                .reloaded()
                                .settled(new Step.ScheduleDivergenceCheck()),
                        new Step.StartAsReplica(REMOTE),
                        "trying to follow a remote member because standby cluster is unhealthy"),
                row(
                        "12.3",
                        "divergence from the remote member is rewound, also by the owner of the lock",
                        standbyLeader()
                                .rewindUsable()
                                .rewind(RewindState.NEEDED)
                                .renewed(APPLIED),
                        new Step.Rewind(REMOTE),
                        "running pg_rewind from " + REMOTE),
                row(
                        "12.3",
                        "a standby cluster does not remove diverged data for the sake of the remote member",
                        standbyLeader()
                                .removeWhenDiverged()
                                .rewind(RewindState.NEEDED)
                                .renewed(APPLIED),
                        new Step.Follow(REMOTE, Role.STANDBY_LEADER),
                        "no action. I am (n1), the standby leader with the lock"),
                // ---- ours: the own REST API does not answer
                asks(
                        "api",
                        "leader unreachable for long enough: who could take over?",
                        leader().renewed(APPLIED).apiSilentFor(Duration.ofSeconds(30), false),
                        ALL_PEERS),
                row(
                        "api",
                        "leader unreachable, somebody is fit",
                        leader().renewed(APPLIED)
                                .apiSilentFor(Duration.ofSeconds(30), false)
                                .answers(dead("n0"), replicaAt("n2", 1000)),
                        new Step.Demote(DemoteMode.GRACEFUL),
                        "demoting self because the REST API of this node does not answer"),
                row(
                        "api",
                        "leader unreachable, nobody is fit: stays",
                        settledLeader()
                                .apiSilentFor(Duration.ofSeconds(30), false)
                                .answers(dead("n0"), dead("n2")),
                        rest,
                        "no action. I am (n1), the leader with the lock"),
                row(
                        "api",
                        "leader unreachable for a moment",
                        settledLeader().apiSilentFor(Duration.ofSeconds(29), false),
                        rest,
                        "no action. I am (n1), the leader with the lock"),
                row(
                        "api",
                        "leader unreachable that handed over already: it did not help",
                        settledLeader().apiSilentFor(Duration.ofSeconds(300), true),
                        rest,
                        "no action. I am (n1), the leader with the lock"),
                row(
                        "api",
                        "leader unreachable in pause",
                        settledLeader().paused().apiSilentFor(Duration.ofSeconds(300), false),
                        rest,
                        "no action. I am (n1), the leader with the lock"),
                row(
                        "api",
                        "leader unreachable of a standby cluster, somebody is fit",
                        standbyLeader()
                                .renewed(APPLIED)
                                .apiSilentFor(Duration.ofSeconds(30), false)
                                .answers(dead("n0"), replicaAt("n2", 1000)),
                        new Step.Demote(DemoteMode.GRACEFUL),
                        "demoting self because the REST API of this node does not answer"),
                asks(
                        "api",
                        "unreachable replica: others go first",
                        replica().apiSilentFor(Duration.ofSeconds(30), true).leaderMissingFor(Duration.ofSeconds(29)),
                        new Step.ReloadView()),
                asks(
                        "api",
                        "unreachable replica: nobody came",
                        replica().apiSilentFor(Duration.ofSeconds(30), true).leaderMissingFor(Duration.ofSeconds(30)),
                        ALL_PEERS),
                // ---- 9.2.1: the watchdog
                asks(
                        "9.2.1",
                        "the leader activates the watchdog first",
                        leader().renewed(APPLIED).watchdog(WatchdogCondition.IDLE),
                        new Step.ActivateWatchdog()),
                asks(
                        "9.2.1",
                        "in pause it stays off",
                        leader().paused().renewed(APPLIED).watchdog(WatchdogCondition.IDLE),
                        new Step.ManageSynchronousSet()),
                row(
                        "9.2.1",
                        "a primary whose required watchdog is not usable",
                        leader().renewed(APPLIED).watchdog(WatchdogCondition.UNUSABLE),
                        new Step.Demote(DemoteMode.IMMEDIATE),
                        "Demoting self because watchdog could not be activated"),
                row(
                        "9.2.1",
                        "a winner whose required watchdog is not usable",
                        replica().acquired(APPLIED).reloaded().watchdog(WatchdogCondition.UNUSABLE),
                        new Step.ReleaseLock(),
                        "Not promoting self because watchdog could not be activated"),
                asks(
                        "8.2.7",
                        "without its required watchdog a replica does not race",
                        replica().watchdog(WatchdogCondition.UNUSABLE),
                        new Step.ReloadView()),
                // ---- 13: the store is away
                row(
                        "13",
                        "renewal without answer",
                        leader().renewed(UNKNOWN),
                        new Step.Demote(DemoteMode.OFFLINE),
                        "demoted self because DCS is not accessible and I was a leader"),
                row(
                        "13",
                        "promotion under way, renewal without answer",
                        leader().recovering(Role.PROMOTED).renewed(UNKNOWN),
                        new Step.Demote(DemoteMode.OFFLINE),
                        "demoted self because DCS is not accessible and I was a leader"),
                row("13", "acquisition without answer", replica().acquired(UNKNOWN), rest, "DCS is not accessible"),
                row(
                        "13",
                        "renewal without answer in pause",
                        leader().paused().renewed(UNKNOWN),
                        rest,
                        "DCS is not accessible"),
                asks(
                        "13",
                        "failsafe mode: a primary asks before it steps down",
                        leader().failsafe("n0", "n1", "n2").renewed(UNKNOWN),
                        new Step.AskForFailsafe()),
                row(
                        "13",
                        "failsafe mode: all accepted",
                        leader().failsafe("n0", "n1", "n2")
                                .renewed(UNKNOWN)
                                .failsafeAnswer(new FailsafeCheck(FailsafeCheck.Outcome.ALL_ACCEPT, List.of())),
                        rest,
                        "continue to run as a leader because failsafe mode is enabled and all members are accessible"),
                row(
                        "13",
                        "failsafe mode: one did not accept",
                        leader().failsafe("n0", "n1", "n2")
                                .renewed(UNKNOWN)
                                .failsafeAnswer(FailsafeCheck.refused("n2 did not accept")),
                        new Step.Demote(DemoteMode.OFFLINE),
                        "demoted self because DCS is not accessible and I was a leader"),
                row(
                        "13",
                        "failsafe mode: a definite refusal is no store outage",
                        leader().failsafe("n0", "n1", "n2").renewed(REFUSED),
                        new Step.Demote(DemoteMode.IMMEDIATE_NOLOCK),
                        "demoted self because failed to update leader lock in DCS"),
                row(
                        "13",
                        "failsafe mode: a replica",
                        replica().failsafe("n0", "n1").acquired(UNKNOWN),
                        rest,
                        "DCS is not accessible"),
                row(
                        "13",
                        "failsafe mode in pause",
                        leader().failsafe("n1").paused().renewed(UNKNOWN),
                        rest,
                        "DCS is not accessible"),
                asks("8.2.8", "failsafe mode, in the map: races", replica().failsafe("n0", "n1", "n2"), ALL_PEERS),
                asks("8.2.8", "failsafe mode, no map yet: races", replica().failsafe(), ALL_PEERS),
                row(
                        "8.2.8",
                        "failsafe mode, not in the map, but named by an operator: may not lead either",
                        replica()
                                .failsafe("n0", "n2")
                                .request(null, "n1")
                                .reloaded()
                                .settled(new Step.ScheduleDivergenceCheck()),
                        new Step.Follow(null),
                        "following a different leader because i am not the healthiest node"),
                asks(
                        "8.4",
                        "failsafe mode: nobody waits for a candidate that is not in the map",
                        replica().failsafe("n0", "n1").request(null, "n2"),
                        ALL_PEERS),
                asks(
                        "8.4",
                        "nobody waits for a candidate of a switchover that left the synchronous set",
                        replica()
                                .config("{\"synchronous_mode\":true}")
                                .sync("n0", "n1")
                                .request("n0", "n2"),
                        new Step.AcquireLock()),
                row(
                        "8.6",
                        "a primary that must stand back does not wait before it steps down",
                        replica()
                                .primaryHere()
                                .timeline(1)
                                .clusterTimeline(2)
                                .request(null, "n2")
                                .reloaded()
                                .settled(new Step.ScheduleDivergenceCheck()),
                        new Step.Demote(DemoteMode.IMMEDIATE_NOLOCK),
                        "demoting self because i am not the healthiest node"),
                asks(
                        "8.3",
                        "the former leader may lead on by promises: votes are asked for",
                        replica().electorate("n0", "n1", "n2").answers(dead("n0"), replicaAt("n2", 900)),
                        new Step.AskForVotes()),
                asks(
                        "8.3",
                        "so many voted that it cannot",
                        replica()
                                .electorate("n0", "n1", "n2")
                                .voted("n1", "n2")
                                .answers(dead("n0"), replicaAt("n2", 900)),
                        new Step.AcquireLock()),
                row(
                        "8.3",
                        "too few voted",
                        replica().electorate("n0", "n1", "n2").voted("n1").answers(dead("n0"), dead("n2")),
                        rest,
                        "waiting for votes before taking the leader lock"),
                asks(
                        "8.3",
                        "it says that it leads no more",
                        replica().electorate("n0", "n1", "n2").resigned().answers(replicaAt("n0", 900), dead("n2")),
                        new Step.AcquireLock()),
                asks(
                        "8.3",
                        "the leader key is missing for member_lease_limit",
                        replica()
                                .electorate("n0", "n1", "n2")
                                .leaderKeyMissingFor(Duration.ofSeconds(30))
                                .answers(dead("n0"), dead("n2")),
                        new Step.AcquireLock()),
                asks(
                        "8.3",
                        "it was missing under an earlier electorate: somebody led in between",
                        replica()
                                .electorate("n0", "n1", "n2")
                                .leaderKeyMissingFor(Duration.ofSeconds(30), new Revision(6))
                                .answers(dead("n0"), dead("n2")),
                        new Step.AskForVotes()),
                asks(
                        "8.3",
                        "who is not in the electorate cannot wait for that",
                        replica()
                                .electorate("n0", "n2")
                                .leaderKeyMissingFor(Duration.ofSeconds(30))
                                .answers(dead("n0"), dead("n2")),
                        new Step.AskForVotes()),
                asks(
                        "8.3",
                        "an operator's candidate needs votes too",
                        replica().electorate("n0", "n1", "n2").request("n0", "n1"),
                        new Step.AskForVotes()),
                asks(
                        "8.3",
                        "it was this node's own lease",
                        replica().electorate("n1", "n0", "n2").answers(dead("n0"), replicaAt("n2", 900)),
                        new Step.AcquireLock()),
                asks(
                        "8.3",
                        "just started: what was promised to the former leader is not known",
                        replica()
                                .electorate("n0", "n1", "n2")
                                .started(Duration.ofSeconds(2))
                                .earlierPromises(Duration.ofSeconds(3)),
                        new Step.ReloadView()),
                asks(
                        "9.2",
                        "before a promotion the electorate is taken over",
                        replica()
                                .leaderIs("n1")
                                .electorate("n0", "n1", "n2")
                                .voted("n1", "n2")
                                .acquired(APPLIED)
                                .reloaded()
                                .syncPrepared(APPLIED),
                        new Step.TakeElectorate()),
                row(
                        "9.2",
                        "the electorate was taken over",
                        replica()
                                .leaderIs("n1")
                                .electorate("n1", "n0", "n2")
                                .acquired(APPLIED)
                                .reloaded()
                                .syncPrepared(APPLIED)
                                .electorateTaken(APPLIED),
                        new Step.Promote(),
                        "promoted self to leader by acquiring session lock"),
                row(
                        "9.2",
                        "somebody changed the electorate: the lock is given back",
                        replica()
                                .leaderIs("n1")
                                .electorate("n0", "n1", "n2")
                                .acquired(APPLIED)
                                .reloaded()
                                .syncPrepared(APPLIED)
                                .electorateTaken(REFUSED),
                        new Step.ReleaseLock(),
                        "Released the leader key because the electorate was changed, or votes have ended"),
                row(
                        "9.2",
                        "a lock that came late, and too few votes: it is given back",
                        replica()
                                .leaderIs("n1")
                                .renewed(APPLIED)
                                .electorate("n0", "n1", "n2")
                                .voted("n1")
                                .syncPrepared(APPLIED),
                        new Step.ReleaseLock(),
                        "Released the leader key because the former leader may lead on by promises"),
                asks(
                        "13",
                        "member lease: a primary without store asks for promises",
                        leader().electorate("n1", "n0", "n2").renewed(UNKNOWN),
                        new Step.AskForFailsafe()),
                row(
                        "13",
                        "member lease: enough promised",
                        leader().electorate("n1", "n0", "n2")
                                .renewed(UNKNOWN)
                                .failsafeAnswer(new FailsafeCheck(FailsafeCheck.Outcome.ENOUGH_PROMISE, List.of())),
                        rest,
                        "continue to run as a leader because enough members promised not to follow"),
                row(
                        "13",
                        "member lease: too few promised, and there is time to ask again",
                        leader().electorate("n1", "n0", "n2")
                                .renewed(UNKNOWN)
                                .failsafeAnswer(new FailsafeCheck(FailsafeCheck.Outcome.ASK_AGAIN, List.of())),
                        rest,
                        "continue to run as a leader until the lease ends"),
                asks(
                        "8.2.8",
                        "failsafe mode, not in the map: may not lead",
                        replica().failsafe("n0", "n2"),
                        new Step.ReloadView()),
                asks(
                        "8.2.8",
                        "failsafe mode, just started: what was promised before is not known",
                        replica().failsafe("n0", "n1", "n2").started(Duration.ofSeconds(29)),
                        new Step.ReloadView()),
                asks(
                        "8.2.8",
                        "failsafe mode, alone in the map: promised to nobody",
                        replica().failsafe("n1").started(Duration.ofSeconds(1)),
                        ALL_PEERS),
                asks(
                        "8.2.4",
                        "failsafe mode, just started on a running primary: keeps what it has",
                        replica().primaryHere().failsafe("n0", "n1").started(Duration.ofSeconds(1)),
                        new Step.AcquireLock()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rules")
    void decides(Row row) {
        Verdict verdict = row.given().decide();
        assertEquals(row.step(), verdict.step(), () -> verdict.toString());
        assertEquals(row.result(), verdict.result() == null ? "" : verdict.result());
    }

    @Test
    void aSwitchoverThatIsFarAwayIsAnnounced() {
        Verdict verdict = leader().renewed(APPLIED)
                .requestAt("n1", "2026-11-24T12:10:00+00:00")
                .settled(new Step.ManageSynchronousSet(), new Step.UpdateHistory())
                .decide();
        assertEquals("no action. I am (n1), the leader with the lock", verdict.result());
        assertEquals(
                List.of("Awaiting switchover at 2026-11-24T12:10:00+00:00 (in 600 seconds)"), Given.texts(verdict));
    }

    @Test
    void aRefusedSwitchoverSaysWhy() {
        Verdict verdict = leader().renewed(APPLIED)
                .request("n1", "n2")
                .answers(dead("n2"))
                .decide();
        assertInstanceOf(Step.ClearFailover.class, verdict.step());
        assertEquals(
                List.of(
                        "Member n2 is not reachable",
                        "switchover: no healthy members found, switchover is not possible",
                        "Cleaning up failover key"),
                Given.texts(verdict));
    }

    @Test
    void aStandbyThatStillStartsSaysSo() {
        Verdict follows = replica().leaderIs("n0").state(STARTING).decide();
        assertTrue(Given.texts(follows).contains("Still starting up as a standby."), follows::toString);
        Verdict runs = replica().leaderIs("n0").decide();
        assertFalse(Given.texts(runs).contains("Still starting up as a standby."), runs::toString);
    }

    @Test
    void aLeaderThatNobodyReachesSaysWhyItStays() {
        Verdict verdict = settledLeader()
                .apiSilentFor(Duration.ofSeconds(42), false)
                .answers(dead("n0"), dead("n2"))
                .decide();
        assertEquals(
                List.of(
                        "the REST API of n1 has not answered for 42 seconds, the limit is 30",
                        "Member n0 is not reachable",
                        "Member n2 is not reachable"),
                Given.texts(verdict));
    }

    @Test
    void aSwitchoverFromSomebodyElseIsCleared() {
        Verdict verdict = leader().renewed(APPLIED).request("n0", "n2").decide();
        assertInstanceOf(Step.ClearFailover.class, verdict.step());
        assertTrue(Given.texts(verdict).contains("switchover: leader name does not match: n0 != n1"));
    }

    @Test
    void aScheduledSwitchoverWaitsForItsTimeAndThenHappens() {
        Given waiting = leader().renewed(APPLIED).requestAt("n1", "2026-11-24T12:00:30+00:00");
        assertInstanceOf(Step.ManageSynchronousSet.class, waiting.decide().step());
        Verdict due = leader().renewed(APPLIED)
                .requestAt("n1", "2026-11-24T12:00:00+00:00")
                .answers(dead("n0"), replicaAt("n2", 1000))
                .decide();
        assertEquals(new Step.Demote(DemoteMode.GRACEFUL), due.step());
        Verdict stale = leader().renewed(APPLIED)
                .requestAt("n1", "2026-11-24T11:00:00+00:00")
                .decide();
        assertTrue(
                Given.texts(stale).contains("Found a stale switchover value, cleaning up: 2026-11-24T11:00:00+00:00"));
    }

    @Test
    void theLoserOfARaceIsToldWhatStoodAgainstIt() {
        Verdict lag = replica()
                .reloaded()
                .optime(3_000_000)
                .answers(dead("n0"), dead("n2"))
                .decide();
        assertEquals(List.of(POSITION), Given.texts(lag));
        Verdict ahead =
                replica().reloaded().answers(dead("n0"), replicaAt("n2", 1001)).decide();
        assertEquals(List.of("Wal position of n2 is ahead of my wal position"), Given.texts(ahead));
    }

    @Test
    void everySituationOfTheTableComesToAnEnd() {
        rules().forEach(row -> {
            Situation s = row.given().situation();
            for (int i = 0; i < 40; i++) {
                Verdict verdict = HaRules.decide(s);
                if (verdict.result() != null) {
                    return;
                }
                s = TestShell.perform(verdict.step(), s);
            }
            throw new AssertionError("no end: " + row);
        });
    }
}

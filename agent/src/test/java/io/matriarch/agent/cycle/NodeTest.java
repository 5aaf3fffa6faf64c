package io.matriarch.agent.cycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.agent.node.ScheduledRestart;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.Lsn;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import io.matriarch.model.SyncState;
import io.matriarch.model.TimeText;
import io.matriarch.model.Timing;
import io.matriarch.postgres.LocalFacts;
import io.matriarch.postgres.PromoteOutcome;
import io.matriarch.postgres.RewindCheck;
import io.matriarch.postgres.StopRequest;
import io.matriarch.store.Expectation;
import io.matriarch.store.memory.Fault;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Sequences over several cycles with a job beside them: who stops what, who keeps the lock, what is guarded when. */
class NodeTest extends NodeWorld {

    NodeTest() {
        super("{\"loop_wait\":10}");
    }

    // ---- demotion

    @Test
    void aLostLockDoesNotWaitForAnOrderlyDemotion() throws Exception {
        leader();
        postgres.stopping = request -> request.mode() == StopRequest.Mode.IMMEDIATE || !waitForCancel();
        demand("{\"leader\":\"n1\",\"member\":\"n2\"}");
        await("the orderly stop", () -> postgres.calls.contains("stop FAST"));

        other.put(Key.INITIALIZE, FakePostgres.SYSTEM, Expectation.ANY);
        other.takeLeader();
        wake();

        await("the immediate stop", () -> postgres.calls.contains("stop IMMEDIATE"));
        await("the end of it", () -> postgres.role() != Role.PRIMARY);
    }

    @Test
    void anOrderlyDemotionThatIsCutOffKeepsTheLockAndTheRole() throws Exception {
        leader();
        postgres.stopping = request -> !waitForCancel();
        demand("{\"leader\":\"n1\",\"member\":\"n2\"}");
        await("the orderly stop", () -> postgres.calls.contains("stop FAST"));

        postgres.cancel();
        await("its end", () -> postgres.calls.contains("stop FAST failed"));
        wake();
        await("the next one", () -> postgres.calls.indexOf("stop FAST") != postgres.calls.lastIndexOf("stop FAST"));

        assertEquals("n1", other.load().leaderName());
        assertEquals(Role.PRIMARY, postgres.role());
        assertFalse(postgres.calls.contains("start REPLICA"));
    }

    @Test
    void whatBecomesAStandbyClusterArchivesItsLastSegmentAndKeepsTheLock() throws Exception {
        leader();
        postgres.archiving = true;
        other.put(Key.CONFIG, "{\"loop_wait\":10,\"standby_cluster\":{\"host\":\"10.0.0.9\"}}", Expectation.ANY);
        wake();

        await("the start as standby leader", () -> postgres.calls.contains("start STANDBY_LEADER"));
        assertTrue(postgres.calls.indexOf("stop FAST") < postgres.calls.indexOf("archive"));
        assertTrue(postgres.calls.indexOf("archive") < postgres.calls.indexOf("start STANDBY_LEADER"));
        await("the standby leader", () -> node.status().lastResult().endsWith("the standby leader with the lock"));
        assertEquals("n1", leader(other));
        assertNull(guard.guarded);
    }

    @Test
    void withoutArchiveTheStandbyClusterIsLedByWhoeverHoldsTheCheckpoint() throws Exception {
        leader();
        other.publishMember(REPLICA);
        postgres.stopping = request -> {
            Objects.requireNonNull(request.onShutdownCheckpoint()).accept(new Lsn(1000));
            return true;
        };
        other.put(Key.CONFIG, "{\"loop_wait\":10,\"standby_cluster\":{\"host\":\"10.0.0.9\"}}", Expectation.ANY);
        wake();

        await("the release", () -> leader(other) == null);
        other.takeLeader();
        await("the start as replica", () -> postgres.calls.contains("start REPLICA"));
        assertFalse(postgres.calls.contains("archive"));
    }

    // ---- reinitialisation

    @Test
    void aReplicaKeepsItsDataUntilTheSourceOfTheNewOneAnswers() throws Exception {
        other.publishMember(REPLICA);
        other.takeLeader();
        run();
        await("the first cycle", () -> "n2".equals(node.status().view().leaderName()));
        postgres.objection = "PostgreSQL of n2 accepts no connections";
        for (boolean force : List.of(false, true)) {
            assertEquals(Optional.of("PostgreSQL of n2 accepts no connections"), node.reinitialize(force, true));
        }
        assertFalse(postgres.calls.contains("stop IMMEDIATE"), postgres.calls.toString());

        postgres.objection = null;
        assertEquals(Optional.empty(), node.reinitialize(true, true));
        await("the clone", () -> postgres.calls.contains("clone"));
        assertTrue(postgres.calls.contains("stop IMMEDIATE"));
    }

    @Test
    void aStandbyThatIsHeadingForATimelineOfNobodyIsTurnedBackButNotInPause() throws Exception {
        other.publishMember(REPLICA.replace("replica\"", "primary\",\"timeline\":9"));
        other.put(Key.INITIALIZE, FakePostgres.SYSTEM, Expectation.ANY);
        other.put(Key.SYNC, "{\"leader\":\"n2\",\"sync_standby\":\"n1,n3\",\"quorum\":1}", Expectation.ANY);
        other.takeLeader();
        postgres.rewindUsable = true;
        postgres.rewindCheck = RewindCheck.ASTRAY;
        config("{\"loop_wait\":10,\"pause\":true}");
        run();
        await("a check", () -> postgres.calls.contains("check divergence"));
        await("it follows", () -> postgres.syncKey.quorum() == 1);
        cycle();
        assertFalse(postgres.calls.contains("turn back"), () -> "" + postgres.calls);

        other.put(Key.CONFIG, "{\"loop_wait\":10}", Expectation.ANY);
        wake();
        await("it is turned back", () -> postgres.calls.contains("turn back"));
    }

    @Test
    void aStandbyThatDoesNotStreamIsComparedOnceMore() throws Exception {
        other.publishMember(REPLICA.replace("replica", "primary"));
        other.put(Key.INITIALIZE, FakePostgres.SYSTEM, Expectation.ANY);
        other.takeLeader();
        postgres.rewindUsable = true;
        run();
        await("the first cycle", () -> "n2".equals(node.status().view().leaderName()));
        cycle();
        postgres.rewindCheck = RewindCheck.ASTRAY;
        other.publishMember(REPLICA.replace("replica", "primary"));
        time.advance(Duration.ofSeconds(10));
        wake();
        await("it is turned back", () -> postgres.calls.contains("turn back"));
    }

    // ---- the own REST API

    @Test
    void aLeaderWhoseApiIsDeadHandsOverOnceAndNotInARace() throws Exception {
        leader();
        node.apiHealth().silent(time.now().minus(Timing.DEFAULT.ttl()), "Read timed out");
        cycle();
        assertEquals("n1", leader(other), "nobody is there who could lead");
        assertFalse(postgres.calls.contains("stop FAST"));

        postgres.stopping = request -> {
            Objects.requireNonNull(request.onShutdownCheckpoint()).accept(new Lsn(1000));
            return true;
        };
        other.publishMember(REPLICA);
        wake();
        await("the release", () -> leader(other) == null);
        other.takeLeader();
        await("the start as replica", () -> postgres.calls.contains("start REPLICA"));
        await("a replica that follows", () -> node.status().lastResult().contains("secondary"));
        assertTrue(told.stream()
                .anyMatch(text -> text.startsWith("the REST API of this node does not answer")
                        && text.endsWith("Read timed out")));

        node.apiHealth().answered();
        cycle();
        assertTrue(told.contains("the REST API of this node answers again"));
    }

    // ---- what is guarded

    @Test
    void anOrderlyEndReleasesTheGuardOnceNobodyCanWrite() throws Exception {
        leader();
        assertNotNull(guard.guarded);
        var whileStopping = new AtomicReference<Boolean>();
        postgres.stopping = request -> {
            request.onSafePoint().run();
            whileStopping.set(guard.guarded == null);
            return true;
        };

        node.requestStop();
        assertTrue(thread.join(LIMIT));

        assertEquals(Boolean.TRUE, whileStopping.get());
        assertTrue(other.load().isUnlocked());
    }

    @Test
    void aPrimaryThatIsStartedAgainIsGuardedBeforeItAcceptsConnections() throws Exception {
        leader();
        var crashed = postgres.postmaster;
        postgres.started = started(postgres.started);
        postgres.postmaster = null;
        wake();

        await("the start", () -> stateWhenGuarded.get() != null);
        assertEquals(PostgresState.STARTING, stateWhenGuarded.get());
        assertFalse(postgres.postmaster.equals(crashed));
    }

    // ---- the post-crash gate

    private static final String GATED =
            "{\"loop_wait\":10,\"synchronous_mode\":true,\"matriarch\":{\"post_crash_gate\":true}}";

    private void sync(String value) {
        other.put(Key.SYNC, value, Expectation.ANY);
    }

    @Test
    void aCrashedPrimaryIsStartedBehindTheGateWhichOpensWhenNobodyElseCanBeElected() throws Exception {
        config(GATED);
        sync("{\"leader\":\"n1\",\"quorum\":0,\"sync_standby\":\"n2\"}");
        leader();
        other.publishMember(REPLICA);
        postgres.controlState = "in production";
        postgres.postmaster = null;
        wake();

        await("the reason", () -> node.status().findings().gate().isPresent() && postgres.postmaster != null);
        assertTrue(postgres.calls.indexOf("close the gate") < postgres.calls.indexOf("start PRIMARY"));
        cycle();
        assertTrue(postgres.gateClosed);
        assertTrue(other.load().member("n1").orElseThrow().data().has("post_crash_gate"));

        sync("{\"leader\":\"n1\",\"quorum\":0,\"sync_standby\":null}");
        wake();
        await(
                "the end",
                () -> !postgres.gateClosed && node.status().findings().gate().isEmpty());
    }

    @Test
    void anAgentOpensTheGateThatItsPredecessorLeftClosed() throws Exception {
        config(GATED);
        sync("{\"leader\":\"n1\",\"quorum\":0,\"sync_standby\":\"n2\"}");
        postgres.gateClosed = true;
        leader();
        cycle();
        assertTrue(postgres.gateClosed);
        assertTrue(node.status().findings().gate().isPresent());

        other.put(Key.CONFIG, "{\"loop_wait\":10,\"synchronous_mode\":true}", Expectation.ANY);
        wake();
        await("the end", () -> !postgres.gateClosed);
    }

    @Test
    void aNewPrimaryOfQuorumCommitStandsInTheSyncKeyBeforeItPromotes() throws Exception {
        syncKeeper = SynchronousSetKeeper::new;
        config("{\"loop_wait\":10,\"synchronous_mode\":\"quorum\"}");
        sync("{\"leader\":\"n2\",\"quorum\":1,\"sync_standby\":\"n1,n3\"}");
        other.publishMember(REPLICA);
        server.connect("n3", Timing.DEFAULT).publishMember(REPLICA);
        var key = new AtomicReference<SyncState>();
        var promoting = postgres.promoting;
        postgres.promoting = hook -> {
            key.set(view().sync());
            return promoting.apply(hook);
        };
        run();

        await("the promotion", () -> key.get() != null);
        assertEquals("n1", key.get().leader());
        assertEquals(1, key.get().quorum());
        assertEquals(List.of("n2", "n3"), key.get().voters());
    }

    /** It turns out to be this node's in the next cycle, when the key names others already. */
    @Test
    void aLockWhoseAnswerWasLostAndWhoseSyncKeyHasChangedIsGivenUp() throws Exception {
        syncKeeper = SynchronousSetKeeper::new;
        config("{\"loop_wait\":10,\"synchronous_mode\":true}");
        sync("{\"leader\":\"n2\",\"quorum\":0,\"sync_standby\":\"n1\"}");
        other.publishMember(REPLICA);
        polled = () -> store.fault(Fault.ANSWERS_LOST);
        run();
        await("the lock", () -> "n1".equals(leader(other)));
        polled = () -> {};
        sync("{\"leader\":\"n2\",\"quorum\":0,\"sync_standby\":\"n3\"}");

        store.fault(Fault.NONE);
        wake();

        await("its release", () -> leader(other) == null);
        cycle();
        assertEquals("n2", view().sync().leader());
        assertFalse(postgres.calls.contains("promote"));
    }

    private final AtomicReference<PostgresState> stateWhenGuarded = new AtomicReference<>();

    private Runnable started(Runnable before) {
        return () -> {
            before.run();
            if (postgres.postmaster.equals(guard.guarded)) {
                stateWhenGuarded.set(postgres.state());
            }
        };
    }

    @Test
    void aDataDirectoryThatIsGoneStopsPostgresqlBeforeTheLockIsGivenUp() throws Exception {
        leader();
        var leaderAtStop = new AtomicReference<String>();
        postgres.stopping = request -> {
            leaderAtStop.set(leader(other));
            return true;
        };
        postgres.directory = new LocalFacts.DataDirectory.Inaccessible("input/output error");
        wake();

        await("the release", () -> leader(other) == null);
        assertEquals("n1", leaderAtStop.get());
        assertNull(postgres.postmaster);
        assertNull(guard.guarded);
    }

    @Test
    void whatCannotBeStoppedOverAMissingDataDirectoryKeepsTheLock() throws Exception {
        leader();
        postgres.stopping = request -> false;
        postgres.directory = new LocalFacts.DataDirectory.Empty();
        wake();

        await("the stop", () -> postgres.calls.contains("stop IMMEDIATE failed"));
        await("the end of that cycle", () -> node.status().lastResult().contains("could not be stopped"));
        assertEquals("n1", leader(other));
    }

    @Test
    void aPromotionUnderWayIsStoppedWhenTheLockIsLost() throws Exception {
        var mayOpen = new CountDownLatch(1);
        postgres.promoting = hook -> {
            assertTrue(hook.mayGoOn());
            postgres.role = Role.PROMOTED;
            return cancelledBefore(mayOpen) ? PromoteOutcome.FAILED : PromoteOutcome.PROMOTED;
        };
        run();
        await("the promotion", () -> postgres.role() == Role.PROMOTED);

        other.takeLeader();
        wake();

        await("the immediate stop", () -> postgres.calls.contains("stop IMMEDIATE"));
    }

    @Test
    void aPromotionUnderWayIsStoppedWhenTheStoreIsAway() throws Exception {
        postgres.promoting = hook -> {
            assertTrue(hook.mayGoOn());
            postgres.role = Role.PROMOTED;
            return cancelledBefore(new CountDownLatch(1)) ? PromoteOutcome.FAILED : PromoteOutcome.PROMOTED;
        };
        run();
        await("the promotion", () -> postgres.role() == Role.PROMOTED);

        store.fault(Fault.UNREACHABLE);

        await("the stop", () -> postgres.calls.contains("stop FAST"));
    }

    // ---- scheduled restarts, release of a synchronous standby

    @Test
    void aScheduledRestartIsRunInItsTime() throws Exception {
        leader();
        cycle();
        String started = TimeText.spaced(node.status().snapshot().orElseThrow().postmasterStartTime());
        OffsetDateTime due = time.wallClock().plusSeconds(60).atOffset(ZoneOffset.UTC);
        assertTrue(node.scheduleRestart(new ScheduledRestart(due, new JsonObject(), started)));
        cycle();
        assertFalse(postgres.calls.contains("restart"));

        time.advance(Duration.ofSeconds(20));
        cycle();
        time.advance(Duration.ofSeconds(20));
        cycle();
        time.advance(Duration.ofSeconds(20));
        wake();
        await("the restart", () -> postgres.calls.contains("restart"));
    }

    @Test
    void aSynchronousStandbyAsksToBeReleasedBeforeItStops() throws Exception {
        other.publishMember(REPLICA);
        other.put(Key.INITIALIZE, FakePostgres.SYSTEM, Expectation.ANY);
        other.takeLeader();
        config("{\"loop_wait\":10,\"synchronous_mode\":true}");
        other.put(Key.SYNC, "{\"leader\":\"n2\",\"sync_standby\":\"n1\"}", Expectation.ANY);
        run();
        await("a first cycle", () -> view().member("n1").isPresent());
        var tagsAtRelease = new AtomicReference<String>();
        Thread leader = Thread.ofVirtual().start(() -> {
            await("the request", () -> view().member("n1").orElseThrow().tags().nosync());
            tagsAtRelease.set(postgres.calls.toString());
            other.put(Key.SYNC, "{\"leader\":\"n2\",\"sync_standby\":\"\"}", Expectation.ANY);
        });

        node.requestStop();
        assertTrue(thread.join(LIMIT));
        assertTrue(leader.join(LIMIT));
        assertFalse(tagsAtRelease.get().contains("stop"), tagsAtRelease.get());
        assertTrue(postgres.calls.contains("stop FAST"));
    }

    /** It knows what is due before a start after a crash: the gate, and the names that the sync key promises. */
    @Test
    void aServerThatDoesNotRunIsStartedByTheCycleOnRequest() throws Exception {
        leader();
        postgres.postmaster = null;

        assertTrue(node.restart(new JsonObject()).success());

        assertTrue(postgres.calls.contains("start PRIMARY"), () -> "" + postgres.calls);
        assertFalse(postgres.calls.contains("restart"), () -> "" + postgres.calls);
    }

    // ---- limits of a start

    @Test
    void theTimeoutOfARestartCountsForThatRestartOnly() throws Exception {
        leader();
        assertTrue(
                node.restart(Json.parseObject("{\"timeout\": 5}").orElseThrow()).success());
        cycle();
        cycle();

        postgres.startsSlowly = true;
        postgres.postmaster = null;
        wake();
        await("the start", () -> postgres.calls.contains("start PRIMARY"));
        cycle();
        cycle();
        time.advance(Duration.ofSeconds(6));
        wake();

        await("the countdown", () -> node.status().lastResult().contains("294 seconds until timeout"));
    }

    @Test
    void aLeaderWhoseServerDoesNotStartGivesTheLockUp() throws Exception {
        leader();
        postgres.startsFail = true;
        postgres.postmaster = null;
        wake();
        await("the start", () -> postgres.calls.contains("start PRIMARY"));

        await("the end of the lock", () -> leader(other) == null);
        await(
                "the result",
                () -> node.status()
                        .lastResult()
                        .equals("removed leader key after trying and failing to start postgres"));
    }

    /** Else the server would be started without a comparison, as nobody knows where its WAL ends. */
    @Test
    void aCrashRecoveryThatWasCutOffIsDoneAgain() throws Exception {
        leader();
        postgres.controlState = "in production";
        postgres.recoversForEver = true;
        postgres.rewindUsable = true;
        postgres.role = Role.PRIMARY;
        postgres.postmaster = null;
        store.releaseLeader(view());
        other.takeLeader();
        wake();
        await("crash recovery", () -> postgres.calls.contains("crash recovery"));
        wake();
        await("another one", () -> Collections.frequency(postgres.calls, "crash recovery") == 2);
    }

    @Test
    void crashRecoveryInSingleUserModeIsMeasured() throws Exception {
        leader();
        other.publishMember(REPLICA);
        postgres.controlState = "in production";
        postgres.recoversForEver = true;
        postgres.role = Role.DEMOTED;
        postgres.rewindUsable = true;
        postgres.postmaster = null;
        wake();
        await("crash recovery", () -> postgres.calls.contains("crash recovery"));

        for (int seconds = 0; seconds < 300; seconds += 20) {
            assertFalse(postgres.cancelled.get());
            other.publishMember(REPLICA);
            time.advance(Duration.ofSeconds(20));
            cycle();
        }
        wake();

        await("the end of the lock", () -> leader(other) == null);
        assertTrue(postgres.calls.contains("stop IMMEDIATE"));
    }

    @Test
    void onlyWhoseLeaseIsValidMayStartAPrimary() throws Exception {
        leader();
        assertTrue(postgres.mayLead.getAsBoolean());
        store.fault(Fault.UNREACHABLE);
        time.advance(Duration.ofSeconds(31));
        assertFalse(postgres.mayLead.getAsBoolean());
    }

    @Test
    void inPauseAnOperatorMayStartAPrimaryUnlessSomebodyElseLeads() throws Exception {
        config("{\"pause\":true}");
        run();
        await("a cycle", () -> node.status().lastResult().contains("no action"));
        assertTrue(postgres.mayLead.getAsBoolean());
        other.publishMember(REPLICA);
        other.takeLeader();
        await("the other", () -> "n2".equals(node.status().view().leaderName()));
        assertFalse(postgres.mayLead.getAsBoolean());
    }

    @Test
    void inPauseAServerThatAnotherOneLedAfterIsNotStartedAsPrimary() throws Exception {
        config("{\"pause\":true,\"synchronous_mode\":true}");
        other.put(Key.HISTORY, "[[1,1000,\"no recovery target specified\"]]", Expectation.ANY);
        sync("{\"leader\":\"n2\",\"quorum\":0,\"sync_standby\":\"n3\"}");
        run();
        await("a cycle", () -> node.status().lastResult().contains("no action"));
        assertFalse(postgres.mayLead.getAsBoolean());

        sync("{\"leader\":\"n1\",\"quorum\":0,\"sync_standby\":\"n3\"}");
        await("the change", () -> node.status().view().sync().isLeader("n1"));
        assertTrue(postgres.mayLead.getAsBoolean());
    }
}

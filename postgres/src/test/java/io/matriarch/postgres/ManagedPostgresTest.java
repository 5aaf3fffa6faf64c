package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.History;
import io.matriarch.model.Lsn;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One life of a server after the other, on a real PostgreSQL. */
class ManagedPostgresTest {

    @TempDir
    private Path directory;

    @Test
    void aPrimaryIsMadeObservedStoppedAndStarted() throws Exception {
        try (var node = PostgresUnderTest.create("a", directory).bootstrapped()) {
            ManagedPostgres postgres = node.postgres();
            LocalFacts facts = postgres.observe();
            assertEquals(PostgresState.RUNNING, facts.state());
            assertEquals(1, facts.snapshot().orElseThrow().timeline());
            assertTrue(facts.snapshot().orElseThrow().flushed().isKnown());
            assertTrue(facts.systemIdentifier().isPresent());
            assertTrue(facts.controlData().isEmpty());

            assertEquals(StopOutcome.STOPPED, postgres.stop(StopRequest.fast(true, null)));
            LocalFacts stopped = postgres.observe();
            assertEquals(PostgresState.STOPPED, stopped.state());
            assertFalse(stopped.processRunning());
            assertEquals("shut down", stopped.controlData().orElseThrow().clusterState());
            assertTrue(postgres.shutdownPosition().isPresent());

            postgres.gateStartsAsPrimary(() -> false);
            assertEquals(StartOutcome.FAILED, postgres.restart(null), "a restart takes the role from the directory");
            assertFalse(postgres.observe().processRunning());

            postgres.gateStartsAsPrimary(() -> true);
            Path mark =
                    Files.writeString(node.root().resolve("data.rejoin"), "{\"step\": \"rewind\", \"source\": \"b\"}");
            assertTrue(postgres.interruptedRejoin().isPresent());
            assertEquals(StartOutcome.FAILED, postgres.restart(null), "half of a rewind is never started");
            assertFalse(postgres.observe().processRunning());
            Files.delete(mark);

            assertEquals(StartOutcome.STARTED, postgres.start(new StartRequest(Role.PRIMARY, null, null, false)));
            assertEquals(Role.PRIMARY, postgres.observe().role());
        }
    }

    @Test
    void theServerOutlivesTheAgentAndIsAdoptedByTheNext() throws Exception {
        try (var node = PostgresUnderTest.create("a", directory).bootstrapped()) {
            Postmaster before = Objects.requireNonNull(node.postgres().postmaster());
            var entry = ProcessTable.entry(before.pid()).orElseThrow();
            assertNotEquals(ProcessHandle.current().pid(), entry.parent());

            node.replaceAgent();

            assertEquals(before, node.postgres().postmaster());
            assertEquals(PostgresState.RUNNING, node.postgres().state());
            assertEquals(Role.PRIMARY, node.postgres().role());
            assertTrue(node.postgres().anyCallbackCalled());
            assertEquals(List.of(), node.postgres().pendingRestart());
        }
    }

    @Test
    void aCallbackThatHangsHoldsNothingUpAndIsEndedByTheNextOne() throws Exception {
        Path script = PostgresUnderTest.callbackScript(directory, "a");
        Path pids = script.resolveSibling("pids");
        Files.writeString(script, "echo $$ >> " + pids + "\nexec sleep 100000\n", StandardOpenOption.APPEND);
        try (var node = PostgresUnderTest.create("a", directory, "callbacks: {on_restart: " + script + "}")
                .bootstrapped()) {
            assertEquals(StartOutcome.STARTED, node.postgres().restart(null));
            node.await("the first one runs", () -> numbers(pids).size() == 1);

            assertEquals(StartOutcome.STARTED, node.postgres().restart(null));

            node.await("the second one runs", () -> numbers(pids).size() == 2);
            node.await("the first one is gone", () -> !runs(numbers(pids).getFirst()));
            assertTrue(runs(numbers(pids).getLast()));
            signal("KILL", numbers(pids).getLast());
        }
    }

    /** The agent's sessions look in {@code pg_catalog} first, whatever a role or a database is set to. */
    @Test
    void functionsThatShadowThoseOfTheCatalogueAreNotCalled() throws Exception {
        try (var node = PostgresUnderTest.create("a", directory).bootstrapped()) {
            node.sql("CREATE SCHEMA evil");
            node.sql("CREATE FUNCTION evil.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS 'SELECT true'");
            node.sql("CREATE FUNCTION evil.current_setting(text) RETURNS text LANGUAGE sql AS 'SELECT ''evil''::text'");
            node.sql("ALTER ROLE ALL SET search_path = evil, pg_catalog");
            node.replaceAgent();

            assertEquals("t", node.query("SELECT pg_is_in_recovery()"), "others are taken in");
            assertFalse(node.snapshot().orElseThrow().inRecovery());
            assertEquals(Role.PRIMARY, node.postgres().role());
            assertEquals("", node.snapshot().orElseThrow().synchronousStandbyNames());
        }
    }

    @Test
    void aReplicaFollowsIsPromotedAndTheOldPrimaryFollowsIt() throws Exception {
        Path script = PostgresUnderTest.callbackScript(directory, "b");
        try (var a = PostgresUnderTest.create("a", directory).bootstrapped();
                var b = PostgresUnderTest.create(
                                "b", directory, "callbacks: {on_start: " + script + ", on_role_change: " + script + "}")
                        .cloneOf(a)) {
            b.await("streaming", b::isStreaming);
            assertEquals(1, b.snapshot().orElseThrow().timeline());
            assertEquals(RecoveryChange.NONE, b.postgres().recoveryChange(a.asUpstream(null)));

            a.postgres().stop(StopRequest.fast(true, null));
            Lsn end = a.postgres().shutdownPosition().orElseThrow();
            b.await(
                    "all of it is received",
                    () -> !end.isAfter(b.snapshot().orElseThrow().position()));

            assertEquals(PromoteOutcome.PROMOTED, b.postgres().promote(4, () -> true));
            assertEquals(Role.PRIMARY, b.postgres().role());
            assertEquals(4, b.snapshot().orElseThrow().timeline(), "2 and 3 belong to somebody else");
            assertEquals(1, b.postgres().localHistory(4).getFirst().timeline());
            assertFalse(Files.exists(b.dataDirectory().resolve("standby.signal")));
            b.await("callbacks", () -> b.callbacks().size() == 2);
            assertEquals(List.of("on_start replica test", "on_role_change primary test"), b.callbacks());

            assertEquals(
                    StartOutcome.STARTED,
                    a.postgres().start(new StartRequest(Role.REPLICA, b.asUpstream(null), null, true)));
            a.await("streaming from the new primary", a::isStreaming);
            assertEquals(4, a.snapshot().orElseThrow().timeline());
            assertEquals(List.of(), a.postgres().localHistory(3));
        }
    }

    /** The crash of any backend makes the postmaster begin recovery anew: found by the simulator's seed 5000050. */
    @Test
    void aPromotionThatACrashMadePostgresForgetIsAskedForAgain() throws Exception {
        try (var a = PostgresUnderTest.create("a", directory).bootstrapped();
                var b = PostgresUnderTest.create("b", directory).cloneOf(a)) {
            b.await("streaming", b::isStreaming);
            a.postgres().stop(StopRequest.fast(true, null));
            long startup = pidOf(b, "startup");
            long checkpointer = pidOf(b, "checkpointer");
            signal("STOP", startup); // so that it does not end the promotion before the crash
            try (var executor = Executors.newSingleThreadExecutor()) {
                var outcome = executor.submit(() -> b.postgres().promote(2, () -> true));
                b.await("the promotion is asked for", () -> b.postgres().role() == Role.PROMOTED);

                signal("KILL", checkpointer);

                assertEquals(PromoteOutcome.PROMOTED, outcome.get(60, TimeUnit.SECONDS));
                assertEquals(Role.PRIMARY, b.postgres().role());
            } finally {
                signal("KILL", startup);
            }
        }
    }

    /** Else it would give the lock away, and the server become a second primary (seed 8402449). */
    @Test
    void aPromotionThatItsAgentDidNotLiveToSeeIsNoticedAndFinished() throws Exception {
        try (var a = PostgresUnderTest.create("a", directory).bootstrapped();
                var b = PostgresUnderTest.create("b", directory, "recovery_conf: {recovery_end_command: sleep 4}")
                        .cloneOf(a)) {
            b.await("streaming", b::isStreaming);
            b.replaceAgent();
            b.postgres().observe();
            assertEquals(Role.REPLICA, b.postgres().role());

            b.query("SELECT pg_promote(false)");
            b.await(
                    "the server has seen the request",
                    () -> !Files.exists(b.dataDirectory().resolve("promote")));
            b.replaceAgent();
            b.postgres().observe();

            assertEquals(Role.PROMOTED, b.postgres().role());
            assertEquals(PromoteOutcome.PROMOTED, b.postgres().finishPromotion());
            assertEquals(Role.PRIMARY, b.postgres().role());
        }
    }

    /** It was taken for one that starts, and waited for (seed 8284524). */
    @Test
    void aServerThatIsFoundShuttingDownIsNotTakenForOneThatStarts() throws Exception {
        try (var a = PostgresUnderTest.create("a", directory).bootstrapped()) {
            long checkpointer = pidOf(a, "checkpointer");
            signal("STOP", checkpointer); // the shutdown waits for its checkpoint
            try {
                signal("INT", Objects.requireNonNull(a.postgres().postmaster()).pid());
                a.await(
                        "it shuts down",
                        () -> PostmasterPidFile.read(a.dataDirectory())
                                .filter(PostmasterPidFile::stopping)
                                .isPresent());

                a.replaceAgent();

                assertEquals(PostgresState.STOPPING, a.postgres().observe().state());
                assertEquals(StopOutcome.STOPPED, a.postgres().stop(StopRequest.fast(false, Duration.ofMillis(500))));
            } finally {
                signal("CONT", checkpointer);
            }
        }
    }

    /** PostgreSQL alone would name timeline 2 as the parent of 3, which 3 has nothing of (seed 8221692). */
    @Test
    void aStandbyThatHasNotReachedTheNewestTimelineIsPromotedFromItsOwn() throws Exception {
        try (var a = PostgresUnderTest.create("a", directory).bootstrapped();
                var b = PostgresUnderTest.create("b", directory).cloneOf(a);
                var late = PostgresUnderTest.create("late", directory).cloneOf(a)) {
            late.await("streaming", late::isStreaming);
            late.postgres().stop(StopRequest.fast(true, null));
            a.sql("CREATE TABLE t (id int)");
            a.postgres().stop(StopRequest.fast(true, null));
            Lsn end = a.postgres().shutdownPosition().orElseThrow();
            b.await(
                    "all of it is received",
                    () -> !end.isAfter(b.snapshot().orElseThrow().position()));
            assertEquals(PromoteOutcome.PROMOTED, b.postgres().promote(2, () -> true));
            String file = "pg_wal/00000002.history";
            Files.copy(b.dataDirectory().resolve(file), late.dataDirectory().resolve(file));
            giveToOwnerOf(late.dataDirectory(), late.dataDirectory().resolve(file));
            late.postgres().start(new StartRequest(Role.REPLICA, null, null, false));
            Lsn reached = late.snapshot().orElseThrow().position();

            assertEquals(PromoteOutcome.PROMOTED, late.postgres().promote(3, () -> true));

            List<History.Entry> history = late.postgres().localHistory(3);
            assertEquals(
                    List.of(1), history.stream().map(History.Entry::timeline).toList());
            assertFalse(history.getFirst().switchPoint().isAfter(reached), history::toString);
            assertEquals(Role.PRIMARY, late.postgres().role());
        }
    }

    private static void giveToOwnerOf(Path owned, Path file) throws Exception {
        new ProcessBuilder("chown", "--reference=" + owned, file.toString())
                .start()
                .waitFor();
    }

    private static long pidOf(PostgresUnderTest node, String process) {
        return Long.parseLong(node.query("SELECT pid FROM pg_stat_activity WHERE backend_type = '" + process + "'"));
    }

    private static void signal(String name, long pid) throws Exception {
        new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor(10, TimeUnit.SECONDS);
    }

    @Test
    void aReplicaChangesItsUpstreamByReloadAlone() throws Exception {
        try (var a = PostgresUnderTest.create("a", directory).bootstrapped();
                var b = PostgresUnderTest.create("b", directory).cloneOf(a);
                var c = PostgresUnderTest.create("c", directory).cloneOf(a)) {
            c.await("streaming", c::isStreaming);
            Postmaster before = c.postgres().postmaster();

            assertEquals(RecoveryChange.RELOAD, c.postgres().recoveryChange(b.asUpstream(null)));
            assertEquals(FollowOutcome.RELOADED, c.postgres().follow(Role.REPLICA, b.asUpstream(null)));

            b.await(
                    "c is behind b",
                    () -> b.snapshot().orElseThrow().walSenders().stream()
                            .anyMatch(sender -> sender.applicationName().equals("c")));
            c.await(
                    "nothing is left to change",
                    () -> c.postgres().recoveryChange(b.asUpstream(null)) == RecoveryChange.NONE);
            assertEquals(before, c.postgres().postmaster());
        }
    }

    @Test
    void whatASessionSaysThatHasNotReadTheFilesAgainIsNotRemembered() throws Exception {
        try (var a = PostgresUnderTest.create("a", directory).bootstrapped();
                var c = PostgresUnderTest.create("c", directory).cloneOf(a)) {
            c.await("streaming", c::isStreaming);
            assertEquals(RecoveryChange.NONE, c.postgres().recoveryChange(a.asUpstream(null)));
            long postmaster = Objects.requireNonNull(c.postgres().postmaster()).pid();

            signal("STOP", postmaster); // it passes no reload on to its sessions
            assertEquals(FollowOutcome.RELOADED, c.postgres().follow(Role.REPLICA, null));
            assertEquals(RecoveryChange.RELOAD, c.postgres().recoveryChange(null));
            signal("CONT", postmaster);

            c.await("nobody is followed", () -> c.postgres().recoveryChange(null) == RecoveryChange.NONE);
            assertEquals(RecoveryChange.RELOAD, c.postgres().recoveryChange(a.asUpstream(null)));
        }
    }

    @Test
    void aVanishedPostmasterIsToldOnceAndSeenAtOnce() throws Exception {
        try (var node = PostgresUnderTest.create("a", directory).bootstrapped()) {
            var told = new CountDownLatch(1);
            node.postgres().onPostmasterExit(told::countDown);
            Postmaster postmaster = Objects.requireNonNull(node.postgres().postmaster());

            ProcessHandle.of(postmaster.pid()).orElseThrow().destroyForcibly();

            assertTrue(told.await(10, TimeUnit.SECONDS));
            assertNull(node.postgres().postmaster());
            assertFalse(node.postgres().observe().processRunning());
            assertEquals(
                    "in production",
                    node.postgres().observe().controlData().orElseThrow().clusterState());
            assertEquals(
                    StartOutcome.STARTED,
                    node.postgres().start(new StartRequest(Role.PRIMARY, null, Duration.ofSeconds(30), false)));
        }
    }

    @Test
    void aChangedParameterIsReloadedAndOneThatNeedsARestartIsReported() throws Exception {
        try (var node = PostgresUnderTest.create("a", directory).bootstrapped()) {
            node.configure("""
                {"postgresql": {"parameters": {"work_mem": "8MB", "max_connections": 90}}}\
                """);

            assertEquals("8MB", node.query("SHOW work_mem"));
            assertEquals(
                    List.of(new PendingRestart("max_connections", "100", "90")),
                    node.postgres().pendingRestart());

            assertEquals(StartOutcome.STARTED, node.postgres().restart(null));
            assertEquals("90", node.query("SHOW max_connections"));
            assertEquals(List.of(), node.postgres().pendingRestart());
            assertEquals(Role.PRIMARY, node.postgres().role());
        }
    }

    @Test
    void aClusterIsMadeFromABackupByTheUsersOwnMethod() throws Exception {
        try (var a = PostgresUnderTest.create("a", directory).bootstrapped()) {
            a.sql("CREATE TABLE t AS SELECT 7 AS answer");
            Path backup = directory.resolve("backup");
            var basebackup = new ProcessBuilder(
                            TestNode.binDirectory(directory)
                                    .resolve("pg_basebackup")
                                    .toString(),
                            "--pgdata=" + backup,
                            "--checkpoint=fast",
                            "--dbname=host=127.0.0.1 user=postgres port=" + a.port())
                    .inheritIO();
            basebackup.environment().put("PGPASSWORD", "super secret");
            assertEquals(0, basebackup.start().waitFor());
            Path restore = directory.resolve("restore.sh");
            Files.writeString(restore, """
                #!/bin/sh
                for word; do case $word in --datadir=*) to=${word#--datadir=} ;; esac; done
                cp -a %s "$to"
                """.formatted(backup));
            restore.toFile().setExecutable(true);

            try (var b = PostgresUnderTest.createByMethod(
                            "b", directory, restore, "{restore_command: 'false', recovery_target_action: promote}")
                    .bootstrapped()) {
                assertEquals("7", b.query("SELECT answer FROM t"));
                assertEquals(2, b.snapshot().orElseThrow().timeline());
                assertEquals(
                        a.postgres().observe().systemIdentifier(),
                        b.postgres().observe().systemIdentifier());
                assertFalse(new DataFiles(b.dataDirectory()).hasSignal());
                for (String file : List.of("pg_hba.conf", "pg_hba.conf.backup")) {
                    List<String> lines = Files.readAllLines(b.dataDirectory().resolve(file));
                    assertTrue(lines.contains("host replication replicator all scram-sha-256"), lines.toString());
                    assertTrue(lines.stream().noneMatch(line -> line.contains("\ttrust")), lines.toString());
                }
                assertEquals(StartOutcome.STARTED, b.postgres().restart(null));
                assertEquals("on", b.query("SHOW hot_standby"));
            }
        }
    }

    @Test
    void aNewPortWaitsForTheRestartHoweverOftenItIsReloaded() throws Exception {
        try (var node = PostgresUnderTest.create("a", directory).bootstrapped()) {
            int other = TestNode.freePort();
            String before = node.postgres().connUrl();
            node.configureLocally("connect_address: 10.0.0.1:" + other, "listen: 127.0.0.1:" + other);

            assertEquals(before, node.postgres().connUrl());
            node.configure("{\"postgresql\": {\"parameters\": {\"work_mem\": \"8MB\"}}}");
            assertTrue(node.snapshot().isPresent(), "it is still reached where it listens");
            assertEquals(before, node.postgres().connUrl());
            assertEquals(
                    List.of(new PendingRestart("port", Integer.toString(node.port()), Integer.toString(other))),
                    node.postgres().pendingRestart());

            assertEquals(StartOutcome.STARTED, node.postgres().restart(null));
            assertTrue(node.snapshot().isPresent());
            assertEquals(
                    "postgres://10.0.0.1:" + other + "/postgres",
                    node.postgres().connUrl());
        }
    }

    @Test
    void synchronousStandbyNamesAreInForceWhenTheCallReturns() throws Exception {
        try (var node = PostgresUnderTest.create("a", directory).bootstrapped()) {
            node.configure("{\"synchronous_mode\": true}");

            assertEquals("b", node.postgres().setSynchronousStandbyNames("b"));
            assertEquals("b", node.snapshot().orElseThrow().synchronousStandbyNames());
            assertEquals("", node.postgres().setSynchronousStandbyNames(null));
        }
    }

    @Test
    void withoutADecisionAndOutsideOfSynchronousModeTheUsersNamesStayWithoutAReload() throws Exception {
        try (var node = PostgresUnderTest.create("a", directory).bootstrapped()) {
            node.configure("{\"postgresql\": {\"parameters\": {\"synchronous_standby_names\": \"mine\"}}}");
            assertEquals("mine", node.snapshot().orElseThrow().synchronousStandbyNames());
            String loaded = node.query("SELECT pg_conf_load_time()");

            node.postgres().setSynchronousStandbyNames(null);

            assertEquals("mine", node.snapshot().orElseThrow().synchronousStandbyNames());
            assertEquals(loaded, node.query("SELECT pg_conf_load_time()"));
        }
    }

    /** Whether commits wait at all is the checkpointer's word: it must have been said before the promotion (seed 7128738). */
    @Test
    void aPromotedElectorHoldsCommitsAlsoWhenItsCheckpointerIsBusy() throws Exception {
        try (var a = PostgresUnderTest.create("a", directory).bootstrapped();
                var b = PostgresUnderTest.create("b", directory).cloneOf(a)) {
            b.configure("{\"synchronous_mode\": \"quorum\"}");
            assertEquals(StartOutcome.STARTED, b.postgres().restart(null));
            b.await("streaming", b::isStreaming);
            a.postgres().stop(StopRequest.fast(true, null));
            long checkpointer = pidOf(b, "checkpointer");
            signal("STOP", checkpointer);
            try (var executor = Executors.newSingleThreadExecutor()) {
                String held = "ANY 1 (__patroni_strict_sync_replica_placeholder__)";
                assertEquals(held, b.postgres().setSynchronousStandbyNames(held));
                assertEquals(PromoteOutcome.PROMOTED, b.postgres().promote(2, () -> true));
                var commit = executor.submit(() -> b.sql("CREATE TABLE t (id int)"));

                b.await(
                        "the commit is held",
                        () -> "1"
                                .equals(b.query("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")));

                signal("CONT", checkpointer);
                assertEquals("", b.postgres().setSynchronousStandbyNames(""));
                commit.get(60, TimeUnit.SECONDS);
            } finally {
                signal("CONT", checkpointer);
            }
        }
    }

    /** Else an asynchronous primary would hold its commits for ever (seed 7240824). */
    @Test
    void aChangeThatComesDuringAPromotionIsAppliedAfterIt() throws Exception {
        try (var a = PostgresUnderTest.create("a", directory).bootstrapped();
                var b = PostgresUnderTest.create("b", directory).cloneOf(a)) {
            b.configure("{\"synchronous_mode\": \"quorum\"}");
            assertEquals(
                    "ANY 1 (__patroni_strict_sync_replica_placeholder__)",
                    b.snapshot().orElseThrow().synchronousStandbyNames());
            a.postgres().stop(StopRequest.fast(true, null));

            PromoteOutcome outcome = b.postgres().promote(2, () -> {
                b.configure("{\"synchronous_mode\": false}");
                return true;
            });

            assertEquals(PromoteOutcome.PROMOTED, outcome);
            b.postgres().observe();
            assertEquals("", b.snapshot().orElseThrow().synchronousStandbyNames());
        }
    }

    /** What {@code pg_rewind} needs, without a word in the WAL of a timeline that another one owns (seed 7102918). */
    @Test
    void aKilledStandbyEndsCleanlyInStandbyMode() throws Exception {
        try (var a = PostgresUnderTest.create("a", directory).bootstrapped();
                var b = PostgresUnderTest.create("b", directory).cloneOf(a)) {
            b.await("streaming", b::isStreaming);
            a.postgres().stop(StopRequest.fast(true, null));
            Lsn end = b.snapshot().orElseThrow().position();
            b.postgres().stop(StopRequest.immediate(null));
            assertEquals(
                    "in archive recovery",
                    b.postgres().controlData().orElseThrow().clusterState());

            assertEquals(StartOutcome.STARTED, b.postgres().start(new StartRequest(Role.REPLICA, null, null, false)));
            assertEquals(end, b.snapshot().orElseThrow().position());
            b.postgres().stop(StopRequest.beforeRewind());

            assertEquals(
                    "shut down in recovery",
                    b.postgres().controlData().orElseThrow().clusterState());
        }
    }

    @Test
    void slotsAreCreatedAdvancedAndDropped() throws Exception {
        try (var node = PostgresUnderTest.create("a", directory).bootstrapped()) {
            node.postgres().applySlots(new SlotPlan(List.of(new SlotPlan.Action.Create("b"))));
            LocalFacts.Slot slot = node.snapshot().orElseThrow().slots().getFirst();
            node.sql("CREATE TABLE t AS SELECT generate_series(1, 100)");
            Lsn end = node.snapshot().orElseThrow().flushed();

            node.postgres().applySlots(new SlotPlan(List.of(new SlotPlan.Action.Advance("b", end))));
            assertTrue(node.snapshot()
                    .orElseThrow()
                    .slots()
                    .getFirst()
                    .restartLsn()
                    .isAfter(slot.restartLsn()));

            node.postgres().applySlots(new SlotPlan(List.of(new SlotPlan.Action.Drop("b", "dropping"))));
            assertEquals(List.of(), node.snapshot().orElseThrow().slots());
        }
    }

    @Test
    void aFastStopWaitsForBackendsThenTellsTheSafePoint() throws Exception {
        try (var node = PostgresUnderTest.create("a", directory).bootstrapped()) {
            var steps = new ArrayList<String>();
            var request = new StopRequest(
                    StopRequest.Mode.FAST, true, true, null, () -> steps.add("safe"), _ -> steps.add("released"));

            assertEquals(StopOutcome.STOPPED, node.postgres().stop(request));

            // it ends by itself, so that nobody is asked to take over early
            assertEquals(List.of("safe"), steps);
        }
    }

    @Test
    void aFrozenServerIsKilledAfterTheStopTimeout() throws Exception {
        try (var node = PostgresUnderTest.create("a", directory).bootstrapped()) {
            Postmaster postmaster = Objects.requireNonNull(node.postgres().postmaster());
            assertTrue(Signals.send("STOP", postmaster.pid()));

            assertTrue(node.postgres().observe().snapshot().isPresent()
                    || node.postgres().observe().processRunning());
            assertEquals(StopOutcome.STOPPED, node.postgres().stop(StopRequest.fast(false, Duration.ofMillis(500))));
            assertFalse(ProcessTable.isAlive(postmaster));
        }
    }

    @Test
    void aFailedPrePromoteLeavesAReplica() throws Exception {
        try (var a = PostgresUnderTest.create("a", directory).bootstrapped();
                var b = PostgresUnderTest.create("b", directory, "pre_promote: /bin/false")
                        .cloneOf(a)) {
            assertEquals(PromoteOutcome.PRE_PROMOTE_FAILED, b.postgres().promote(1, () -> true));
            assertTrue(b.snapshot().orElseThrow().inRecovery());
            assertEquals(Role.REPLICA, b.postgres().role());

            b.postgres().stop(StopRequest.fast(false, null));
            new TimelineFiles(new DataFiles(b.dataDirectory())).closeBelow(3, 1);
            assertEquals(
                    StartOutcome.STARTED,
                    b.postgres().start(new StartRequest(Role.REPLICA, a.asUpstream(null), null, false)),
                    "a number that was closed for nothing must not keep it from starting");
        }
    }

    @Test
    void itWorksOverAUnixSocketToo() throws Exception {
        try (var node = PostgresUnderTest.create("a", directory, "use_unix_socket: true")
                .bootstrapped()) {
            assertNotNull(node.snapshot().orElseThrow());
            assertTrue(node.postgres().queryForRest().isPresent());
            assertEquals(
                    "postgres://localhost:" + node.port() + "/postgres",
                    node.postgres().connUrl());
        }
    }

    @Test
    void aPidFileThatNamesAProgramOfSomebodyElseStopsNobody() throws Exception {
        try (var node = PostgresUnderTest.create("a", directory).bootstrapped()) {
            node.postgres().stop(StopRequest.fast(true, null));
            long stranger = startStranger();
            try {
                Path pidFile = node.dataDirectory().resolve("postmaster.pid");
                long longAgo = System.currentTimeMillis() / 1000 - 86_400;
                Files.writeString(
                        pidFile,
                        "%d\n%s\n%d\n%d\n%s\n127.0.0.1\n\n"
                                .formatted(stranger, node.dataDirectory(), longAgo, node.port(), node.root()));
                giveToOwnerOf(node.dataDirectory(), pidFile);
                node.replaceAgent();
                assertNull(node.postgres().postmaster());

                assertEquals(
                        StartOutcome.STARTED, node.postgres().start(new StartRequest(Role.PRIMARY, null, null, false)));

                assertNotEquals(
                        stranger,
                        Objects.requireNonNull(node.postgres().postmaster()).pid());
                assertEquals(StopOutcome.STOPPED, node.postgres().stop(StopRequest.fast(true, null)));
                assertTrue(ProcessHandle.of(stranger).orElseThrow().isAlive());
            } finally {
                ProcessHandle.of(stranger).ifPresent(ProcessHandle::destroyForcibly);
            }
        }
    }

    /** A program that is not our child and that PostgreSQL may signal. */
    private static long startStranger() throws Exception {
        Process shell = new ProcessBuilder(
                        TestNode.asServerUser("sh", "-c", "setsid sleep 600 > /dev/null 2>&1 < /dev/null & echo $!"))
                .start();
        return Long.parseLong(new String(shell.getInputStream().readAllBytes()).strip());
    }

    @Test
    void aPostmasterWithoutPidFileIsEndedBeforeAnotherOneStarts() throws Exception {
        try (var node = PostgresUnderTest.create("a", directory).bootstrapped()) {
            node.sql("CREATE TABLE t AS SELECT 7 AS answer");
            Postmaster stray = Objects.requireNonNull(node.postgres().postmaster());
            Files.delete(node.dataDirectory().resolve("postmaster.pid"));
            node.replaceAgent();
            assertNull(node.postgres().postmaster(), "nothing tells of it");

            assertEquals(
                    StartOutcome.STARTED, node.postgres().start(new StartRequest(Role.PRIMARY, null, null, false)));

            assertFalse(ProcessTable.isAlive(stray));
            assertEquals("7", node.query("SELECT answer FROM t"));
        }
    }

    private static List<Long> numbers(Path file) {
        try {
            return Files.readAllLines(file).stream().map(Long::valueOf).toList();
        } catch (IOException _) {
            return List.of();
        }
    }

    private static boolean runs(long pid) {
        return ProcessTable.entry(pid)
                .filter(entry -> ProcessTable.isAliveState(entry.state()))
                .isPresent();
    }
}

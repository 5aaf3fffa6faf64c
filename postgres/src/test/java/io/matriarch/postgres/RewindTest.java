package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.model.DivergedWal;
import io.matriarch.model.Lsn;
import io.matriarch.model.Role;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.DivergedWalSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two real servers that part and find together again. */
class RewindTest {

    @TempDir
    private Path directory;

    private TestNode n1;
    private TestNode n2;
    private final Cancellation cancellation = new Cancellation();

    @BeforeEach
    void primaryAndReplica() throws Exception {
        n1 = new TestNode("n1", directory);
        n2 = new TestNode("n2", directory);
        n1.becomePrimary();
        n1.sql("CREATE TABLE t (id int)");
        var creator = new ReplicaCreator(
                "demo", () -> n2.settings, n2.programs(), n2, n2.remover(), n2.journal(), TimeSource.system());
        assertTrue(creator.create(new CloneSource(n1.asUpstream(), false), cancellation));
        n2.follow(n1);
        n2.await("streaming", "SELECT status FROM pg_stat_wal_receiver");
    }

    @AfterEach
    void stop() {
        n1.close();
        n2.close();
    }

    private static FinishedSegments finishedSegments(TestNode node) {
        return new FinishedSegments(() -> node.settings, new ServerParameters(() -> node.settings, node.programs()));
    }

    private static DivergenceChecker checker(TestNode node) {
        return new DivergenceChecker(
                () -> node.settings,
                node,
                node,
                new WalDump(() -> node.settings, node.programs()),
                TimeSource.system());
    }

    private static DivergedSegments divergedSegments(TestNode node) {
        return new DivergedSegments(() -> node.dataDirectory, () -> new DivergedWalSettings(null, 1L << 30));
    }

    private static Rewinder rewinder(TestNode node) {
        return rewinder(node, checker(node));
    }

    private static Rewinder rewinder(TestNode node, DivergenceChecker checker) {
        return new Rewinder(
                () -> node.settings,
                node.programs(),
                node,
                node,
                checker,
                finishedSegments(node),
                divergedSegments(node),
                new ServerParameters(() -> node.settings, node.programs()),
                node.journal());
    }

    private static void promote(TestNode node) {
        node.run("pg_ctl", "promote", "-w", "-D", node.dataDirectory.toString());
        node.sql("CHECKPOINT");
    }

    /** n2 is promoted while n1 goes on writing what nobody else gets. */
    private void diverge() throws Exception {
        n2.stop();
        n1.sql("INSERT INTO t VALUES (666)");
        n2.follow(n2);
        promote(n2);
        n2.sql("INSERT INTO t VALUES (1)");
    }

    private void assertFollows(TestNode replica, TestNode primary) throws Exception {
        replica.follow(primary);
        primary.sql("INSERT INTO t VALUES (2)");
        replica.await("t", "SELECT count(*) > 0 AND NOT bool_or(id = 666) FROM t WHERE id IN (2, 666)");
        replica.stop();
    }

    /** Replaces {@code pg_rewind} by a script; {@code $REAL} is the program itself. */
    private void replaceRewind(TestNode node, String script) throws IOException {
        Path bin = Files.createDirectories(directory.resolve("fake"));
        Path real = Path.of(node.settings.binDir());
        for (String program : List.of("pg_ctl", "pg_controldata", "postgres", "pg_waldump")) {
            Files.createSymbolicLink(bin.resolve(program), real.resolve(program));
        }
        Path fake = Files.writeString(
                bin.resolve("pg_rewind"), "#!/bin/sh\nREAL=" + real.resolve("pg_rewind") + "\n" + script);
        Files.setPosixFilePermissions(fake, PosixFilePermissions.fromString("rwxr-xr-x"));
        node.configure(new JsonObject(), List.of(), null, bin.toString());
    }

    @Test
    void aFormerPrimaryWithWritesOfItsOwnIsRewoundAndTheNewOneLaterToo() throws Exception {
        diverge();
        n1.stop();

        assertEquals(RewindCheck.NEEDED, checker(n1).check(n2.asUpstream(), cancellation));
        assertTrue(rewinder(n1).isUsable(cancellation));
        assertEquals(RewindOutcome.DONE, rewinder(n1).rewind(n2.asUpstream(), cancellation));
        assertEquals(Optional.empty(), n1.journal().interrupted());
        assertFollows(n1, n2);

        n1.follow(n1);
        promote(n1);
        n2.sql("INSERT INTO t VALUES (666)");

        // a rewind stops the server itself
        assertEquals(RewindOutcome.DONE, rewinder(n2).rewind(n1.asUpstream(), cancellation));
        assertFollows(n2, n1);
    }

    @Test
    void whatARewindThrowsAwayIsKeptAndCanBeRead() throws Exception {
        diverge();
        n1.stop();
        var checker = checker(n1);
        assertEquals(RewindCheck.NEEDED, checker.check(n2.asUpstream(), cancellation));
        DivergedWal lost = checker.found().orElseThrow().wal();
        assertTrue(lost.to().isAfter(lost.from()), lost.toString());

        assertEquals(RewindOutcome.DONE, rewinder(n1, checker).rewind(n2.asUpstream(), cancellation));

        assertTrue(checker.found().isEmpty());
        Path kept = files(n1.root.resolve("data.diverged")).getFirst();
        assertTrue(
                kept.toString().endsWith("-" + lost.toString().replace(' ', '-').replace('/', '_')), kept.toString());
        String records = n1.run(
                "pg_waldump",
                "-t",
                "1",
                "-p",
                kept.toString(),
                "-s",
                lost.from().toString(),
                "-e",
                lost.to().toString());
        assertTrue(records.contains("desc: INSERT"), records);
    }

    /** A third server is promoted that has nothing of what n1 wrote last, and n2 not all of what it has received replayed. */
    private TestNode promoteThird(String stopMode) throws Exception {
        var n3 = new TestNode("n3", directory);
        var creator = new ReplicaCreator(
                "demo", () -> n3.settings, n3.programs(), n3, n3.remover(), n3.journal(), TimeSource.system());
        assertTrue(creator.create(new CloneSource(n1.asUpstream(), false), cancellation));
        n3.follow(n1);
        n3.await("streaming", "SELECT status FROM pg_stat_wal_receiver");
        n3.stop();
        n2.sql("SELECT pg_wal_replay_pause()");
        n1.sql(
                "INSERT INTO t VALUES (666)",
                "SELECT pg_switch_wal()",
                "INSERT INTO t SELECT 666 FROM generate_series(1, 9)");
        String written = n1.query("SELECT pg_current_wal_flush_lsn()");
        n2.await("t", "SELECT pg_last_wal_receive_lsn() >= '" + written + "'");
        n2.run("pg_ctl", "stop", "-m", stopMode, "-D", n2.dataDirectory.toString());
        n1.stop();
        n3.follow(n3);
        promote(n3);
        return n3;
    }

    @Test
    void whatAStandbyHasNotReplayedIsTakenAwayInsteadOfReplayed() throws Exception {
        try (TestNode n3 = promoteThird("fast")) {
            // pg_waldump would learn the size of a segment from the first file that it finds
            for (int i = 0; i < 8; i++) {
                Files.write(n2.dataDirectory.resolve("pg_wal/00000001000000000000001" + i), new byte[16 << 20]);
            }
            var checker = checker(n2);
            Path label = Files.writeString(n2.dataDirectory.resolve("backup_label"), "");
            assertEquals(
                    RewindCheck.NOT_NEEDED,
                    checker.check(n3.asUpstream(), cancellation),
                    "the pages of a backup may be newer");
            Files.delete(label);
            assertEquals(RewindCheck.UNREPLAYED, checker.check(n3.asUpstream(), cancellation));
            DivergenceChecker.Found found = checker.found().orElseThrow();
            ControlData control = n2.controlData().orElseThrow();
            assertEquals(control, found.control());
            assertEquals(
                    RewindOutcome.DONE, divergedSegments(n2).takeAway(found.wal(), control, () -> true, cancellation));

            assertEquals(RewindCheck.NOT_NEEDED, checker.check(n3.asUpstream(), cancellation));
            assertEquals(1, files(n2.root.resolve("data.diverged")).size());
            assertFollows(n2, n3);
        }
    }

    /** It learned of timeline 2 and got nothing of it; then the server that it had followed before leads again. */
    @Test
    void aStandbyThatIsHeadingForATimelineThatTheLeaderIsNotOnIsTurnedBack() throws Exception {
        var checker = checker(n2);
        String reached = n2.query("SELECT pg_last_wal_replay_lsn()");
        n2.stop();
        Path history = Files.writeString(
                n2.dataDirectory.resolve("pg_wal/00000002.history"),
                "1\t" + reached + "\tno recovery target specified\n");
        n2.follow(n1);
        assertEquals(RewindCheck.ASTRAY, checker.check(n1.asUpstream(), cancellation));

        n2.stop();
        assertEquals(RewindCheck.UNREPLAYED, checker.check(n1.asUpstream(), cancellation));
        DivergenceChecker.Found found = checker.found().orElseThrow();
        ControlData control = n2.controlData().orElseThrow();
        assertEquals(RewindOutcome.DONE, divergedSegments(n2).takeAway(found.wal(), control, () -> true, cancellation));
        assertFalse(Files.exists(history));
        assertEquals(RewindCheck.NOT_NEEDED, checker.check(n1.asUpstream(), cancellation));
        assertFollows(n2, n1);
    }

    /** How far it had come nobody knows; what it replayed may be more than pages. */
    @Test
    void aKilledStandbyReplaysWhatItHasAndIsRewound() throws Exception {
        try (TestNode n3 = promoteThird("immediate")) {
            assertEquals("in archive recovery", n2.controlData().orElseThrow().clusterState());
            assertEquals(RewindCheck.NEEDED, checker(n2).check(n3.asUpstream(), cancellation));

            n2.start(new StartRequest(Role.REPLICA, null, null, false));
            n2.await("t", "SELECT bool_or(id = 666) FROM t");
            n2.stop();

            assertEquals(RewindCheck.NEEDED, checker(n2).check(n3.asUpstream(), cancellation));
            assertEquals(RewindOutcome.DONE, rewinder(n2).rewind(n3.asUpstream(), cancellation));
            assertFollows(n2, n3);
        }
    }

    /** Its recovery began with the shutdown checkpoint, which the new primary does not have, and was killed there. */
    @Test
    void aFormerPrimaryThatWasKilledAsStandbyDoesNotLoseItsCheckpoint() throws Exception {
        n2.await("t", "SELECT pg_last_wal_replay_lsn() = '" + n1.query("SELECT pg_current_wal_flush_lsn()") + "'");
        n2.stop();
        n1.stop();
        Lsn checkpoint = n1.controlData().orElseThrow().checkpointLocation();
        n1.start(new StartRequest(Role.REPLICA, null, null, false));
        n1.run("pg_ctl", "stop", "-m", "immediate", "-D", n1.dataDirectory.toString());
        assertEquals("in archive recovery", n1.controlData().orElseThrow().clusterState());
        assertEquals(checkpoint, n1.controlData().orElseThrow().minimumRecoveryEnd());
        n2.follow(n2);
        promote(n2);

        assertEquals(RewindCheck.NEEDED, checker(n1).check(n2.asUpstream(), cancellation));
        n1.start(new StartRequest(Role.REPLICA, null, null, false));
        n1.stop();
        assertEquals(RewindOutcome.DONE, rewinder(n1).rewind(n2.asUpstream(), cancellation));
        assertFollows(n1, n2);
    }

    private static List<Path> files(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.toList();
        }
    }

    @Test
    void aCleanHandoverNeedsNoRewind() throws Exception {
        n1.stop();
        n2.await("t", "SELECT pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()");
        promote(n2);

        assertEquals(RewindCheck.NOT_NEEDED, checker(n1).check(n2.asUpstream(), cancellation));
        assertFollows(n1, n2);
    }

    @Test
    void aRunningReplicaOfTheLeaderNeedsNoRewind() {
        assertEquals(1, checker(n2).position().orElseThrow().timeline());
        assertEquals(RewindCheck.NOT_NEEDED, checker(n2).check(n1.asUpstream(), cancellation));
    }

    @Test
    void aLeaderThatIsInRecoveryOrGoneDecidesNothing() {
        assertEquals(RewindCheck.UNDECIDED, checker(n1).check(n2.asUpstream(), cancellation));
        n1.stop();
        assertEquals(RewindCheck.UNDECIDED, checker(n2).check(n1.asUpstream(), cancellation));
        assertEquals(RewindOutcome.LATER, rewinder(n2).rewind(n1.asUpstream(), cancellation));
    }

    @Test
    void aLeaderWithoutCheckpointIsWaitedFor() {
        var leader = new Upstream("n1", "127.0.0.1", n1.port, null, null, false, null);

        assertEquals(RewindOutcome.LATER, rewinder(n2).rewind(leader, cancellation));
        assertEquals(Optional.empty(), n2.journal().interrupted());
    }

    @Test
    void aRemoteMemberIsUsedOnceItsControlFileKnowsItsTimeline() throws Exception {
        diverge();
        var remote = new Upstream("remote_member:1", "127.0.0.1", n2.port, null, null, true, new JsonObject());

        assertEquals(RewindOutcome.DONE, rewinder(n1).rewind(remote, cancellation));
        assertFollows(n1, n2);
    }

    @Test
    void aCrashedPrimaryIsRecoveredInSingleUserModeFirst() throws Exception {
        diverge();
        n1.stop(StopRequest.immediate(null));
        assertEquals(Optional.empty(), checker(n1).position());

        assertTrue(singleUserRecovery(n1).run(cancellation));

        assertEquals("shut down", n1.controlData().orElseThrow().clusterState());
        Lsn checkpoint = n1.controlData().orElseThrow().checkpointLocation();
        Lsn written = checker(n1).written().orElseThrow().position();
        assertTrue(checkpoint.bytesAfter(written) > 1 << 20, "not the rest of the segment: " + written);
        assertEquals(RewindCheck.NEEDED, checker(n1).check(n2.asUpstream(), cancellation));
        assertEquals(RewindOutcome.DONE, rewinder(n1).rewind(n2.asUpstream(), cancellation));
        assertFollows(n1, n2);
    }

    @Test
    void singleUserModeIgnoresAPidFileThatNamesNoServer() throws Exception {
        n1.stop(StopRequest.immediate(null));
        var somebody = new ProcessBuilder(TestNode.asServerUser("sleep", "60")).start();
        try {
            Files.writeString(n1.dataDirectory.resolve("postmaster.pid"), somebody.pid() + "\n/data\n1700000000\n");

            assertTrue(singleUserRecovery(n1).run(cancellation));
        } finally {
            somebody.destroyForcibly();
        }
    }

    private static SingleUserRecovery singleUserRecovery(TestNode node) {
        var finder = new PostmasterFinder(() -> node.dataDirectory, node.programs());
        return new SingleUserRecovery(() -> node.settings, node.programs(), finder, finishedSegments(node));
    }

    @Test
    void theMarkSurvivesTheRewindBecauseItIsNotInTheDataDirectory() throws Exception {
        diverge();
        n1.stop();
        Path inside = Files.writeString(n1.dataDirectory.resolve("matriarch.rejoin"), "x");
        Path seen = directory.resolve("seen");
        replaceRewind(n1, "$REAL \"$@\" || exit 1; cat " + n1.root.resolve("data.rejoin") + " > " + seen);

        assertEquals(RewindOutcome.DONE, rewinder(n1).rewind(n2.asUpstream(), cancellation));

        assertTrue(Files.readString(seen).startsWith("{\"step\": \"rewind\", \"source\": \"n2\""));
        assertFalse(Files.exists(inside), "pg_rewind removes what its source does not have");
        assertEquals(Optional.empty(), n1.journal().interrupted());
    }

    @Test
    void aRewindThatFailedHalfWayStaysMarkedUntilOneSucceeds() throws Exception {
        diverge();
        n1.stop();
        Path broken = Files.writeString(directory.resolve("broken"), "");
        replaceRewind(n1, """
            [ ! -e %s ] && exec $REAL "$@"
            [ "$1" = --help ] && exit 0
            echo 'pg_rewind: rewinding from last common checkpoint at 0/2000060 on timeline 1' >&2
            echo 'pg_rewind: fatal: could not write' >&2
            exit 1
            """.formatted(broken));

        assertEquals(RewindOutcome.FAILED, rewinder(n1).rewind(n2.asUpstream(), cancellation));
        InterruptedRejoin interrupted = n1.journal().interrupted().orElseThrow();
        assertEquals(InterruptedRejoin.Step.REWIND, interrupted.step());
        assertEquals("n2", interrupted.source());

        Files.delete(broken);
        assertEquals(RewindOutcome.DONE, rewinder(n1).rewind(n2.asUpstream(), cancellation));
        assertEquals(Optional.empty(), n1.journal().interrupted());
    }

    @Test
    void aRewindThatFailedBeforeItWroteLeavesNoMark() throws Exception {
        n1.stop();
        promote(n2);
        replaceRewind(n1, "echo 'pg_rewind: error: could not connect' >&2; exit 1\n");

        assertEquals(RewindOutcome.FAILED, rewinder(n1).rewind(n2.asUpstream(), cancellation));

        assertEquals(Optional.empty(), n1.journal().interrupted());
    }

    @Test
    void missingSegmentsAreFetchedOnce() throws Exception {
        n1.stop();
        promote(n2);
        Path fetched = directory.resolve("fetched");
        n1.settings.recoveryConf().addProperty("restore_command", "sh -c 'echo %f >> " + fetched + "'");
        replaceRewind(n1, """
            [ "$1" = --help ] && exit 0
            for segment in 000000010000000000000002 000000010000000000000003; do
                if ! grep -q $segment %s; then
                    echo "pg_rewind: error: could not open file \\"x/pg_wal/$segment\\": No such file" >&2
                    exit 1
                fi
            done
            """.formatted(fetched));
        Files.writeString(fetched, "");

        assertEquals(RewindOutcome.DONE, rewinder(n1).rewind(n2.asUpstream(), cancellation));

        assertEquals(List.of("000000010000000000000002", "000000010000000000000003"), Files.readAllLines(fetched));
    }

    @Test
    void finishedSegmentsAreArchivedBeforeTheyAreThrownAway() throws Exception {
        Path archive = Files.createDirectories(directory.resolve("archive"));
        n1.settings.parameters().put("archive_mode", "on");
        n1.settings.parameters().put("archive_command", "false");
        n1.stop();
        n1.start(new StartRequest(Role.PRIMARY, null, null, false));
        n1.sql("SELECT pg_switch_wal()");
        n1.stop();
        Path conf = n1.dataDirectory.resolve("postgresql.conf");
        Files.writeString(conf, Files.readString(conf) + "archive_command = 'cp %p " + archive + "/%f'\n");

        finishedSegments(n1).archive(cancellation);

        try (var ready = Files.list(n1.dataDirectory.resolve("pg_wal/archive_status"));
                var archived = Files.list(archive)) {
            assertTrue(archived.count() > 0);
            assertTrue(ready.noneMatch(file -> file.toString().endsWith(".ready")));
        }
    }
}

package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.matriarch.model.PostgresState;
import io.matriarch.model.TimeSource;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicaCreatorTest {

    @TempDir
    private Path directory;

    private TestNode primary;
    private TestNode replica;
    private final Cancellation cancellation = new Cancellation();

    @BeforeEach
    void prepare() throws IOException {
        primary = new TestNode("n1", directory);
        replica = new TestNode("n2", directory);
        configure("{}", "basebackup");
    }

    @AfterEach
    void stop() {
        replica.close();
        primary.close();
    }

    private void configure(String section, String... methods) {
        JsonObject json = JsonParser.parseString(section).getAsJsonObject();
        replica.configure(json, List.of(methods), TestNode.FAST, replica.settings.binDir());
    }

    private ReplicaCreator creator() {
        return new ReplicaCreator(
                "demo",
                () -> replica.settings,
                replica.programs(),
                replica,
                replica.remover(),
                replica.journal(),
                TimeSource.system());
    }

    private CloneSource source() {
        return new CloneSource(primary.asUpstream(), false);
    }

    private Path script(String text) throws IOException {
        Path script = Files.writeString(directory.resolve("script.sh"), "#!/bin/sh\n" + text);
        return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Lets the replication user in with its password only. */
    private void requirePassword() throws IOException {
        Files.writeString(
                primary.dataDirectory.resolve("pg_hba.conf"),
                "host all postgres all trust\nhost replication replicator all scram-sha-256\n");
        primary.reload();
    }

    @Test
    void aCloneStreamsFromItsSource() throws Exception {
        primary.becomePrimary();
        requirePassword();
        primary.sql("CREATE TABLE t AS SELECT 1 AS id");

        assertTrue(creator().create(source(), cancellation));
        assertEquals(PostgresState.STOPPED, replica.state);
        assertEquals(Optional.empty(), replica.journal().interrupted());
        assertTrue(replica.events.contains("configuration restored"), replica.events.toString());

        replica.follow(primary);
        primary.sql("INSERT INTO t VALUES (2)");
        replica.await("2", "SELECT count(*) FROM t");
    }

    @Test
    void anOldDataDirectoryMakesRoomForTheClone() throws Exception {
        primary.becomePrimary();
        Files.createDirectories(replica.dataDirectory.resolve("global"));
        Files.writeString(replica.dataDirectory.resolve("global/pg_control"), "old");
        Files.writeString(replica.dataDirectory.resolve("old"), "old");

        assertTrue(creator().create(source(), cancellation));

        assertFalse(Files.exists(replica.dataDirectory.resolve("old")));
    }

    @Test
    void aSourceThatDoesNotAcceptConnectionsIsObjectedTo() throws Exception {
        String objection = creator().objection(source()).orElseThrow();
        assertEquals(
                "PostgreSQL of n1, the source of the copy, accepts no connections at 127.0.0.1 port " + primary.port
                        + "; the data directory is left as it is",
                objection);
        try (var hanging = new ServerSocket(primary.port, 50, InetAddress.getByName("127.0.0.1"))) {
            assertEquals(objection, creator().objection(source()).orElseThrow(), "connected, but no answer");
            assertTrue(hanging.isBound());
        }
        configure("{\"a\": {\"command\": \"true\"}}", "a", "basebackup");
        assertEquals(Optional.empty(), creator().objection(source()), "a method of its own may do without");
        configure("{}", "basebackup");
        primary.becomePrimary();
        requirePassword();
        assertEquals(Optional.empty(), creator().objection(source()));
    }

    @Test
    void aWrongPasswordFailsAndLeavesNothing() throws Exception {
        primary.becomePrimary();
        requirePassword();
        primary.sql("ALTER ROLE replicator PASSWORD 'another'");

        assertFalse(creator().create(source(), cancellation));

        assertFalse(Files.exists(replica.dataDirectory));
        assertEquals(Optional.empty(), replica.journal().interrupted());
        assertEquals(PostgresState.STOPPED, replica.state);
    }

    @Test
    void missingProgramsLeaveTheOldDataDirectoryAlone() throws Exception {
        Files.createDirectories(replica.dataDirectory);
        replica.configure(new JsonObject(), List.of("basebackup"), null, "/nonexistent");

        assertFalse(creator().create(source(), cancellation));

        assertTrue(Files.exists(replica.dataDirectory));
    }

    @Test
    void tablespacesAreClonedToWhereTheyAreMapped() throws Exception {
        primary.becomePrimary();
        Path original = Files.createDirectories(directory.resolve("space1"));
        Path mapped = directory.resolve("space2");
        primary.run("pg_ctl", "--version");
        primary.sql("CREATE TABLESPACE s LOCATION '" + original + "'", "CREATE TABLE t (id int) TABLESPACE s");
        JsonElement options = JsonParser.parseString(
                "[{\"checkpoint\": \"fast\"}, {\"tablespace-mapping\": \"" + original + "=" + mapped + "\"}]");
        replica.configure(new JsonObject(), List.of("basebackup"), options, replica.settings.binDir());

        assertTrue(creator().create(source(), cancellation));
        replica.follow(primary);
        replica.await("0", "SELECT count(*) FROM t");
        assertTrue(Files.exists(mapped));

        replica.stop();
        assertTrue(replica.remover().remove());
        assertFalse(Files.exists(mapped), "the tablespace of the clone is gone");
        assertTrue(Files.exists(original), "that of the source is not");
    }

    @Test
    void aCancelledCloneLeavesNothing() throws Exception {
        primary.becomePrimary();
        // so slow that it cannot finish before it is cancelled
        JsonElement slow = JsonParser.parseString("{\"checkpoint\": \"fast\", \"max-rate\": \"32k\"}");
        replica.configure(new JsonObject(), List.of("basebackup"), slow, replica.settings.binDir());
        ReplicaCreator creator = creator();
        Thread canceller = Thread.ofVirtual().start(() -> {
            while (creator.progress().filter(p -> p.doneBytes() > 0).isEmpty()) {
                Thread.onSpinWait();
            }
            cancellation.request();
        });

        assertFalse(creator.create(source(), cancellation));

        canceller.join();
        assertFalse(Files.exists(replica.dataDirectory));
        assertEquals(Optional.empty(), creator.progress());
        primary.await("0", "SELECT count(*) FROM pg_stat_replication");
    }

    @Test
    void anAgentKilledWhileCloningLeavesAMarkAndTheNextOneClonesAgain() throws Exception {
        primary.becomePrimary();
        Process agent = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledAgent.class.getName(),
                        directory.toString(),
                        Integer.toString(primary.port))
                .inheritIO()
                .start();
        primary.await("t", "SELECT count(*) > 0 FROM pg_stat_progress_basebackup WHERE backup_streamed > 0");
        agent.destroyForcibly().waitFor();

        InterruptedRejoin interrupted = replica.journal().interrupted().orElseThrow();
        assertEquals("a clone from n1", interrupted.description());

        assertTrue(creator().create(source(), cancellation));
        assertEquals(Optional.empty(), replica.journal().interrupted());
        replica.follow(primary);
        primary.await("1", "SELECT count(*) FROM pg_stat_replication");
    }

    @Test
    void theMarkIsThereWhileTheCloneRuns() throws Exception {
        Path out = directory.resolve("out");
        Path script = script("cat " + replica.root.resolve("data.rejoin") + " > " + out);
        configure("{\"copy\": {\"command\": \"" + script + "\"}}", "copy");

        assertTrue(creator().create(source(), cancellation));

        assertTrue(Files.readString(out).startsWith("{\"step\": \"clone\", \"source\": \"n1\", \"started_at\": \""));
        assertEquals(Optional.empty(), replica.journal().interrupted());
    }

    @Test
    void methodsAreTriedInOrderWithTheirArguments() throws Exception {
        Path out = directory.resolve("out");
        Path script = script("echo \"$*\" >> " + out + "; case $1 in *first*) exit 1;; esac");
        configure(
                "{\"a\": {\"command\": \"" + script + " first\", \"threads\": 4},"
                        + "\"b\": {\"command\": \"" + script + "\", \"no_params\": true, \"keep_data\": true,"
                        + " \"delta\": true}}",
                "a",
                "b",
                "basebackup");
        Files.createDirectories(replica.dataDirectory);

        assertTrue(creator().create(source(), cancellation));

        assertEquals(
                List.of(
                        "first --threads=4 --scope=demo --role=replica --datadir=" + replica.dataDirectory
                                + " --connstring=dbname=postgres user=replicator host=127.0.0.1 port=" + primary.port
                                + " sslmode=prefer gssencmode=prefer channel_binding=prefer",
                        "--delta=True"),
                Files.readAllLines(out));
    }

    @Test
    void withoutSourceOnlyMethodsThatNeedNoneAreTried() throws Exception {
        Path out = directory.resolve("out");
        Path script = script("echo \"$*\" >> " + out);
        configure("{\"a\": {\"command\": \"" + script + " --no=leader\", \"no_leader\": true}}", "basebackup", "a");

        assertTrue(creator().create(new CloneSource(null, false), cancellation));

        assertEquals(
                List.of("--no=leader --no_leader=True --scope=demo --role=replica --datadir=" + replica.dataDirectory
                        + " --connstring="),
                Files.readAllLines(out));
    }

    @Test
    void fromTheLeaderOnlyMeansBasebackup() throws Exception {
        primary.becomePrimary();
        configure("{\"a\": {\"command\": \"false\", \"keep_data\": true}}", "a");

        assertTrue(creator().create(new CloneSource(primary.asUpstream(), true), cancellation));
    }

    private void basebackup(String options, Path binDirectory) {
        replica.configure(
                new JsonObject(), List.of("basebackup"), JsonParser.parseString(options), binDirectory.toString());
    }

    @Test
    void aCloneThatDiesHalfWayIsBegunAnew() throws Exception {
        primary.becomePrimary();
        Path once = directory.resolve("once");
        Path programs = Files.createDirectory(directory.resolve("dying"));
        try (var all = Files.list(Path.of(replica.settings.binDir()))) {
            for (Path program : all.toList()) {
                Files.createSymbolicLink(programs.resolve(program.getFileName()), program);
            }
        }
        Path dying = programs.resolve("pg_basebackup");
        Path real = Files.readSymbolicLink(dying);
        Files.delete(dying);
        // the first one is killed when it has written something
        Files.writeString(dying, """
            #!/bin/sh
            case "$*" in *--version*) exec %1$s "$@";; esac
            [ -e %2$s ] && exec %1$s "$@"
            touch %2$s
            %1$s --max-rate=32k "$@" &
            until [ -s %3$s/backup_label ]; do sleep 0.05; done
            kill -KILL $!
            wait $!
            """.formatted(real, once, replica.dataDirectory));
        Files.setPosixFilePermissions(dying, PosixFilePermissions.fromString("rwxr-xr-x"));
        basebackup("{\"checkpoint\": \"fast\", \"retry-sleep\": 0}", programs);

        assertTrue(creator().create(source(), cancellation));

        assertTrue(Files.exists(once));
        assertEquals(Optional.empty(), replica.journal().interrupted());
        replica.follow(primary);
        primary.await("1", "SELECT count(*) FROM pg_stat_replication");
    }

    @Test
    void aSourceThatDisappearsLeavesNothing() throws Exception {
        primary.becomePrimary();
        basebackup(
                "{\"checkpoint\": \"fast\", \"max-rate\": \"32k\", \"retry-sleep\": 0}",
                Path.of(replica.settings.binDir()));
        ReplicaCreator creator = creator();
        Thread end = Thread.ofVirtual().start(() -> {
            while (creator.progress().filter(p -> p.doneBytes() > 0).isEmpty()) {
                Thread.onSpinWait();
            }
            primary.stop(StopRequest.immediate(null));
        });

        assertFalse(creator.create(source(), cancellation));

        end.join();
        assertFalse(Files.exists(replica.dataDirectory));
        assertEquals(Optional.empty(), replica.journal().interrupted());
        assertEquals(PostgresState.STOPPED, replica.state);
    }

    @Test
    void aFullDiskFailsTheCloneAndWithRoomItSucceeds() throws Exception {
        primary.becomePrimary();
        basebackup("{\"checkpoint\": \"fast\", \"retry-sleep\": 0}", Path.of(replica.settings.binDir()));
        assumeTrue(mount("-t", "tmpfs", "-o", "size=8m", "tmpfs", replica.root.toString()), "mounts are allowed");
        try {
            assertFalse(creator().create(source(), cancellation));

            assertFalse(Files.exists(replica.dataDirectory));
            assertEquals(Optional.empty(), replica.journal().interrupted());

            assertTrue(mount("-o", "remount,size=300m", replica.root.toString()));
            assertTrue(creator().create(source(), cancellation));
            replica.follow(primary);
            primary.await("1", "SELECT count(*) FROM pg_stat_replication");
        } finally {
            replica.close();
            run("umount", "--lazy", replica.root.toString());
        }
    }

    private static boolean mount(String... arguments) throws Exception {
        var words = new ArrayList<>(List.of("mount"));
        words.addAll(List.of(arguments));
        return run(words.toArray(String[]::new)) == 0;
    }

    private static int run(String... words) throws Exception {
        return new ProcessBuilder(words).redirectErrorStream(true).start().waitFor();
    }

    /** The tools' own way to be called: {@code no_params}, and a data directory that they bring up to date. */
    @Test
    void toolsOfBackupsAreCalledAsTheirGuidesSay() throws Exception {
        Path out = directory.resolve("out");
        Path tool = script("[ -e " + replica.dataDirectory + "/old ] && k=kept || k=empty\n"
                + "echo \"$k $PGPASSFILE $*\" >> " + out + "; case $* in *succeeds*) exit 0;; esac; exit 1");
        configure("""
            {"pgbackrest": {"command": "%1$s --stanza=demo --delta restore", "keep_data": true, "no_params": true},
             "wal_g": {"command": "%1$s wal-g", "no_params": true, "no_leader": 1, "threshold": 50, "use_iam": 1},
             "barman": {"command": "%1$s recover", "barman-url": "http://backup:7480", "retry": 2, "succeeds": true}}
            """.formatted(tool), "pgbackrest", "wal_g", "barman");
        Files.createDirectories(replica.dataDirectory);
        Files.writeString(replica.dataDirectory.resolve("old"), "");

        assertTrue(creator().create(source(), cancellation));

        String passwords = " " + replica.settings.pgpass() + " ";
        List<String> calls = Files.readAllLines(out);
        assertEquals("kept" + passwords + "--stanza=demo --delta restore", calls.get(0));
        assertEquals("empty" + passwords + "wal-g --threshold=50 --use_iam=1", calls.get(1));
        assertEquals(
                "empty" + passwords + "recover --barman-url=http://backup:7480 --retry=2 --succeeds=True --scope=demo"
                        + " --role=replica --datadir=" + replica.dataDirectory
                        + " --connstring=dbname=postgres user=replicator host=127.0.0.1 port=" + primary.port
                        + " sslmode=prefer gssencmode=prefer channel_binding=prefer",
                calls.get(2));
        assertFalse(calls.toString().contains("rep:secret"));
    }
}

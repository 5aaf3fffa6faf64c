package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Archive, backups and restores of one cluster under load: each test goes on with what the one before it left. {@code
 * -Dmatriarch.rounds=50} kills so many backups and restores; without it one backup is killed, and one restore into a new cluster.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BackupAndRestoreTest {

    private static final int ROUNDS = Rounds.count();
    private static final Duration LONG = Duration.ofSeconds(240);
    private static final Duration SOON = Duration.ofSeconds(60);

    private static final String DYNAMIC = TestCluster.QUICK + """
          parameters:
            archive_mode: "on"
            archive_timeout: 60
        """;

    /** What a backup says on its way; the first is there from the beginning. */
    private static final List<String> SIGNS_OF_A_BACKUP =
            List.of("", "Source", " %", "Reading it", "Unpacking", "Computing", "Waiting until", "Backup ");

    private static final Pattern STEP = Pattern.compile("\\[([0-9])/[0-9]] ");
    private static final int STEPS = 9;

    private final TestCluster cluster;
    private final Path repository;
    private final Application application;

    private static final String IDENTITY = "select system_identifier from pg_control_system()";

    /** What the table held at a moment that a restore goes back to. */
    private record Moment(String time, String rows) {}

    /** How a command ended. */
    private record End(int code, String output) {}

    BackupAndRestoreTest() throws Exception {
        cluster = TestCluster.start(
                3, DYNAMIC, (all, name) -> text -> edit(all, all.node(name).configuration(), text));
        repository = cluster.directory.resolve("repository");
        application = new Application(cluster);
    }

    private static String edit(TestCluster cluster, Path configuration, String text) {
        Path repository = cluster.directory.resolve("repository");
        String program = cluster.programs.resolve("bin/matriarch") + " ";
        if (!Files.exists(repository)) {
            try {
                Files.createDirectory(repository);
                Machine.give(repository);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
        return text.replace("- data-checksums\n", "- data-checksums\n  - wal-segsize: 1\n")
                        .replace(
                                "  parameters:\n    unix_socket",
                                "  parameters:\n    archive_command: \"" + program + "archive -c " + configuration
                                        + " %p\"\n    unix_socket")
                + "  backup:\n    directory: " + repository + "\n    keep_count: 2\n    keep_days: 0\n";
    }

    @BeforeAll
    void takeAndCheckBackups() {
        End made = matriarch(cluster.replicas().getFirst(), "backup");
        assertEquals(0, made.code(), made.output());
        assertTrue(made.output().contains(", a replica"), made.output());
    }

    @AfterAll
    void close() {
        application.close();
        cluster.close();
    }

    // ---- the archive and backups

    @Test
    @Order(1)
    void listsVerifiesAndPrunesBackups() throws Exception {
        TestNode node = cluster.awaitPrimary();
        assertEquals(0, matriarch(node, "backup", "--from", node.name).code());
        assertEquals(0, matriarch(node, "backup").code());
        assertEquals(2, labels(node).size(), "keep_count");
        End verified = matriarch(node, "backup", "verify", "--full");
        assertEquals(0, verified.code(), verified.output());
        assertTrue(verified.output().contains(" 0 missing"), verified.output());
    }

    /** What a kill at any moment leaves is no backup, and in nobody's way. */
    @Test
    @Order(2)
    void aKilledBackupLeavesTheOthersWhole() throws Exception {
        TestNode node = cluster.awaitPrimary();
        List<String> before = labels(node);
        Random random = Rounds.random();
        List<String> kills = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            String sign = SIGNS_OF_A_BACKUP.get(random.nextInt(SIGNS_OF_A_BACKUP.size()));
            kill(node, output -> output.contains(sign), random.nextInt(1000), kills, "backup", "--no-prune");
            List<String> after = new ArrayList<>(labels(node));
            assertTrue(after.containsAll(before), after.toString());
            assertEquals(0, matriarch(node, "backup", "verify").code());
        }
        if (Rounds.areThorough()) {
            Rounds.say("backups were killed at " + kills);
        }
        End made = matriarch(node, "backup");
        assertEquals(0, made.code(), made.output());
    }

    @Test
    @Order(3)
    void aFullDiskLeavesOlderBackupsWhole() throws Exception {
        TestNode node = cluster.awaitPrimary();
        List<String> before = labels(node);
        End failed = run(
                List.of("bash", "-c", "ulimit -f 3000; exec \"$@\"", "bash"),
                node,
                "backup"); // 3 MB: no room for a backup
        assertEquals(1, failed.code(), failed.output());
        assertEquals(before, labels(node));
        assertEquals(0, matriarch(node, "backup", "verify").code());
    }

    @Test
    @Order(4)
    void anUnreachableArchiveIsNotItsEnd() throws Exception {
        TestNode node = cluster.awaitPrimary();
        Path to = cluster.directory.resolve("fetched");
        assertEquals(
                1,
                matriarch(node, "restore-file", "0000000F0000000000000001", to.toString())
                        .code());
        Path away = repository.resolveSibling("repository.away");
        Files.move(repository, away);
        try {
            assertEquals(
                    200,
                    matriarch(node, "restore-file", "0000000F0000000000000001", to.toString())
                            .code());
        } finally {
            Files.move(away, repository);
        }
    }

    // ---- restores

    @Test
    @Order(5)
    void restoresExactlyWhatWasCommittedBeforeATimeOnAllMembers() throws Exception {
        TestNode leader = cluster.awaitPrimary();
        Moment moment = moment();
        application.awaitWritesAfter(System.nanoTime(), SOON);
        String timeline = timeline(leader);

        End elsewhere = matriarch(cluster.replicas().getFirst(), "restore", "--to-time", moment.time(), "-y");
        assertEquals(1, elsewhere.code(), elsewhere.output());
        assertTrue(elsewhere.output().contains("Run it on " + leader.name), elsewhere.output());
        missingSegment(leader, moment);
        End planned = matriarch(leader, "restore", "--to-time", moment.time(), "--dry-run");
        assertEquals(0, planned.code(), planned.output());
        assertTrue(planned.output().endsWith("Nothing was done\n"), planned.output());
        assertEquals(timeline, timeline(leader), "nothing was touched");

        try (var watch = new SecondPrimaryWatch(cluster, leader)) {
            Path output = cluster.directory.resolve("output");
            Process restore = start(List.of(), output, leader, "restore", "--to-time", moment.time(), "-y");
            // Until then it is under load. What is written after it would be behind the target, too.
            Await.until(
                    "the promotion",
                    LONG,
                    () -> Files.readString(output)
                                    .contains("Promote the restored data to a timeline of its own\n  read")
                            || !restore.isAlive());
            application.stop();
            assertTrue(restore.waitFor(LONG.toSeconds(), TimeUnit.SECONDS));
            assertEquals(0, restore.exitValue(), () -> read(output) + cluster.describe());
            watch.assertNone();
        }
        assertRestored(moment, leader);
        assertEquals("2", timeline(leader));
    }

    private void missingSegment(TestNode leader, Moment moment) throws IOException {
        Path segment;
        try (Stream<Path> files = Files.walk(repository)) {
            List<Path> segments = files.filter(
                            file -> file.getFileName().toString().matches("[0-9A-F]{24}.gz"))
                    .sorted()
                    .toList();
            segment = segments.getLast();
        }
        Path away = repository.resolveSibling("away");
        Files.move(segment, away, StandardCopyOption.REPLACE_EXISTING);
        try {
            End refused = matriarch(leader, "restore", "--to-time", moment.time(), "-y");
            assertEquals(1, refused.code(), refused.output());
            assertTrue(refused.output().contains("The archive lacks"), refused.output());
            assertFalse(Files.exists(journal(leader)), "nothing was begun");
        } finally {
            Files.move(away, segment);
        }
    }

    @Test
    @Order(6)
    void bringsBackWhatARestoreHasPutAside() throws Exception {
        TestNode leader = cluster.awaitPrimary();
        leader.execute("insert into rows values (-1)"); // committed after the restore: gone with it
        End back = matriarch(leader, "restore", "--rollback");
        assertEquals(0, back.code(), back.output() + cluster.describe());
        cluster.awaitHealthy(LONG);
        assertEquals("0", leader.query("select count(*) from rows where number = -1"));
        assertEquals(Set.of(), application.lostOn(leader), "all that was ever acknowledged");
        assertEquals("3", timeline(leader));
        End confirmed = matriarch(leader, "restore", "--confirm");
        assertEquals(0, confirmed.code(), confirmed.output());
        assertFalse(Files.exists(leader.directory.resolve(leader.name + ".rolled-back")));
    }

    /**
     * Killed at any moment, under load, and taken up again: to its end, or back, or into a new cluster; the kinds of targets take
     * turns, too. What was there before is never lost on the way, and no other member becomes primary.
     */
    @Test
    @Order(7)
    @EnabledIfSystemProperty(named = "matriarch.rounds", matches = "[1-9][0-9]*")
    void goesOnAfterAKillAtAnyMoment() throws Exception {
        application.stop();
        Random random = Rounds.random();
        for (int round = 0; round < ROUNDS; round++) {
            try (var load = new Load(cluster)) {
                TestNode leader = cluster.awaitPrimary();
                assertEquals(0, matriarch(leader, "backup").code());
                leader.execute("insert into rows select coalesce(max(number), 0) + 1 from rows");
                Moment moment = moment();
                String[] target = target(leader, moment, round);
                leader.execute("insert into rows select max(number) + 1 from rows");
                String where = "round " + round + ", " + String.join(" ", target);
                List<String> kills = new ArrayList<>();
                String identity = leader.query(IDENTITY);
                try (var watch = new SecondPrimaryWatch(cluster, leader)) {
                    switch (round % 5) {
                        case 3 -> where += ", and back" + killedAndRolledBack(leader, target, random, kills, round);
                        case 4 -> {
                            where += ", into a new cluster";
                            restoredInto("copy" + round, target, moment, random, kills)
                                    .destroy();
                        }
                        default -> killedAndResumed(leader, target, moment, random, kills, round);
                    }
                    watch.assertNone();
                }
                for (TestNode node : cluster.nodes) {
                    assertEquals(identity, node.query(IDENTITY), node.name);
                }
                Rounds.say(where + ": killed at " + kills + "; " + load.written() + " rows of load");
            }
        }
    }

    private void killedAndResumed(
            TestNode leader, String[] target, Moment moment, Random random, List<String> kills, int round)
            throws Exception {
        Path mark = mark(leader, round);
        boolean begun = kill(leader, step(random), random.nextInt(3000), kills, "restore", target[0], target[1], "-y");
        assertTrue(Files.exists(mark) || Files.exists(kept(leader, mark)), () -> "old data is gone: " + kills);
        for (int left = random.nextInt(3); left > 0 && begun; left--) {
            begun = kill(leader, step(random), random.nextInt(3000), kills, "restore", "--resume");
            assertTrue(Files.exists(mark) || Files.exists(kept(leader, mark)), () -> "old data is gone: " + kills);
        }
        End end = Files.exists(journal(leader))
                ? matriarch(leader, "restore", "--resume")
                : matriarch(leader, "restore", target[0], target[1], "-y");
        assertEquals(0, end.code(), () -> kills + "\n" + end.output() + cluster.describe());
        assertRestored(moment, leader);
        assertFalse(Files.exists(mark));
        assertTrue(Files.exists(kept(leader, mark)), "kept until --confirm");
        assertEquals(1, matriarch(leader, "restore", target[0], target[1], "-y").code(), "not confirmed yet");
        assertEquals(0, matriarch(leader, "restore", "--confirm").code());
        assertFalse(Files.exists(kept(leader, mark)));
    }

    /** Says where it was when it was given up. */
    private String killedAndRolledBack(TestNode leader, String[] target, Random random, List<String> kills, int round)
            throws Exception {
        Moment before = moment();
        Path mark = mark(leader, round);
        if (random.nextBoolean()) {
            kill(leader, step(random), random.nextInt(3000), kills, "restore", target[0], target[1], "-y");
        } else {
            assertEquals(
                    0, matriarch(leader, "restore", target[0], target[1], "-y").code());
        }
        if (!Files.exists(journal(leader))) {
            assertTrue(Files.exists(mark));
            assertRestored(before, leader);
            return " before it began";
        }
        boolean done = Files.exists(kept(leader, mark));
        kill(leader, step(random), random.nextInt(3000), kills, "restore", "--rollback");
        if (Files.exists(journal(leader))) {
            boolean onTheWay = Files.readString(journal(leader)).contains("\"ROLLBACK\"");
            End back = matriarch(leader, "restore", onTheWay ? "--resume" : "--rollback");
            assertEquals(0, back.code(), () -> kills + "\n" + back.output() + cluster.describe());
        }
        assertTrue(Files.exists(mark), () -> "old data is not back: " + kills);
        assertRestored(before, leader);
        if (Files.exists(journal(leader))) {
            assertEquals(0, matriarch(leader, "restore", "--confirm").code());
        }
        assertFalse(cluster.awaitPrimary().json("/patroni").has("pause"));
        return done ? " after the exchange" : " before the exchange";
    }

    /** A file that is in the leader's data directory only, and in no backup: where it is, there is what was before a restore. */
    private static Path mark(TestNode leader, int round) throws IOException {
        return Files.writeString(leader.data().resolve("before-round-" + round), "");
    }

    private static Path kept(TestNode leader, Path mark) {
        return leader.directory.resolve(leader.name + ".before-restore").resolve(mark.getFileName());
    }

    private static Path journal(TestNode node) {
        return node.directory.resolve(node.name + ".restore");
    }

    /** The moment as one of the options. */
    private static String[] target(TestNode leader, Moment moment, int round) throws SQLException {
        return switch (round % 3) {
            case 0 -> new String[] {"--to-time", moment.time()};
            case 1 -> new String[] {"--to-lsn", uncommitted(leader)};
            default -> {
                leader.query("select pg_create_restore_point('round " + round + "')");
                yield new String[] {"--to-name", "round " + round};
            }
        };
    }

    /** A position between a row and its commit, which is written right behind it. */
    private static String uncommitted(TestNode leader) throws SQLException {
        try (var connection = leader.connect();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("insert into rows select coalesce(max(number), 0) + 1 from rows");
            try (var row = statement.executeQuery("select pg_current_wal_insert_lsn()")) {
                assertTrue(row.next());
                return row.getString(1);
            } finally {
                connection.commit();
            }
        }
    }

    /** Nothing is begun for a position that cannot be reached, nor for what is no position. */
    @Test
    @Order(8)
    void refusesPositionsThatItCannotReach() throws Exception {
        TestNode leader = cluster.awaitPrimary();
        for (var wrong : Map.of(
                        "0/zz", "'0/zz' is no position; write 0/3000060",
                        "0/28", "was finished before the target (lsn 0/28)",
                        "FF/28", "the archive ends before FF/28")
                .entrySet()) {
            End refused = matriarch(leader, "restore", "--to-lsn", wrong.getKey(), "-y");
            assertEquals(1, refused.code(), refused.output());
            assertTrue(refused.output().contains(wrong.getValue()), refused.output());
            assertFalse(Files.exists(journal(leader)), "nothing was begun");
        }
    }

    /** Killed while it recovers, to a position; with a tablespace of its own afterwards, and restored as far as its archive goes. */
    @Test
    @Order(9)
    void beginsANewClusterWithAnIdentityOfItsOwn() throws Exception {
        application.stop();
        TestNode leader = cluster.awaitPrimary();
        Moment moment = moment();
        String[] target = {"--to-lsn", uncommitted(leader)};
        TestNode copy = restoredInto("copy", target, moment, null, new ArrayList<>());
        try {
            if (Rounds.areThorough()) {
                bringsTablespacesBack(copy);
            }
        } finally {
            copy.destroy();
        }
    }

    /**
     * Begins a cluster of one node from our backups.
     *
     * @param random when to kill it; null: once, while it recovers
     */
    private TestNode restoredInto(
            String scope, String[] target, Moment moment, @Nullable Random random, List<String> kills)
            throws Exception {
        TestNode leader = cluster.awaitPrimary();
        String written = leader.query("select pg_walfile_name(pg_switch_wal())");
        TestNode copy = cluster.add(
                scope,
                text -> edit(
                        cluster,
                        cluster.directory.resolve(scope + ".yml"),
                        text.replace("scope: acceptance", "scope: " + scope)));
        cluster.nodes.remove(copy);
        try {
            Await.until(
                    "the archive has " + written,
                    SOON,
                    () -> Files.exists(
                            repository.resolve("acceptance/wal/" + written.substring(0, 16) + "/" + written + ".gz")),
                    cluster::describe);
            String[] wanted = {target[0], target[1], "--into", scope, "--of", "acceptance", "-y"};
            Predicate<String> recovering = output -> output.contains("[3/");
            boolean begun = random == null
                    ? kill(copy, recovering, 0, kills, "restore", wanted)
                    : kill(copy, step(random), random.nextInt(3000), kills, "restore", wanted);
            for (int left = random == null ? 0 : random.nextInt(3); left > 0 && begun; left--) {
                begun = kill(copy, step(random), random.nextInt(3000), kills, "restore", "--resume");
            }
            End restored = Files.exists(journal(copy))
                    ? matriarch(copy, "restore", "--resume")
                    : matriarch(copy, "restore", wanted);
            assertEquals(0, restored.code(), () -> kills + "\n" + restored.output());
            assertEquals(0, matriarch(copy, "restore", "--confirm").code());
            cluster.start(copy);
            Await.until("the copy leads", SOON, copy::isPrimary, () -> copy.tail(60));
            assertEquals(moment.rows(), rows(copy));
            assertFalse(copy.query(IDENTITY).equals(leader.query(IDENTITY)), "two clusters with one identity");
            assertTrue(leader.isPrimary());
            return copy;
        } catch (Exception | Error e) {
            copy.destroy();
            throw e;
        }
    }

    private void bringsTablespacesBack(TestNode copy) throws Exception {
        Path space = Files.createDirectory(cluster.directory.resolve("space"));
        Machine.give(space);
        copy.execute("create tablespace apart location '" + space + "'");
        copy.execute("create table there (number bigint) tablespace apart");
        copy.execute("insert into there values (1)");
        End made = matriarch(copy, "backup");
        assertEquals(0, made.code(), made.output());
        copy.execute("insert into there values (2)");
        copy.query("select pg_switch_wal()");
        End restored = matriarch(copy, "restore", "--latest", "-y");
        assertEquals(0, restored.code(), restored.output() + copy.tail(60));
        Await.until("the copy leads", SOON, copy::isPrimary, () -> copy.tail(60));
        assertEquals("2", copy.query("select count(*) from there"));
        String location = copy.query("select pg_tablespace_location(oid) from pg_tablespace where spcname = 'apart'");
        assertTrue(location.startsWith(copy.data() + ".tablespaces/"), location);
    }

    // ---- helpers

    /** Reads table and clock in one transaction that keeps writers out, so that nothing is committed between the two. */
    private Moment moment() throws SQLException {
        TestNode leader = cluster.awaitPrimary();
        try (var connection = leader.connect();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table rows in exclusive mode");
            try (var row = statement.executeQuery(
                    "select count(*) || ' ' || coalesce(sum(number), 0), clock_timestamp()::text from rows")) {
                assertTrue(row.next());
                return new Moment(row.getString(2), row.getString(1));
            } finally {
                connection.rollback();
            }
        }
    }

    private static String rows(TestNode node) throws SQLException {
        return node.query("select count(*) || ' ' || coalesce(sum(number), 0) from rows");
    }

    private static String value(TestNode node) {
        try {
            return rows(node) + "\n";
        } catch (SQLException e) {
            return e + "\n";
        }
    }

    private void assertRestored(Moment moment, TestNode leader) throws Exception {
        cluster.awaitHealthy(LONG);
        assertEquals(leader, cluster.awaitPrimary());
        for (TestNode node : cluster.nodes) {
            Await.until(
                    moment.rows() + " on " + node.name,
                    SOON,
                    () -> moment.rows().equals(rows(node)),
                    () -> value(node) + cluster.describe());
        }
        leader.execute("insert into rows values (0) on conflict do nothing");
        leader.execute("delete from rows where number = 0");
    }

    private static String timeline(TestNode node) throws SQLException {
        return node.query("select timeline_id from pg_control_checkpoint()");
    }

    private List<String> labels(TestNode node) {
        End list = matriarch(node, "backup", "list");
        assertEquals(0, list.code(), list.output());
        return Stream.of(list.output().split("\n"))
                .filter(line -> line.contains("Z-n"))
                .map(line -> line.split("\\|", -1)[1].strip())
                .toList();
    }

    private End matriarch(TestNode node, String command, String... arguments) {
        return run(List.of(), node, command, arguments);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private End run(List<String> prefix, TestNode node, String command, String... arguments) {
        Path output = cluster.directory.resolve("output");
        try {
            Process process = start(prefix, output, node, command, arguments);
            assertTrue(process.waitFor(LONG.toSeconds(), TimeUnit.SECONDS), () -> command + " does not end");
            return new End(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Process start(List<String> prefix, Path output, TestNode node, String command, String... arguments)
            throws IOException {
        var words = new ArrayList<>(prefix);
        words.add(cluster.programs.resolve("bin/matriarch").toString());
        words.add(command);
        List<String> rest = new ArrayList<>(List.of(arguments));
        if (command.equals("backup") && !rest.isEmpty() && !rest.getFirst().startsWith("-")) {
            words.add(rest.removeFirst()); // list, verify
        }
        words.addAll(List.of("-c", node.configuration().toString()));
        words.addAll(rest);
        return new ProcessBuilder(Machine.asUser(words))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    /** One of the steps has begun, or nothing yet. */
    private static Predicate<String> step(Random random) {
        int wanted = random.nextInt(STEPS + 1);
        return output -> wanted == 0
                || STEP.matcher(output).results().anyMatch(step -> Integer.parseInt(step.group(1)) >= wanted);
    }

    /**
     * Starts a command and kills it some time after a sign in what it prints, so that each part of its work is hit, on slow machines,
     * too.
     *
     * @param where gets its last words
     * @return false: it had ended by itself
     */
    private boolean kill(
            TestNode node,
            Predicate<String> sign,
            long thenMillis,
            List<String> where,
            String command,
            String... arguments)
            throws Exception {
        Path output = cluster.directory.resolve("killed");
        Process process = start(List.of(), output, node, command, arguments);
        Await.until(command, LONG, () -> !process.isAlive() || sign.test(Files.readString(output)));
        boolean ended = process.waitFor(thenMillis, TimeUnit.MILLISECONDS);
        process.destroyForcibly();
        assertTrue(process.waitFor(10, TimeUnit.SECONDS));
        List<String> lines = Files.readAllLines(output);
        where.add(lines.isEmpty() ? "" : lines.getLast().strip());
        return !ended;
    }

    /** Writes into a table of its own, so that a restore meets a server that works. */
    private static final class Load implements AutoCloseable {
        private final Thread thread;
        private volatile boolean stopped;
        private final AtomicLong written = new AtomicLong();

        Load(TestCluster cluster) {
            thread = Thread.ofPlatform().daemon().start(() -> write(cluster.applicationUrl()));
        }

        private void write(String url) {
            while (!stopped) {
                try (var connection = DriverManager.getConnection(url);
                        var statement = connection.createStatement()) {
                    statement.execute("drop table if exists load");
                    statement.execute("create table load (text text)");
                    while (!stopped) {
                        statement.execute("insert into load select repeat('load', 500) from generate_series(1, 10)");
                        written.addAndGet(10);
                        LockSupport.parkNanos(Duration.ofMillis(300).toNanos());
                    }
                } catch (SQLException _) {
                    LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
                }
            }
        }

        long written() {
            return written.get();
        }

        @Override
        public void close() {
            stopped = true;
            try {
                thread.join(Duration.ofSeconds(15));
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Asks the other members all the time whether they have become primary. */
    private static final class SecondPrimaryWatch implements AutoCloseable {
        private final List<Thread> threads = new ArrayList<>();
        private final List<String> found = new ArrayList<>();
        private volatile boolean stopped;

        SecondPrimaryWatch(TestCluster cluster, TestNode leader) {
            for (TestNode node : cluster.nodes) {
                if (node != leader) {
                    threads.add(Thread.ofPlatform().daemon().start(() -> watch(node)));
                }
            }
        }

        private void watch(TestNode node) {
            while (!stopped) {
                try {
                    if (node.query("select pg_is_in_recovery()").equals("f")) {
                        synchronized (found) {
                            found.add(node.name);
                        }
                    }
                } catch (SQLException _) {
                    // it is being rewound or copied
                }
                LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
            }
        }

        void assertNone() {
            synchronized (found) {
                assertEquals(List.of(), found);
            }
        }

        @Override
        public void close() {
            stopped = true;
            for (Thread thread : threads) {
                try {
                    thread.join(Duration.ofSeconds(15));
                } catch (InterruptedException _) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }
}

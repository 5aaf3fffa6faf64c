package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.acceptance.TestCluster.Store;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What people get wrong: each mistake is answered by one error that names place and remedy; the agent ends where nothing
 * else helps and goes on trying where waiting does; the data directory stays as it was.
 */
class BadInputTest {

    /** Passwords are asked for, also from this machine. */
    private static final String DYNAMIC = """
        ttl: 20
        loop_wait: 1
        retry_timeout: 3
        postgresql:
          pg_hba:
          - local all all trust
          - host replication replicator 0.0.0.0/0 scram-sha-256
          - host all all 0.0.0.0/0 scram-sha-256
        """;

    private static final Duration LIMIT = Duration.ofSeconds(40);

    /** What a start of PostgreSQL writes, also one that fails. */
    private static final Set<String> WRITTEN_BY_A_START = Set.of(
            "standby.signal",
            "postgresql.conf",
            "postgresql.base.conf",
            "pg_hba.conf",
            "pg_ident.conf",
            "postgresql.auto.conf",
            "postmaster.opts",
            "postmaster.pid",
            "patroni.dynamic.json",
            "postgresql.conf.backup",
            "postgresql.base.conf.backup",
            "pg_hba.conf.backup",
            "pg_ident.conf.backup");

    private static TestCluster cluster;
    private static TestNode leader;
    /** Made by initdb, never started. */
    private static Path pristine;

    @BeforeAll
    static void start() {
        cluster = TestCluster.start(Store.ETCD, 1, DYNAMIC);
        leader = cluster.nodes.getFirst();
        pristine = cluster.directory.resolve("pristine");
        Machine.run(Machine.asUser(List.of(
                Machine.postgresBin().resolve("initdb").toString(),
                "-D",
                pristine.toString(),
                "-U",
                "postgres",
                "-A",
                "trust",
                "--no-sync",
                "--wal-segsize=1",
                "-E",
                "UTF8")));
    }

    @AfterAll
    static void end() {
        cluster.close();
    }

    // ---- the configuration: no store is needed to find it wanting

    record Mistake(String name, UnaryOperator<String> edit, List<String> said) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Mistake replaced(String name, String regex, String by, String... said) {
        return new Mistake(
                name,
                yaml -> {
                    String edited = yaml.replaceFirst(regex, by);
                    assertFalse(edited.equals(yaml), name);
                    return edited;
                },
                List.of(said));
    }

    private static Mistake whole(String name, String text, String... said) {
        return new Mistake(name, _ -> text, List.of(said));
    }

    static Stream<Mistake> mistakes() {
        String notAMap = ": expected a map with keys such as \"scope: main\", but got ";
        return Stream.of(
                whole(
                        "tab",
                        "scope: a\nrestapi:\n\tlisten: b\n",
                        "tab.yml: found a tab (line 3, column 1)",
                        "spaces only"),
                whole("unclosed", "scope: [a\nname: b\n", "unclosed.yml: expected ',' or ']'", "(line 2, column 5)"),
                whole("list", "- scope: a\n", "list.yml" + notAMap + "a list"),
                whole("scalar", "scope\n", "scalar.yml" + notAMap + "a single value"),
                whole("empty", "", "empty.yml" + notAMap + "nothing"),
                replaced("alias", "password: \\S+", "password: *secret", "alias.yml: found an alias of nothing (line"),
                replaced(
                        "no-scope",
                        "scope: acceptance",
                        "",
                        "Can not find \"scope\" config: set it to",
                        "no-scope.yml"),
                replaced("no-name", "name: no-name", "", "Can not find \"name\" config: set it to", "no-name.yml"),
                replaced("no-restapi", "restapi:", "rest:", "Can not find \"restapi.listen\" config: set it to"),
                replaced("no-postgresql", "\npostgresql:", "\npostgres:", "Can not find \"postgresql.listen\" config"),
                replaced("no-data-dir", " data_dir:", " datadir:", "Can not find \"postgresql.data_dir\" config"),
                replaced(
                        "no-replication",
                        " replication:\n",
                        " replicator:\n",
                        "Can not find \"postgresql.authentication.replication\" config: PostgreSQL's users are not"
                                + " configured",
                        "no-replication.yml"),
                replaced(
                        "bad-port",
                        "postgresql:\n  listen: \\S+",
                        "postgresql:\n  listen: 127.0.0.1:high",
                        "postgresql.listen: expected <HOST>:<PORT>, but got \"127.0.0.1:high\" (in ",
                        "bad-port.yml"),
                replaced(
                        "bad-restapi",
                        "restapi:\n  listen: \\S+",
                        "restapi:\n  listen: everywhere",
                        "expected <HOST>:<PORT> for \"listen\", but got \"everywhere\" (in "),
                replaced(
                        "no-store",
                        "etcd3:\n  host: \\S+",
                        "",
                        "CRITICAL: Can not find suitable configuration of distributed configuration store",
                        "Available implementations: ",
                        "add a section of one of these names"),
                replaced("misspelt-store", "etcd3:", "etcd4:", "Can not find suitable configuration", "etcd4,"),
                replaced("store-without-host", "host: ", "hots: ", "CRITICAL: etcd3: one of host, hosts, url"));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void theConfigurationIsRefusedAtOnce(Mistake mistake) throws Exception {
        TestNode node = cluster.add(mistake.name, yaml -> mistake.edit.apply(withDeadStore(yaml)));
        assertRefused(node, mistake.said.toArray(String[]::new));
        assertFalse(Files.exists(node.data()));
    }

    @Test
    void aFileThatIsNotThereOrMayNotBeReadIsNamed() throws Exception {
        TestNode missing = alone("missing", UnaryOperator.identity());
        Files.delete(missing.configuration());
        assertRefused(missing, "Config is empty.\n", missing.configuration() + " does not exist: give the path");

        TestNode closed = alone("closed", UnaryOperator.identity());
        Files.setPosixFilePermissions(closed.configuration(), PosixFilePermissions.fromString("---------"));
        assertRefused(closed, "cannot read the configuration " + closed.configuration() + ": permission denied");
    }

    // ---- the machine

    @Test
    void whatTheServerNeedsIsMissingAndTheDataDirectoryIsLeftAlone() throws Exception {
        refusedWithData(
                "no-programs",
                yaml -> yaml.replaceFirst("bin_dir: \\S+", "bin_dir: /nowhere/bin"),
                "CRITICAL: postgres, pg_ctl, pg_controldata were not found in /nowhere/bin. Set postgresql.bin_dir");
        refusedWithData(
                "no-socket-directory",
                yaml -> yaml.replaceFirst("unix_socket_directories: \\S+", "unix_socket_directories: /proc/sockets"),
                "CRITICAL: '/proc/sockets' is defined in unix_socket_directories, ",
                "set postgresql.parameters.unix_socket_directories");
        refusedWithData(
                "pgpass-directory",
                yaml -> yaml.replaceFirst("pgpass: \\S+", "pgpass: /tmp"),
                "CRITICAL: '/tmp' exists and it's not a file, check your `postgresql.pgpass` configuration");
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            refusedWithData(
                    "restapi-port",
                    yaml -> yaml.replaceFirst("restapi:\n  listen: \\S+", "restapi:\n  listen: " + address),
                    "CRITICAL: Couldn't start a service on '" + address + "', please check your `restapi.listen`");
        }
        TestNode file = alone("file-for-data", UnaryOperator.identity());
        Files.writeString(file.data(), "precious");
        Machine.give(file.data());
        assertRefused(file, "CRITICAL: postgresql.data_dir: " + file.data() + " is not a directory");
        assertEquals("precious", Files.readString(file.data()));
    }

    @Test
    void dataOfAnotherMajorVersionAreNotTouched() throws Exception {
        TestNode node = withData(alone("old-data", UnaryOperator.identity()));
        Files.writeString(node.data().resolve("PG_VERSION"), "12\n");
        Fingerprint before = Fingerprint.of(node.data());
        assertRefused(
                node,
                "CRITICAL: data directory " + node.data() + " was made by PostgreSQL 12, but "
                        + Machine.postgresBin().resolve("postgres") + " is version ",
                "pg_upgrade",
                "postgresql.bin_dir");
        assertUnchanged(before, node);
    }

    @Test
    void dataOfAnotherClusterAreNotTouched() throws Exception {
        TestNode node = withData(cluster.add("foreign", UnaryOperator.identity()));
        Fingerprint before = Fingerprint.of(node.data());
        assertRefused(
                node,
                "CRITICAL: system ID mismatch, node foreign belongs to a different cluster: ",
                "check scope and postgresql.data_dir");
        assertUnchanged(before, node);
    }

    @Test
    void aNameThatIsInUseIsRefused() throws Exception {
        TestNode node =
                withData(cluster.add("namesake", yaml -> yaml.replace("name: namesake", "name: " + leader.name)));
        Fingerprint before = Fingerprint.of(node.data());
        assertRefused(
                node,
                "CRITICAL: Can't start; there is already a node named '" + leader.name + "' running. It answers at ",
                "give this node another name");
        assertUnchanged(before, node);
        assertTrue(leader.isPrimary());
    }

    @Test
    void aStoreThatIsDownIsAskedAgainUntilItAnswers() throws Exception {
        try (var etcd = new EtcdServer(cluster.directory.resolve("late-etcd"), "127.0.0.1")) {
            etcd.stop();
            TestNode node = withData(alone(
                    "early",
                    yaml -> yaml.replaceFirst("host: \\S+", "host: " + etcd.endpoint())
                            .replace("  initdb:\n", "  initdb:\n  initdb:\n")));
            Fingerprint before = Fingerprint.of(node.data());
            cluster.start(node);
            String failure = "ERROR: Request to server http://" + etcd.endpoint() + " failed: ";
            awaitLog(node, "tries again", log -> count(log, failure) >= 3);
            String log = log(node);
            assertEquals(count(log, failure), count(log, "ERROR: "), log);
            assertEquals(1, count(log, "WARNING: " + node.configuration() + ": the key \"initdb\" (line "), log);
            assertUnchanged(before, node);
            etcd.start();
            awaitPrimary(node);
            node.stop();
        }
    }

    // ---- PostgreSQL

    @Test
    void aTakenPortIsNamedAndTriedAgainWithExistingData() throws Exception {
        TestNode node = withData(alone("taken-port", UnaryOperator.identity()));
        Fingerprint before = Fingerprint.of(node.data());
        String error = "ERROR: postmaster is not running: postgresql.listen: cannot listen on 127.0.0.1:"
                + node.postgresPort + " (Address already in use). Stop the process that uses the port, or set";
        try (var other = new ServerSocket(node.postgresPort, 1, InetAddress.getLoopbackAddress())) {
            assertTrue(other.isBound());
            cluster.start(node);
            awaitLog(node, "tries again", log -> count(log, error) >= 2);
            var changed = new TreeSet<>(before.changedIn(Fingerprint.of(node.data())));
            changed.removeAll(WRITTEN_BY_A_START);
            assertEquals(Set.of(), changed);
            assertTrue(node.isAgentAlive());
        }
        awaitPrimary(node);
        node.stop();
    }

    @Test
    void aTakenPortStopsABootstrapBeforeAnythingIsMade() throws Exception {
        TestNode node = alone("taken-bootstrap", UnaryOperator.identity());
        try (var other = new ServerSocket(node.postgresPort, 1, InetAddress.getLoopbackAddress())) {
            assertTrue(other.isBound());
            assertRefused(
                    node,
                    "ERROR: postgresql.listen: cannot listen on 127.0.0.1:" + node.postgresPort
                            + " (Address already in use). Stop the process",
                    "ERROR: Failed to bootstrap cluster");
        }
        assertFalse(Files.exists(node.data()));
        assertFalse(Files.exists(node.data().resolveSibling("taken-bootstrap.failed")));
    }

    @Test
    void aDataDirectoryWithTheWrongModeIsNamedAndLeftAsItIs() throws Exception {
        TestNode node = withData(alone("wrong-mode", UnaryOperator.identity()));
        Files.setPosixFilePermissions(node.data(), PosixFilePermissions.fromString("rwxrwxrwx"));
        cluster.start(node);
        awaitLog(
                node,
                "an error",
                log -> log.contains("ERROR: postmaster is not running: data directory " + node.data()
                        + " is open to others than its owner. Set its mode to 0700"));
        Files.setPosixFilePermissions(node.data(), PosixFilePermissions.fromString("---------"));
        awaitLog(
                node,
                "another error",
                log -> log.contains(
                        "ERROR: data directory is not accessible: " + node.data() + ": permission denied. Check that"));
        Files.setPosixFilePermissions(node.data(), PosixFilePermissions.fromString("rwx------"));
        awaitPrimary(node);
        node.stop();
    }

    @Test
    void aDirectoryOfSomethingElseIsLeftAlone() throws Exception {
        TestNode node = alone("something-else", UnaryOperator.identity());
        Files.createDirectory(node.data());
        Files.writeString(node.data().resolve("letter"), "precious");
        Machine.give(node.data());
        Fingerprint before = Fingerprint.of(node.data());
        cluster.start(node);
        awaitLog(node, "several cycles", log -> count(log, "data dir for the cluster is not empty") >= 3);
        assertEquals(
                1,
                count(node, "ERROR: postgresql.data_dir: " + node.data() + " is neither empty nor a data directory"));
        node.stop();
        assertUnchanged(before, node);
    }

    @Test
    void aWrongReplicationPasswordLetsNobodyClone() throws Exception {
        TestNode node =
                cluster.add("bad-replicator", yaml -> yaml.replace("password: rep-pass", "password: guessed-wrong"));
        cluster.start(node);
        String failure =
                "ERROR: Error when fetching backup: pg_basebackup exited with code=1 (from " + leader.name + " at "
                        + leader.address + " port " + leader.postgresPort
                        + " as user replicator of postgresql.authentication.replication)";
        awaitLog(node, "two attempts", log -> count(log, failure) >= 2);
        assertTrue(log(node).contains("password authentication failed for user \"replicator\""), () -> log(node));
        assertTrue(log(node).indexOf("Trying again in 5 seconds") < log(node).lastIndexOf(failure), () -> log(node));
        assertFalse(log(node).contains("guessed-wrong"));
        node.stop();
        assertFalse(Files.exists(node.data()));
        assertTrue(leader.isPrimary());
    }

    @Test
    void aWrongSuperuserPasswordLeavesTheReplicaRunning() throws Exception {
        TestNode node = cluster.add("bad-superuser", UnaryOperator.identity());
        cluster.start(node);
        awaitLog(node, "follows", log -> log.contains("a secondary, and following a leader"));
        node.stop();
        Files.writeString(
                node.configuration(),
                Files.readString(node.configuration())
                        .replace(TestCluster.SUPERUSER_PASSWORD, "guessed-wrong")
                        .replace("use_unix_socket: true", "use_unix_socket: false"));
        Files.delete(node.log());
        cluster.start(node);
        String result = "INFO: Error communicating with PostgreSQL. Will try again later";
        awaitLog(node, "a cycle", log -> log.contains(result));
        long postmaster = node.postmasterPid().orElseThrow();
        awaitLog(node, "several cycles", log -> count(log, result) >= 4);
        assertEquals(postmaster, node.postmasterPid().orElseThrow(), () -> log(node));
        assertEquals(
                1,
                count(
                        node,
                        "ERROR: Could not query PostgreSQL: FATAL: password authentication failed for user"
                                + " \"postgres\". Check username and password in postgresql.authentication.superuser"),
                () -> log(node));
        assertEquals(1, count(node, "ERROR: "), () -> log(node));
        assertFalse(log(node).contains("guessed-wrong"));
        node.stop();
    }

    // ---- how it is told

    /** A node of a cluster of its own. */
    private static TestNode alone(String name, UnaryOperator<String> edit) {
        return cluster.add(name, yaml -> edit.apply(yaml.replace("scope: acceptance", "scope: of-" + name)));
    }

    private static TestNode withData(TestNode node) {
        Machine.run(List.of("cp", "-a", pristine.toString(), node.data().toString()));
        return node;
    }

    private static String withDeadStore(String yaml) {
        return yaml.replaceFirst("host: 127.0.0.1:\\d+", "host: 127.0.0.1:" + Machine.freePort());
    }

    private static void refusedWithData(String name, UnaryOperator<String> edit, String... said) throws Exception {
        TestNode node = withData(alone(name, edit));
        Fingerprint before = Fingerprint.of(node.data());
        assertRefused(node, said);
        assertUnchanged(before, node);
    }

    /** The agent ends by itself with 1 and says this, no trace of a stack and no secret. */
    private static void assertRefused(TestNode node, String... said) {
        cluster.start(node);
        Await.until("the agent ends", LIMIT, () -> !node.isAgentAlive(), () -> log(node));
        String log = log(node);
        assertEquals(1, node.exitCode(), log);
        for (String text : said) {
            assertTrue(log.contains(text), () -> "not said: " + text + "\n" + log);
        }
        assertFalse(log.contains("\tat "), log);
        for (String secret : List.of(TestCluster.SUPERUSER_PASSWORD, "rep-pass", "secret")) {
            assertFalse(log.contains(secret), log);
        }
    }

    private static void assertUnchanged(Fingerprint before, TestNode node) throws IOException {
        assertEquals(Set.of(), before.changedIn(Fingerprint.of(node.data())), () -> log(node));
    }

    private static void awaitPrimary(TestNode node) {
        Await.until(node.name + " is primary", LIMIT, node::isPrimary, () -> log(node));
    }

    private interface Condition {
        boolean holds(String log);
    }

    private static void awaitLog(TestNode node, String what, Condition condition) {
        Await.until(what, LIMIT, () -> condition.holds(Files.readString(node.log())), () -> log(node));
    }

    private static String log(TestNode node) {
        return node.tail(Integer.MAX_VALUE);
    }

    private static int count(TestNode node, String text) {
        return count(log(node), text);
    }

    private static int count(String log, String text) {
        return (log.length() - log.replace(text, "").length()) / text.length();
    }
}

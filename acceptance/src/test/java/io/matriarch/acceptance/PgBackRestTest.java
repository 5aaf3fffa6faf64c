package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The same commands with pgBackRest, where it is installed; on request. */
class PgBackRestTest {

    private static final Path PROGRAM = Path.of("/usr/bin/pgbackrest");
    private static final Duration LIMIT = Duration.ofSeconds(120);

    private static final String DYNAMIC = TestCluster.QUICK + """
          parameters:
            archive_mode: "on"
        """;

    private static String edit(TestCluster cluster, Path configuration, String stanza, String text) {
        String archive = cluster.programs.resolve("bin/matriarch") + " archive -c " + configuration;
        return text.replace(
                        "  parameters:\n    unix_socket",
                        "  parameters:\n    archive_command: \"" + archive + " %p # pgbackrest\"\n    unix_socket")
                + "  backup:\n    tool: pgbackrest\n    stanza: " + stanza + "\n    command: " + wrapper(cluster)
                + "\n";
    }

    /** Names a configuration that is not the machine's. */
    private static Path wrapper(TestCluster cluster) {
        return cluster.directory.resolve("pgbackrest");
    }

    /** @param stanza that the node's data directory belongs to */
    private static void configure(TestCluster cluster, TestNode node, String stanza) {
        Path configuration = cluster.directory.resolve("pgbackrest.conf");
        try {
            Files.writeString(configuration, """
                [global]
                repo1-path=%1$s/repo
                repo1-retention-full=2
                log-path=%1$s
                lock-path=%1$s/lock
                spool-path=%1$s/spool
                start-fast=y
                [%4$s]
                pg1-path=%2$s
                pg1-port=%3$d
                pg1-socket-path=%1$s
                """.formatted(cluster.directory, node.data(), node.postgresPort, stanza));
            Files.writeString(
                    wrapper(cluster), "#!/bin/sh\nexec " + PROGRAM + " --config=" + configuration + " \"$@\"\n");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        Machine.run(List.of("chmod", "0755", wrapper(cluster).toString()));
        Machine.give(cluster.directory);
    }

    @Test
    void archivesBacksUpAndRestores() throws Exception {
        Assumptions.assumeTrue(Rounds.areThorough(), "-Dmatriarch.rounds=1 runs it");
        Assumptions.assumeTrue(Files.exists(PROGRAM), "pgbackrest is not installed");
        try (var cluster = TestCluster.start(1, DYNAMIC, (all, name) -> text -> {
            configure(all, all.node(name), "main");
            return edit(all, all.node(name).configuration(), "main", text);
        })) {
            TestNode node = cluster.awaitPrimary();
            createStanza(cluster, "main");
            node.execute("create table rows (number bigint)");
            node.execute("insert into rows values (1)");
            Rounds.say(matriarch(cluster, node, "backup"));
            assertTrue(matriarch(cluster, node, "backup", "list").contains("full backup"));
            Rounds.say(matriarch(cluster, node, "backup", "verify"));
            matriarch(cluster, node, "backup", "prune");

            node.execute("insert into rows values (2)");
            String time = node.query("select clock_timestamp()::text");
            node.execute("insert into rows values (3)");
            node.query("select pg_switch_wal()");
            assertTrue(matriarch(cluster, node, "restore", "--to-time", time, "--dry-run")
                    .contains("of pgBackRest"));
            Rounds.say(matriarch(cluster, node, "restore", "--to-time", time, "-y"));
            Await.until("it leads", LIMIT, node::isPrimary, cluster::describe);
            assertEquals("3", node.query("select sum(number) from rows"));
            assertEquals("2", node.query("select timeline_id from pg_control_checkpoint()"));
            Rounds.say(matriarch(cluster, node, "restore", "--rollback"));
            Await.until("it leads", LIMIT, node::isPrimary, cluster::describe);
            assertEquals("6", node.query("select sum(number) from rows"));
            matriarch(cluster, node, "restore", "--confirm");
            Rounds.say(matriarch(cluster, node, "backup"));
            node.execute("insert into rows values (4)");
            node.query("select pg_switch_wal()");
            Rounds.say(matriarch(cluster, node, "restore", "--latest", "-y"));
            Await.until("it leads", LIMIT, node::isPrimary, cluster::describe);
            assertEquals("10", node.query("select sum(number) from rows"));
            matriarch(cluster, node, "restore", "--confirm");
            beginsANewCluster(cluster, node);
        }
    }

    /** On a host whose pgBackRest knows the repository and a stanza of its own. */
    private static void beginsANewCluster(TestCluster cluster, TestNode node) throws Exception {
        matriarch(cluster, node, "backup");
        node.execute("insert into rows values (5)");
        String time = node.query("select clock_timestamp()::text");
        node.execute("insert into rows values (6)");
        node.query("select pg_switch_wal()");
        String identity = "select system_identifier from pg_control_system()";
        String original = node.query(identity);
        Await.until(
                "all is archived",
                LIMIT,
                () -> node.query("select last_archived_wal >= pg_walfile_name(pg_current_wal_lsn() - 1)"
                                + " from pg_stat_archiver")
                        .equals("t"),
                cluster::describe);
        node.stop();
        TestNode copy = cluster.add(
                "copy",
                text -> edit(
                        cluster,
                        cluster.directory.resolve("copy.yml"),
                        "copy",
                        text.replace("scope: acceptance", "scope: copy")));
        configure(cluster, copy, "copy");
        Rounds.say(matriarch(cluster, copy, "restore", "--to-time", time, "--into", "copy", "--of", "main", "-y"));
        matriarch(cluster, copy, "restore", "--confirm");
        cluster.start(copy);
        Await.until("the copy leads", LIMIT, copy::isPrimary, cluster::describe);
        assertEquals("15", copy.query("select sum(number) from rows"));
        assertNotEquals(original, copy.query(identity));
        createStanza(cluster, "copy");
        Rounds.say(matriarch(cluster, copy, "backup"));
    }

    private static void createStanza(TestCluster cluster, String stanza) throws Exception {
        demand(Machine.asUser(List.of(
                wrapper(cluster).toString(), "--stanza=" + stanza, "--log-level-console=info", "stanza-create")));
    }

    private static String matriarch(TestCluster cluster, TestNode node, String... words) throws Exception {
        var command = new ArrayList<String>();
        command.add(cluster.programs.resolve("bin/matriarch").toString());
        command.add(words[0]);
        List<String> rest = new ArrayList<>(List.of(words).subList(1, words.length));
        if (words[0].equals("backup") && !rest.isEmpty()) {
            command.add(rest.removeFirst()); // list, verify, prune
        }
        command.addAll(List.of("-c", node.configuration().toString()));
        command.addAll(rest);
        return demand(Machine.asUser(command));
    }

    private static String demand(List<String> command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), () -> command + "\n" + output);
        return output;
    }
}

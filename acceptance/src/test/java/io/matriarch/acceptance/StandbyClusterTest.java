package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.acceptance.TestCluster.Store;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** One cluster copies another. */
class StandbyClusterTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Test
    void aStandbyClusterIsPromotedAndReturnsWithItsMembers() throws Exception {
        try (var cluster = TestCluster.start(Store.ETCD, 1, TestCluster.QUICK)) {
            TestNode site = cluster.awaitPrimary();
            site.execute("create table rows (n int)");
            site.execute("insert into rows values (1)");
            UnaryOperator<String> standby = text -> text.replace("scope: acceptance", "scope: standby")
                    .replace(
                            "  dcs:\n",
                            "  dcs:\n    standby_cluster:\n      host: %s\n      port: %d\n"
                                    .formatted(site.address, site.postgresPort));
            TestNode first = cluster.add("s0", standby);
            cluster.start(first);
            await(cluster, "a standby leader", () -> first.statusCode("/standby-leader") == 200);
            TestNode second = cluster.add("s1", standby);
            cluster.start(second);
            await(
                    cluster,
                    "a cascade",
                    () -> streams(first, "s1") && rows(second).equals("1"));
            assertTrue(streams(site, "s0"));
            assertEquals("t", first.query("select pg_is_in_recovery()"));

            cluster.patronictl("promote-cluster", "standby", "--force");
            first.execute("insert into rows values (2)");
            await(cluster, "the new row", () -> rows(second).equals("1,2"));

            cluster.patronictl(
                    "demote-cluster", "standby", "--host", site.address, "--port", "" + site.postgresPort, "--force");
            site.execute("insert into rows values (3)");
            // What the cluster wrote on its own is gone from both: rewound from the site, then following it.
            await(
                    cluster,
                    "the site's rows",
                    () -> rows(first).equals("1,3") && rows(second).equals("1,3"));
            await(cluster, "the cascade again", () -> streams(first, "s1") && streams(site, "s0"));
            String journal = Files.readString(cluster.directory.resolve("s0.journal"));
            assertTrue(journal.contains("promoted self to leader because I had the session lock"), journal);
            assertTrue(journal.contains("cannot be a real primary in standby cluster"), journal);
        }
    }

    private static void await(TestCluster cluster, String what, Callable<Boolean> condition) {
        Await.until(what, LIMIT, condition, cluster::describe);
    }

    private static boolean streams(TestNode from, String who) throws Exception {
        return from.query("select count(*) from pg_stat_replication where state = 'streaming' and application_name = '"
                        + who + "'")
                .equals("1");
    }

    private static String rows(TestNode node) throws Exception {
        return node.query("select string_agg(n::text, ',' order by n) from rows");
    }
}

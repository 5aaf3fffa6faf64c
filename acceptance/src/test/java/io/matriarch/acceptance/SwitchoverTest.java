package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.acceptance.TestCluster.Store;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A planned change of the primary under load, asked for with patronictl. */
class SwitchoverTest {

    private static final String DYNAMIC = """
        ttl: 20
        loop_wait: 1
        retry_timeout: 3
        synchronous_mode: true
        postgresql:
          use_pg_rewind: true
        """;

    @ParameterizedTest
    @EnumSource(Store.class)
    void switchoverUnderLoadLosesNothing(Store store) throws Exception {
        try (var cluster = TestCluster.start(store, 3, DYNAMIC)) {
            cluster.awaitSynchronous();
            TestNode old = cluster.awaitPrimary();
            try (var application = new Application(cluster)) {
                String output = cluster.patronictl("switchover", "acceptance", "--leader", old.name, "--force");
                assertTrue(output.contains("Successfully switched over to"), output);
                TestNode next = cluster.awaitPrimaryOtherThan(old);
                application.awaitWritesAfter(System.nanoTime(), TestCluster.FAILOVER);
                cluster.awaitHealthy(TestCluster.FAILOVER);
                application.stop();
                assertEquals(Set.of(), application.lostOn(next));
                String list = cluster.patronictl("list", "acceptance");
                assertTrue(list.contains("| Leader"), list);
                assertEquals(
                        "standby\tn\ta\tnothing\nTrue\t1.50\t[1, 2]\tNone\n",
                        cluster.query(
                                "-r",
                                "replica",
                                "-c",
                                "select pg_is_in_recovery() as standby, 1.50 as n, array[1,2] as a, null as nothing"));
            }
        }
    }
}

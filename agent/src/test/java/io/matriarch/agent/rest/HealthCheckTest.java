package io.matriarch.agent.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Lsn;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Revision;
import io.matriarch.model.Role;
import io.matriarch.model.SyncState;
import io.matriarch.model.Tags;
import io.matriarch.postgres.LocalFacts.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HealthCheckTest {

    @ParameterizedTest
    @CsvSource({
        "/, PRIMARY",
        "/primary, PRIMARY",
        "/master, PRIMARY",
        "/read-write, PRIMARY",
        "/x/read-write/y, PRIMARY",
        "/leader, LEADER",
        "/standby_leader, STANDBY_LEADER",
        "/standby-leader, STANDBY_LEADER",
        "/replica, REPLICA",
        "/replica/, REPLICA",
        "/read-only, READ_ONLY",
        "/read-only-sync, READ_ONLY_SYNC",
        "/read-only-synchronous, READ_ONLY_SYNC",
        "/read-only-quorum, READ_ONLY_QUORUM",
        "/read-only-quorum/, NONE",
        "/health, HEALTH",
        "/sync, SYNC",
        "/synchronous, SYNC",
        "/quorum, QUORUM",
        "/async, ASYNC",
        "/asynchronous, ASYNC",
        "/async/, NONE",
        "/patroni, NONE",
        "//, NONE"
    })
    void pathsDecideByContainment(String path, HealthCheck expected) {
        assertEquals(expected, HealthCheck.of(path));
    }

    // ---- every combination against a second, obvious reading of the contract

    /** One combination of everything that health checks look at. */
    private record Case(
            boolean leader,
            Role managed,
            boolean inRecovery,
            boolean answered,
            PostgresState state,
            boolean paused,
            boolean fresh,
            boolean standbyCluster,
            String synchronousMode,
            boolean voter,
            boolean noloadbalance) {

        Picture picture() {
            var node = new Samples.Node();
            String config = "{\"pause\":%s,\"synchronous_mode\":\"%s\"%s}"
                    .formatted(
                            paused,
                            synchronousMode,
                            standbyCluster ? ",\"standby_cluster\":{\"host\":\"10.1.1.1\"}" : "");
            SyncState sync = new SyncState("n9", 1, voter ? List.of("N1") : List.of("n8"), new Revision(2));
            node.view = Samples.view(config, sync, 0x5000060);
            node.viewReadAt = fresh ? Samples.NOW : null;
            node.config = node.view.dynamicConfig();
            node.state = state;
            node.role = managed;
            node.tags = new Tags(
                    Samples.json(noloadbalance ? "{\"noloadbalance\":true,\"zone\":\"A\"}" : "{\"zone\":\"A\"}"));
            node.snapshot =
                    answered ? Optional.of(inRecovery ? Samples.replica() : Samples.primary()) : Optional.empty();
            return node.picture(leader);
        }

        // The sentences of the contract, one by one, without shortcuts.

        String role() {
            if (!answered) {
                return managed.toString();
            }
            return !inRecovery ? "primary" : standbyCluster ? managed.toString() : "replica";
        }

        String reportedState() {
            return state == PostgresState.RUNNING && !answered ? "unknown" : state.toString();
        }

        boolean noViewInPause() {
            return paused && !fresh;
        }

        boolean leaderCondition() {
            return noViewInPause() ? role().equals("primary") || role().equals("standby_leader") : leader;
        }

        boolean primaryCondition() {
            return noViewInPause() ? role().equals("primary") : leader && !standbyCluster;
        }

        boolean standbyLeaderCondition() {
            return noViewInPause()
                    ? role().equals("standby_leader")
                    : leader && standbyCluster && (role().equals("replica") || role().equals("standby_leader"));
        }

        boolean replicaCondition(Ask ask) {
            return !noloadbalance
                    && role().equals("replica")
                    && reportedState().equals("running")
                    && !(leader && standbyCluster)
                    && !ask.lagging
                    && !(ask.otherReplicationState && answered);
        }

        @Nullable
        String duty() {
            boolean synchronous = !synchronousMode.equals("off") && !standbyCluster;
            if (!role().equals("replica") || !synchronous || !fresh || !voter) {
                return null;
            }
            return synchronousMode.equals("quorum") ? "quorum_standby" : "sync_standby";
        }

        boolean expected(String path, Ask ask) {
            boolean replica = replicaCondition(ask);
            boolean reads = primaryCondition() || standbyLeaderCondition();
            boolean sync = "sync_standby".equals(duty()) && replica;
            boolean quorum = "quorum_standby".equals(duty()) && replica;
            return switch (path) {
                case "/leader" -> leaderCondition();
                case "/primary" -> primaryCondition();
                case "/standby-leader" -> standbyLeaderCondition();
                case "/replica" -> replica && !ask.otherTag;
                case "/read-only" -> (reads || replica) && !ask.otherTag;
                case "/health" -> reportedState().equals("running") && !ask.otherTag;
                case "/sync" -> fresh && sync && !ask.otherTag;
                case "/quorum" -> fresh && quorum && !ask.otherTag;
                case "/async" -> fresh && duty() == null && replica && !ask.otherTag;
                case "/read-only-sync" -> fresh && (reads || sync) && !ask.otherTag;
                case "/read-only-quorum" -> fresh && (reads || quorum) && !ask.otherTag;
                default -> false;
            };
        }
    }

    /** Query parameters, and what they mean for a replica that streams, is 96 bytes behind and is tagged with zone A. */
    private record Ask(String query, boolean lagging, boolean otherReplicationState, boolean otherTag) {}

    private static final List<Ask> ASKS = List.of(
            new Ask("", false, false, false),
            new Ask("lag=96", false, false, false),
            new Ask("lag=95", true, false, false),
            new Ask("replication_state=streaming", false, false, false),
            new Ask("replication_state=in+archive+recovery", false, true, false),
            new Ask("tag_zone=A", false, false, false),
            new Ask("tag_zone=B", false, false, true),
            new Ask("lag=1MB&replication_state=streaming&tag_zone=A", false, false, false),
            new Ask("lag=0&tag_zone=B", true, false, true));

    private static final List<String> PATHS = List.of(
            "/leader",
            "/primary",
            "/standby-leader",
            "/replica",
            "/read-only",
            "/health",
            "/sync",
            "/quorum",
            "/async",
            "/read-only-sync",
            "/read-only-quorum",
            "/patroni");

    private static List<Case> allCases() {
        var cases = new ArrayList<Case>();
        for (Role role : List.of(Role.PRIMARY, Role.REPLICA, Role.STANDBY_LEADER, Role.DEMOTED)) {
            for (PostgresState state : List.of(PostgresState.RUNNING, PostgresState.STARTING, PostgresState.STOPPED)) {
                for (String mode : List.of("off", "on", "quorum")) {
                    for (int bits = 0; bits < 256; bits++) {
                        boolean answered = (bits & 4) != 0 && state != PostgresState.STOPPED;
                        cases.add(new Case(
                                (bits & 1) != 0,
                                role,
                                (bits & 2) != 0,
                                answered,
                                state,
                                (bits & 8) != 0,
                                (bits & 16) != 0,
                                (bits & 32) != 0,
                                mode,
                                (bits & 64) != 0,
                                (bits & 128) != 0));
                    }
                }
            }
        }
        return cases;
    }

    @Test
    void everyCombinationFollowsTheContract() {
        int passed = 0;
        for (Case c : allCases()) {
            Picture picture = c.picture();
            for (String path : PATHS) {
                for (Ask ask : ASKS) {
                    boolean actual = HealthCheck.of(path).passes(picture, Query.parse(ask.query));
                    assertEquals(c.expected(path, ask), actual, () -> path + "?" + ask.query + " of " + c);
                    passed += actual ? 1 : 0;
                }
            }
        }
        assertTrue(passed > 1000, "the table must not be vacuous: " + passed);
    }

    // ---- parameters

    private static boolean replica(Samples.Node node, String query) {
        return HealthCheck.REPLICA.passes(node.picture(false), Query.parse(query));
    }

    @ParameterizedTest
    @CsvSource({
        // The leader is at 0x5000060, this node replayed up to 0x5000000: 96 bytes behind.
        "lag=96, true",
        "lag=95, false",
        "lag=1kB, true",
        "lag=0, false",
        "lag=, true",
        "lag=nonsense, true",
        "lag=96&lag=1, true",
        "replication_state=streaming, true",
        "replication_state=in+archive+recovery, false",
        "replication_state=in%20archive%20recovery, false"
    })
    void lagAndReplicationStateFilterReplicas(String query, boolean expected) {
        assertEquals(expected, replica(new Samples.Node().replica(), query));
    }

    @Test
    void theWalReceiverKnowsMoreThanAnOldStatusKey() {
        var node = new Samples.Node().replica();
        node.view = Samples.view("{}", SyncState.EMPTY, 0x100);
        assertEquals(false, replica(node, "lag=95"));
        node.snapshot = Optional.of(Samples.replica(null, 0, 0x5000000));
        assertEquals(true, replica(node, "lag=95"), "the leader published an older position");
    }

    @Test
    void aReplicaFromTheArchiveSaysSo() {
        var node = new Samples.Node().replica();
        node.snapshot = Optional.of(Samples.replica(null, 0, 0x5000000));
        assertEquals(true, replica(node, "replication_state=in+archive+recovery"));
    }

    @ParameterizedTest
    @CsvSource({
        "tag_clonefrom=true, true",
        "tag_clonefrom=True, false",
        "tag_weight=3, true",
        "tag_zone=A, true",
        "tag_zone=a, false",
        "tag_zone=A&tag_weight=3, true",
        "tag_zone=A&tag_weight=4, false",
        "tag_noloadbalance=false, false",
        "tag_=x, false"
    })
    void tagsMustMatchAsPublished(String query, boolean expected) {
        var node = new Samples.Node().replica();
        node.tags = new Tags(Samples.json("{\"clonefrom\":true,\"weight\":3,\"zone\":\"A\"}"));
        assertEquals(expected, replica(node, query));
        assertEquals(expected, HealthCheck.HEALTH.passes(node.picture(false), Query.parse(query)));
        assertEquals(
                true, HealthCheck.PRIMARY.passes(node.picture(true), Query.parse(query)), "leaders are not filtered");
    }

    // ---- liveness, readiness

    @ParameterizedTest
    @CsvSource({
        "PRIMARY, RUNNING, false, 29, true",
        "PRIMARY, RUNNING, false, 30, false",
        "PRIMARY, RUNNING, true, 3000, true",
        "PRIMARY, STARTING, false, 59, true",
        "REPLICA, RUNNING, false, 59, true",
        "REPLICA, RUNNING, false, 60, false"
    })
    void livenessMeansThatTheCycleTurns(
            Role role, PostgresState state, boolean paused, int secondsLate, boolean alive) {
        var node = new Samples.Node();
        node.role = role;
        node.state = state;
        node.config = new DynamicConfig(Samples.json("{\"pause\":" + paused + "}"));
        node.nextCycle = Samples.NOW.minus(Duration.ofSeconds(secondsLate));
        assertEquals(alive, HealthCheck.isAlive(node.picture(false), Duration.ZERO));
    }

    private static boolean ready(Samples.Node node, boolean leader, String query) {
        return HealthCheck.isReady(node.picture(leader), Query.parse(query));
    }

    @Test
    void readinessOfALeaderNeedsNothingElse() {
        var node = new Samples.Node();
        node.state = PostgresState.STOPPED;
        node.snapshot = Optional.empty();
        assertEquals(true, ready(node, true, ""));
        assertEquals(false, ready(node, false, ""));
    }

    @ParameterizedTest
    @CsvSource({"'', true", "lag=96, true", "lag=95, false", "lag=0&mode=write, true", "lag=0&mode=apply, false"})
    void readinessOfAReplicaIsItsLag(String query, boolean expected) {
        assertEquals(expected, ready(new Samples.Node().replica(), false, query));
    }

    @Test
    void readinessWantsStreamingAndSomethingToCompareWith() {
        var node = new Samples.Node().replica();
        node.snapshot = Optional.of(Samples.replica(null, 0, 0x5000060));
        assertEquals(false, ready(node, false, ""), "not streaming");
        Snapshot s = Samples.replica("streaming", 0, 0x5000060);
        assertEquals(Lsn.NONE, s.latestEnd());
        node.snapshot = Optional.of(s);
        node.viewReadAt = null;
        assertEquals(false, ready(node, false, ""), "nothing is known of the leader");
        node.failsafeActive = true;
        assertEquals(true, ready(node, false, ""));
    }
}

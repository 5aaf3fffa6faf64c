package io.matriarch.simulator.swarm;

import static io.matriarch.simulator.swarm.Fault.Kind.*;
import static io.matriarch.simulator.swarm.Scenario.scenario;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Stories of the fast profile and of the lease that members grant (decision 0016). Three of them in the normal run, all with
 * {@code -Dmatriarch.rounds=1}.
 */
class MemberLeaseTest {

    private static final int USUAL = 3;

    private static Scenario fast(String number, String words) {
        return scenario(number, words)
                .with("ttl", "3")
                .with("loop_wait", "1")
                .with("retry_timeout", "1")
                .with("matriarch", "{\"profile\": \"fast\"}");
    }

    static Stream<Scenario> scenarios() {
        return all().limit(Integer.getInteger("matriarch.rounds", 0) > 0 ? Integer.MAX_VALUE : USUAL);
    }

    private static Stream<Scenario> all() {
        return Stream.of(
                fast("L1", "the store is away for a minute: the primary leads on")
                        .primary(10, STORE_DOWN, 60)
                        .nobodyIsPromoted()
                        .losesNothing()
                        .says("promised not to follow"),
                fast("L2", "the store is away while one replica is dead: the primary leads on")
                        .host(5, LOSE_POWER, 2, 90)
                        .primary(20, STORE_DOWN, 25)
                        .timelines(1, 2),
                fast("L3", "the primary is cut off from the store alone: it leads on, and nobody is promoted")
                        .primary(10, CUT_FROM_STORE, 20)
                        .nobodyIsPromoted()
                        .losesNothing(),
                fast("L4", "the primary is cut off from everybody: another one is elected")
                        .synchronous()
                        .primary(10, CUT_FROM_ALL, 60)
                        .says("May lead: votes of")
                        .oneIsPromoted()
                        .losesNothing(),
                fast("L5", "the primary loses power")
                        .synchronous()
                        .primary(10, LOSE_POWER, 60)
                        .says("May lead: votes of")
                        .oneIsPromoted()
                        .losesNothing(),
                fast("L6", "a switchover waits for nothing: whoever answers first says that the former leader is none")
                        .primary(10, SWITCHOVER, 0)
                        .says("May lead: ")
                        .oneIsPromoted()
                        .losesNothing(),
                fast("L7", "the primary and a replica lose power: the last one waits for the limit")
                        .host(10, LOSE_POWER, 1, 90)
                        .host(10, LOSE_POWER, 2, 90)
                        .host(10, LOSE_POWER, 0, 20)
                        .timelines(1, 3),
                fast("L8", "the agents of the replicas start again while the store is away")
                        .primary(10, STORE_DOWN, 40)
                        .host(15, KILL_AGENT, 1, 1)
                        .host(25, KILL_AGENT, 2, 1)
                        .timelines(1, 2),
                fast("L9", "the same on ZooKeeper")
                        .zookeeper()
                        .primary(10, STORE_DOWN, 40)
                        .timelines(1, 2),
                scenario("L10", "with the usual times")
                        .with("matriarch", "{\"member_lease\": true}")
                        .primary(10, STORE_DOWN, 60)
                        .nobodyIsPromoted()
                        .losesNothing());
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void holds(Scenario scenario) {
        scenario.holds();
    }
}

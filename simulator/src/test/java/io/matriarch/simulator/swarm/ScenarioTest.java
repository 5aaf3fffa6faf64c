package io.matriarch.simulator.swarm;

import static io.matriarch.simulator.swarm.Fault.Kind.*;
import static io.matriarch.simulator.swarm.Scenario.scenario;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The stories of docs/scenarios.md that happen in a simulated world, a row each: what, when, and what must come of it. */
class ScenarioTest {

    static Stream<Scenario> scenarios() {
        return Stream.of(
                // ---- lease, store, fence
                scenario("S01", "the lease ends while a backend does not let PostgreSQL stop; the watchdog stays armed")
                        .local("watchdog", "{\"mode\": \"required\"}")
                        .primary(10, STUCK_BACKEND, 80)
                        .primary(11, CUT_FROM_STORE, 60)
                        .timelines(2, 3),
                scenario("S02", "the store loses its leader while the lease is renewed")
                        .primary(10, STORE_WITHOUT_LEADER, 0)
                        .primary(30, STORE_WITHOUT_LEADER, 0)
                        .nobodyIsPromoted(),
                scenario("S03", "the leader key is written and the answer is lost")
                        .fault(10, CUT_ONE_WAY, Fault.PRIMARY, 3, 2)
                        .fault(40, CUT_ONE_WAY, Fault.PRIMARY, 3, 2)
                        .nobodyIsPromoted(),
                scenario("S04", "a member of the store serves what was true a minute ago")
                        .synchronous()
                        .primary(10, STORE_STALE_MEMBER, 60)
                        .primary(20, CUT_FROM_STORE, 40)
                        .oneIsPromoted()
                        .losesNothing(),
                scenario("S05", "watches fall silent, and then the primary dies")
                        .fault(10, SILENT_WATCHES, 0, 0, 1 << 8)
                        .fault(10, SILENT_WATCHES, 1, 0, (1 << 8) + 1)
                        .fault(10, SILENT_WATCHES, 2, 0, (1 << 8) + 2)
                        .primary(20, LOSE_POWER, 60)
                        .oneIsPromoted(),
                scenario("S06", "the whole store is away for a minute")
                        .primary(10, STORE_DOWN, 60)
                        .says("demot")
                        .timelines(1, 2),
                scenario("S09", "one member of the store hangs")
                        .fault(10, STORE_MEMBER_DOWN, 0, 60, 1)
                        .nobodyIsPromoted(),
                scenario("S11", "the agent of the primary is frozen for a minute; the fence stops its server")
                        .synchronous()
                        .primary(10, FREEZE_AGENT, 60)
                        .says("fence stops postmaster")
                        .oneIsPromoted()
                        .losesNothing(),
                scenario("S12", "the agent freezes again and again for less than its lease")
                        .primary(10, FREEZE_AGENT, 8)
                        .primary(23, FREEZE_AGENT, 8)
                        .primary(36, FREEZE_AGENT, 8)
                        .nobodyIsPromoted(),
                scenario("S13", "the wall clock of the primary jumps back and forth")
                        .fault(10, STEP_WALL_CLOCK, Fault.PRIMARY, 0, -40_000)
                        .fault(40, STEP_WALL_CLOCK, Fault.PRIMARY, 0, 90_000)
                        .nobodyIsPromoted(),
                scenario("S14", "queries on the primary take longer than their limit")
                        .fault(10, SLOW_QUERIES, Fault.PRIMARY, 40, 4_999)
                        .nobodyIsPromoted(),
                scenario("S15", "the store goes away and comes back while the primary demotes itself")
                        .primary(10, STORE_DOWN, 25)
                        .primary(10, STUCK_BACKEND, 20)
                        .timelines(1, 2),
                scenario("S16", "a demotion is slow, and the next cycles find the store still away")
                        .with("primary_stop_timeout", "60")
                        .primary(10, STORE_DOWN, 90)
                        .primary(10, STUCK_BACKEND, 50)
                        .timelines(1, 2),
                scenario("S17", "a primary that is cut off from the store is no primary to its clients either")
                        .primary(10, CUT_FROM_STORE, 80)
                        .oneIsPromoted(),
                scenario("S20", "the whole content of the store is gone under a running cluster")
                        .primary(20, WIPE_STORE, 0)
                        .nobodyIsPromoted()
                        .losesNothing(),
                // ---- failsafe, outages of the store
                scenario("S25", "the store answers slowly, in failsafe mode")
                        .with("failsafe_mode", "true")
                        .fault(10, STORE_SLOW, 0, 60, 3_900)
                        .timelines(1, 2),
                scenario("S26", "the store is away in failsafe mode and the links are bad")
                        .with("failsafe_mode", "true")
                        .with("ttl", "30")
                        .fault(10, STORE_DOWN, 0, 60, 0)
                        .fault(10, LOSSY_LINKS, 0, 60, 5)
                        .timelines(1, 2),
                scenario("S27", "the members of the store die one after the other, in failsafe mode")
                        .with("failsafe_mode", "true")
                        .fault(10, STORE_MEMBER_DOWN, 0, 60, 0)
                        .fault(14, STORE_MEMBER_DOWN, 0, 60, 1)
                        .fault(18, STORE_MEMBER_DOWN, 0, 60, 2)
                        .nobodyIsPromoted(),
                scenario("S28", "a switchover right after failsafe mode has ended")
                        .with("failsafe_mode", "true")
                        .primary(10, STORE_DOWN, 40)
                        .primary(56, SWITCHOVER, 0)
                        .timelines(1, 2)
                        .losesNothing(),
                scenario("S29", "the store is away in failsafe mode: the primary leads on")
                        .with("failsafe_mode", "true")
                        .primary(10, STORE_DOWN, 60)
                        .nobodyIsPromoted()
                        .losesNothing(),
                scenario("S30", "members stream on while failsafe mode leads")
                        .with("failsafe_mode", "true")
                        .zookeeper()
                        .primary(10, STORE_DOWN, 60)
                        .nobodyIsPromoted()
                        .losesNothing(),
                scenario("S32", "the store is away while the cluster is paused: PostgreSQL is left alone")
                        .primary(10, PAUSE, 80)
                        .primary(20, STORE_DOWN, 40)
                        .nobodyIsPromoted()
                        .losesNothing(),
                // ---- election and promotion
                scenario("S33", "the former primary comes back ahead of its synchronous standby")
                        .synchronous()
                        .primary(10, CUT_FROM_HOSTS, 14)
                        .primary(12, KILL_BOTH, 40)
                        .losesNothing(),
                scenario("S34", "the failed primary has the higher priority")
                        .synchronous()
                        .tag(0, "failover_priority", "3")
                        .tag(1, "failover_priority", "3")
                        .tag(2, "failover_priority", "1")
                        .primary(10, KILL_BOTH, 60)
                        .oneIsPromoted()
                        .losesNothing(),
                scenario("S35", "replicas hear the former primary until its lease ends, and then follow the new one")
                        .primary(10, CUT_FROM_STORE, 30)
                        .primary(60, CUT_FROM_STORE, 30)
                        .timelines(3, 3),
                scenario("S36", "the former primary still runs when its lease has ended")
                        .primary(10, CUT_FROM_STORE, 50)
                        .oneIsPromoted(),
                scenario("S37", "replay is paused on all standbys when the primary dies")
                        .synchronous()
                        .host(10, PAUSE_REPLAY, 0, 90)
                        .host(10, PAUSE_REPLAY, 1, 90)
                        .host(10, PAUSE_REPLAY, 2, 90)
                        .primary(15, LOSE_POWER, 60)
                        .oneIsPromoted()
                        .losesNothing(),
                scenario("S39", "quorum: the primary and one of its standbys die together")
                        .nodes(4)
                        .quorum()
                        .primary(10, LOSE_POWER, 60)
                        .host(10, LOSE_POWER, 3, 60)
                        .losesNothing(),
                scenario("S40", "primary and synchronous standby die; the third one has less and must not lead")
                        .synchronous()
                        .host(10, LOSE_POWER, 0, 60)
                        .host(10, LOSE_POWER, 1, 80)
                        .losesNothing(),
                scenario("S41", "all lose power, and come back in whatever order")
                        .synchronous()
                        .host(10, LOSE_POWER, 0, 20)
                        .host(11, LOSE_POWER, 1, 40)
                        .host(12, LOSE_POWER, 2, 60)
                        .losesNothing(),
                scenario("S42", "the primary fails while a replica is being made anew")
                        .host(10, REINITIALIZE, 2, 0)
                        .primary(11, LOSE_POWER, 60)
                        .timelines(1, 2),
                scenario("S43", "a node that must not lead is the last one that is there")
                        .synchronous()
                        .tag(2, "nofailover", "true")
                        .host(20, KILL_BOTH, 0, 60)
                        .host(20, KILL_BOTH, 1, 60)
                        .losesNothing(),
                scenario("S45", "a standby cluster loses its leader in pause")
                        .with("standby_cluster", "{\"host\": \"remote\", \"port\": 5432}")
                        .primary(10, PAUSE, 60)
                        .primary(20, KILL_BOTH, 20)
                        .primary(90, LOSE_POWER, 60)
                        .nobodyIsPromoted(),
                scenario("S46", "pre_promote fails on all nodes for a while")
                        .host(5, FAIL_PRE_PROMOTE, 0, 60)
                        .host(5, FAIL_PRE_PROMOTE, 1, 60)
                        .host(5, FAIL_PRE_PROMOTE, 2, 60)
                        .primary(10, KILL_BOTH, 80)
                        // each attempt takes a number, used or not
                        .timelines(2, 9),
                scenario("S48", "the link between primary and standbys is dead, all reach the store")
                        .synchronous()
                        .primary(10, CUT_FROM_HOSTS, 80)
                        .losesNothing(),
                // ---- synchronous sets
                scenario("S49", "the synchronous standby disappears, and then the primary")
                        .synchronous()
                        .host(10, KILL_BOTH, 1, 30)
                        .host(10, KILL_BOTH, 2, 50)
                        .primary(20, LOSE_POWER, 60)
                        .losesNothing(),
                scenario("S51", "a standby that comes back is behind when the primary dies")
                        .synchronous()
                        .host(10, FREEZE_HOST, 1, 40)
                        .host(10, FREEZE_HOST, 2, 40)
                        .primary(51, LOSE_POWER, 60)
                        .losesNothing(),
                scenario("S52", "voters come and go quickly")
                        .nodes(4)
                        .quorum()
                        .host(10, KILL_POSTGRES, 1, 0)
                        .host(14, KILL_POSTGRES, 2, 0)
                        .host(18, KILL_POSTGRES, 3, 0)
                        .primary(21, LOSE_POWER, 60)
                        .losesNothing(),
                scenario("S53", "the primary restarts as one of many in quorum mode")
                        .nodes(4)
                        .quorum()
                        .primary(10, STORE_DOWN, 40)
                        .losesNothing(),
                scenario("S56", "strict, and no standby is there")
                        .synchronous()
                        .with("synchronous_mode_strict", "true")
                        .host(10, KILL_BOTH, 1, 40)
                        .host(10, KILL_BOTH, 2, 40)
                        .losesNothing(),
                scenario("S57", "the primary crashes while commits wait, and is lost")
                        .synchronous()
                        .primary(10, CUT_FROM_HOSTS, 12)
                        .primary(13, CRASH_BACKEND, 0)
                        .primary(18, LOSE_POWER, 60)
                        .losesNothing(),
                scenario("S59", "switchover in synchronous mode")
                        .nodes(4)
                        .synchronous()
                        .primary(10, SWITCHOVER, 0)
                        .primary(50, SWITCHOVER, 0)
                        .timelines(3, 3)
                        .losesNothing(),
                scenario("S60", "a standby is stopped and the primary crashes in the same second")
                        .synchronous()
                        .host(10, STOP_AGENT, 1, 60)
                        .host(10, STOP_AGENT, 2, 60)
                        .primary(10, KILL_BOTH, 60)
                        .losesNothing(),
                // ---- rejoin
                scenario("S62", "the new primary dies while the former one is rewound")
                        .primary(10, KILL_BOTH, 30)
                        .primary(41, LOSE_POWER, 60)
                        .timelines(2, 4),
                scenario("S63", "the former primary is back before the new one has made a checkpoint")
                        .primary(10, KILL_BOTH, 1)
                        .with("primary_start_timeout", "0")
                        .timelines(1, 3),
                scenario("S69", "the agent is killed, its PostgreSQL goes on, the next agent adopts it")
                        .primary(10, KILL_AGENT, 3)
                        .nobodyIsPromoted()
                        .losesNothing(),
                scenario("S70", "a replica is made anew while its PostgreSQL crashes")
                        .host(10, KILL_POSTGRES, 1, 0)
                        .host(10, REINITIALIZE, 1, 0)
                        .host(11, KILL_POSTGRES, 1, 0),
                scenario("S72", "nothing is rewound after a switchover")
                        .primary(10, SWITCHOVER, 0)
                        .oneIsPromoted()
                        .neverSays("pg_rewind")
                        .losesNothing(),
                scenario("S75", "a former primary that is cut off is still followed by nobody")
                        .synchronous()
                        .primary(10, CUT_FROM_STORE, 60)
                        .oneIsPromoted()
                        .losesNothing(),
                // ---- slots, hosts
                scenario("S76", "a standby is away for long and goes on where it was, after a failover")
                        .host(10, LOSE_POWER, 2, 90)
                        .primary(30, KILL_BOTH, 60)
                        .timelines(1, 2),
                scenario("S90", "the disk of the primary is full")
                        .primary(10, FULL_DISK, 60)
                        .timelines(1, 3),
                scenario("S91", "the disk of the primary is slow")
                        .fault(10, SLOW_DISK, Fault.PRIMARY, 60, 999)
                        .nobodyIsPromoted()
                        .losesNothing(),
                scenario("S93", "the archiver hangs when the primary is to hand over")
                        .primary(9, STUCK_ARCHIVER, 80)
                        .primary(10, SWITCHOVER, 0)
                        .oneIsPromoted()
                        .losesNothing(),
                scenario("S94", "PostgreSQL of a replica is stopped in pause, and stays so until the end of it")
                        .host(10, PAUSE, 1, 60)
                        .host(20, KILL_POSTGRES, 1, 0)
                        .nobodyIsPromoted(),
                scenario("S99", "a switchover whose candidate dies is no success")
                        .primary(10, SWITCHOVER, 0)
                        .primary(10, KILL_AGENT, 60)
                        .timelines(2, 3),
                scenario("S100", "nothing comes back from the store any more, and no connection is closed")
                        .fault(10, CUT_ONE_WAY, Fault.PRIMARY, 80, 2)
                        .oneIsPromoted());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scenarios")
    void holds(Scenario scenario) {
        scenario.holds();
    }
}

package io.matriarch.simulator.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.simulator.Trace;
import io.matriarch.simulator.postgres.PostgresTraits;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Three nodes and an empty store become a cluster, in the same way each time. */
class BootstrapTest {

    private static final Duration LIMIT = Duration.ofMinutes(5);

    private static World threeNodes(long seed) {
        return threeNodes(seed, World.Store.ETCD);
    }

    private static World threeNodes(long seed, World.Store store) {
        var world = new World(seed, Trace.kept(), PostgresTraits.calm(), store);
        List.of("n1", "n2", "n3").forEach(name -> world.addHost(name).startAgent());
        return world;
    }

    /** One primary, everybody else streams from it, and all of them show it. */
    private static boolean isWhole(World world) {
        long replicas = world.hosts().stream().filter(Host::isStreaming).count();
        return world.writable().size() == 1 && replicas == world.hosts().size() - 1;
    }

    @ParameterizedTest
    @EnumSource
    void oneBecomesPrimaryTheOthersCloneAndStream(World.Store store) {
        try (World world = threeNodes(1, store)) {
            assertTrue(
                    world.runUntil(() -> isWhole(world), LIMIT),
                    () -> world.scheduler().trace().toString());
        }
    }

    @Test
    void theSameSeedGivesTheSameTraceAndAnotherSeedAnotherOne() {
        String first = traceOf(7);
        assertEquals(first, traceOf(7));
        assertNotEquals(first, traceOf(8));
    }

    private static String traceOf(long seed) {
        try (World world = threeNodes(seed)) {
            world.run(LIMIT);
            return world.scheduler().trace().toString();
        }
    }

    @ParameterizedTest
    @EnumSource
    void thePrimaryIsReplacedWhenItsHostLosesPower(World.Store store) {
        try (World world = threeNodes(3, store)) {
            assertTrue(world.runUntil(() -> isWhole(world), LIMIT));
            Host old = world.writable().getFirst();
            old.losePower();

            assertTrue(
                    world.runUntil(() -> world.writable().size() == 1, Duration.ofMinutes(2)),
                    () -> world.scheduler().trace().toString());
            assertNotEquals(old, world.writable().getFirst());
            old.restorePower();
            old.startAgent();
            assertTrue(
                    world.runUntil(() -> isWhole(world), LIMIT),
                    () -> world.scheduler().trace().toString());
        }
    }
}

package io.matriarch.simulator.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.Role;
import io.matriarch.postgres.CloneSource;
import io.matriarch.postgres.SlotPlan;
import io.matriarch.postgres.StartRequest;
import io.matriarch.postgres.StopRequest;
import io.matriarch.simulator.postgres.SmallWorld.Node;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Anything at any time: the twin must never be in a state that it does not know, and the same seed is the same story. */
class TortureTest {

    private static final int STEPS = 250;

    private final List<String> names = List.of("a", "b", "c");

    private SmallWorld torture(long seed) {
        var world = new SmallWorld(PostgresTraits.draw(new io.matriarch.simulator.Chance(seed)), seed);
        RandomGenerator random = new io.matriarch.simulator.Chance(seed * 31);
        Node a = world.node("a");
        while (!a.agent.bootstrap()) {
            a.agent.removeDataDirectory();
        }
        world.await("a runs", a.host::isWritable);
        for (String name : List.of("b", "c")) {
            slot(a, world.node(name));
            world.node(name).agent.cloneFrom(new CloneSource(a.asUpstreamOf(world.node(name)), false));
        }
        for (int i = 0; i < STEPS; i++) {
            Node node = world.node(names.get(random.nextInt(3)));
            Node other = world.node(names.get(random.nextInt(3)));
            if (random.nextInt(4) > 0) {
                other = names.stream()
                        .map(world::node)
                        .filter(n -> n.host.isWritable())
                        .findFirst()
                        .orElse(other);
            }
            revive(world, random, node, other);
            step(world, random, node, other);
            check(world);
        }
        heal(world);
        return world;
    }

    /** A node that lies down is often helped up, so that there is something to torture. */
    private void revive(SmallWorld world, RandomGenerator random, Node node, Node other) {
        if (random.nextInt(3) == 0) {
            node.host.thaw();
            names.forEach(name -> world.join(node, world.node(name)));
        }
        if (node.host.postmaster() == null && node.host.isPowered() && random.nextInt(3) > 0) {
            slot(other, node);
            Duration limit = Duration.ofSeconds(10);
            boolean alone =
                    names.stream().noneMatch(name -> world.node(name).host.isWritable());
            if (alone && random.nextBoolean()) {
                node.agent.start(new StartRequest(Role.PRIMARY, null, limit, false));
            } else {
                node.agent.start(new StartRequest(Role.REPLICA, other.asUpstreamOf(node), limit, false));
            }
        }
    }

    private void step(SmallWorld world, RandomGenerator random, Node node, Node other) {
        Duration limit = Duration.ofSeconds(random.nextInt(1, 30));
        boolean powered = node.host.isPowered();
        switch (random.nextInt(24)) {
            case 0, 1, 2, 3 -> {
                for (int i = random.nextInt(20); i > 0; i--) {
                    node.write(Duration.ofMillis(200));
                }
            }
            case 4 -> node.host.kill();
            case 5 -> node.host.freeze();
            case 6 -> node.host.thaw();
            case 7 -> node.host.losePower();
            case 8 -> {
                if (!powered) {
                    if (random.nextInt(4) == 0) {
                        node.host.loseDisk();
                    }
                    node.host.restorePower();
                    node.replaceAgent();
                }
            }
            case 9 -> world.part(node, other);
            case 10 -> world.join(node, other);
            case 11 -> world.pass(Duration.ofSeconds(random.nextInt(120)));
            case 12 -> node.host.crashBackend();
            case 13 -> node.agent.setSynchronousStandbyNames(random.nextBoolean() ? other.name : null);
            default -> {
                if (powered) {
                    act(world, random, node, other, limit);
                }
            }
        }
    }

    /** What an agent may do; everything that could last is cut off after a while. */
    private void act(SmallWorld world, RandomGenerator random, Node node, Node other, Duration limit) {
        world.after(Duration.ofMinutes(3), "cancel", node.agent::cancel);
        switch (random.nextInt(12)) {
            case 0 -> node.agent.promote(1, () -> true);
            case 1, 2 -> {
                slot(other, node);
                node.agent.start(new StartRequest(Role.REPLICA, other.asUpstreamOf(node), limit, false));
            }
            case 3 -> node.agent.start(new StartRequest(Role.PRIMARY, null, limit, false));
            case 4 -> node.agent.stop(StopRequest.fast(random.nextBoolean(), limit));
            case 5 -> node.agent.stop(StopRequest.immediate(limit));
            case 6 -> node.agent.rewind(other.asUpstreamOf(node));
            case 7 -> {
                if (node.host.postmaster() == null && node != other) {
                    node.agent.cloneFrom(new CloneSource(other.asUpstreamOf(node), false));
                }
            }
            case 8 -> node.agent.follow(Role.REPLICA, other.asUpstreamOf(node));
            case 9 -> node.agent.checkDivergence(other.asUpstreamOf(node));
            case 10 -> {
                if (node.host.postmaster() == null) {
                    node.agent.recoverInSingleUserMode();
                }
            }
            default -> {
                node.replaceAgent();
                node.agent.observe();
                node.agent.checkpoint();
            }
        }
    }

    private static void slot(Node there, Node of) {
        there.agent.applySlots(new SlotPlan(List.of(new SlotPlan.Action.Create(of.name))));
    }

    private void check(SmallWorld world) {
        for (String name : names) {
            Disk disk = world.node(name).host.disk();
            assertTrue(disk.flushed.compareTo(disk.wal.end()) <= 0, () -> name + " flushed more than there is");
            assertTrue(disk.keptFrom.compareTo(disk.wal.end()) <= 0, () -> name + " removed more than there is");
            Server server = world.node(name).host.server();
            if (server != null) {
                assertTrue(server.recovery.replayed().compareTo(disk.wal.end()) <= 0, name);
                assertTrue(server.disk == disk, name);
            }
        }
    }

    /** Whatever happened, one server and clones of it are a cluster again. */
    private void heal(SmallWorld world) {
        for (String name : names) {
            Node node = world.node(name);
            names.forEach(other -> world.join(node, world.node(other)));
            node.host.thaw();
            node.host.restorePower();
            node.host.killProgram();
            node.host.kill();
            node.replaceAgent();
            node.agent.removeDataDirectory();
        }
        Node a = world.node("a");
        a.agent.setSynchronousStandbyNames(null);
        world.await("a new cluster", () -> {
            a.agent.removeDataDirectory();
            return a.agent.bootstrap();
        });
        world.await("a runs", a.host::isWritable);
        for (String name : List.of("b", "c")) {
            Node node = world.node(name);
            slot(a, node);
            world.await(name + " is a clone", () -> node.agent.cloneFrom(new CloneSource(a.asUpstreamOf(node), false)));
            world.await(name + " runs", () -> {
                node.startFollowing(a);
                return node.isStreaming();
            });
        }
        a.write();
        world.await(
                "all have it", () -> names.stream().allMatch(n -> world.node(n).hasReplayed(a)));
    }

    @Test
    void anythingAtAnyTime() {
        for (long seed = 1; seed <= 100; seed++) {
            try {
                torture(seed);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    @Test
    void theSameSeedIsTheSameStory() {
        for (long seed = 1; seed <= 5; seed++) {
            assertEquals(torture(seed).log, torture(seed).log);
        }
    }
}

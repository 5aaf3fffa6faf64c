package io.matriarch.simulator.scale;

import io.matriarch.simulator.Trace;
import io.matriarch.simulator.cluster.Host;
import io.matriarch.simulator.cluster.World;
import io.matriarch.simulator.etcd.Traffic;
import io.matriarch.simulator.postgres.PostgresTraits;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;

/**
 * What a cluster costs its store, its members and itself when it grows. The production agents of one cluster live in a world
 * without faults; then the primary's host loses its power. Timing is Patroni's default ({@code ttl} 30, {@code loop_wait} 10).
 */
public final class Scale {

    private static final long SEED = 1;
    private static final Duration TO_FORM = Duration.ofHours(1);
    private static final Duration TO_SETTLE = Duration.ofMinutes(5);
    private static final int QUIET_MINUTES = 10;
    private static final Duration TO_FAIL_OVER = Duration.ofMinutes(5);
    private static final Duration AFTER_FAILOVER = Duration.ofMinutes(1);

    private static final String HEAD = """
        | Members | Requests a member and minute | KB sent | KB answered | Notices to a member and minute | KB | CPU ms a member and minute \
        | Failover s | Requests a member in it | Calls between members | KB of notices a member in it |
        | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
        """;

    /**
     * What one size costs.
     *
     * @param quiet traffic of {@link #QUIET_MINUTES} without faults
     * @param cpu of the whole world in that time: agents, servers, store
     * @param failover from the loss of the primary's host until another server accepts writes
     * @param unrest traffic from then until {@link #AFTER_FAILOVER} after the failover
     * @param calls between members in the same time
     */
    private record Costs(
            int members, Traffic.Figures quiet, Duration cpu, Duration failover, Traffic.Figures unrest, long calls) {

        @Override
        public String toString() {
            double memberMinutes = (double) members * QUIET_MINUTES;
            return String.format(
                    Locale.ROOT,
                    "| %d | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f | %.0f | %d | %.0f |",
                    members,
                    quiet.requests() / memberMinutes,
                    kilobytes(quiet.requestBytes()) / memberMinutes,
                    kilobytes(quiet.answerBytes()) / memberMinutes,
                    quiet.notices() / memberMinutes,
                    kilobytes(quiet.noticeBytes()) / memberMinutes,
                    cpu.toNanos() / 1e6 / memberMinutes,
                    failover.toNanos() / 1e9,
                    unrest.requests() / (double) members,
                    calls,
                    kilobytes(unrest.noticeBytes()) / members);
        }

        private static double kilobytes(long bytes) {
            return bytes / 1e3;
        }
    }

    private Scale() {}

    /** Measures clusters of these sizes, one after the other, and prints a table with a row for each. */
    public static void print(List<Integer> sizes, PrintStream out) {
        out.print(HEAD);
        for (int size : sizes) {
            out.println(measure(size));
        }
    }

    private static Costs measure(int members) {
        try (var world = new World(SEED, Trace.none(), PostgresTraits.calm())) {
            for (int i = 1; i <= members; i++) {
                world.addHost(String.format(Locale.ROOT, "n%02d", i)).startAgent();
            }
            await(world, () -> isWhole(world), TO_FORM, "a whole cluster");
            world.run(TO_SETTLE);

            Traffic.Figures before = world.etcd().traffic().figures();
            Duration cpuBefore = cpu();
            world.run(Duration.ofMinutes(QUIET_MINUTES));
            Duration cpu = cpu().minus(cpuBefore);
            Traffic.Figures quiet = world.etcd().traffic().figures().since(before);

            Host primary = world.writable().getFirst();
            Traffic.Figures calm = world.etcd().traffic().figures();
            long callsBefore = world.restCalls();
            var lost = world.scheduler().now();
            primary.losePower();
            await(world, () -> !world.writable().isEmpty(), TO_FAIL_OVER, "a new primary");
            Duration failover = world.scheduler().now().since(lost);
            world.run(AFTER_FAILOVER);
            return new Costs(
                    members,
                    quiet,
                    cpu,
                    failover,
                    world.etcd().traffic().figures().since(calm),
                    world.restCalls() - callsBefore);
        }
    }

    private static boolean isWhole(World world) {
        List<Host> writable = world.writable();
        return writable.size() == 1
                && world.hosts().stream().allMatch(host -> host == writable.getFirst() || host.isStreaming());
    }

    private static void await(World world, BooleanSupplier condition, Duration limit, String what) {
        if (!world.runUntil(condition, limit)) {
            throw new IllegalStateException("no " + what + " within " + limit);
        }
    }

    private static Duration cpu() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }
}

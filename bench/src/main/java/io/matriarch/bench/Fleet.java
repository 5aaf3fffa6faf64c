package io.matriarch.bench;

import io.matriarch.acceptance.Await;
import io.matriarch.agent.cycle.FakePostgres;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** Many clusters of {@link StubbedAgent}s on one etcd. */
final class Fleet implements AutoCloseable {

    /** Below which all keys are. */
    static final String PREFIX = "/service/";

    private static final Duration START_LIMIT = Duration.ofMinutes(2);
    private static final Duration STOP_LIMIT = Duration.ofMinutes(1);

    /** The least lease that Patroni allows. */
    private static final int LEAST_TTL = 20;

    private final Duration loopWait;
    private final List<StubbedAgent> primaries = new ArrayList<>();
    private final List<StubbedAgent> replicas = new ArrayList<>();

    /** Starts nothing yet. */
    Fleet(int clusters, int members, int loopWait, int etcdPort) {
        this.loopWait = Duration.ofSeconds(loopWait);
        int ttl = Math.max(3 * loopWait, LEAST_TTL);
        var dynamic = new DynamicConfig(Json.parseObject("{\"ttl\": %d, \"loop_wait\": %d, \"retry_timeout\": %d}"
                        .formatted(ttl, loopWait, (ttl - loopWait) / 2))
                .orElseThrow());
        var apis = new NearbyApis();
        for (int cluster = 0; cluster < clusters; cluster++) {
            for (int member = 0; member < members; member++) {
                // A database under load of about 1 MB a second: leaders have a new position to write in each cycle.
                var postgres = new FakePostgres().at(() -> System.nanoTime() / 1000);
                var agent = new StubbedAgent(
                        scope(cluster),
                        host(cluster, member),
                        etcdPort,
                        member == 0 ? postgres.asPrimary() : postgres,
                        dynamic,
                        apis);
                (member == 0 ? primaries : replicas).add(agent);
            }
        }
    }

    static String scope(int cluster) {
        return "c" + cluster;
    }

    static String host(int cluster, int member) {
        return "c" + cluster + "-m" + member;
    }

    /** All agents lead or follow, and none of them is new any more. */
    void start() {
        // A replica that is first would be elected before its primary is there.
        start(primaries);
        Await.until(
                "each cluster has a leader",
                START_LIMIT,
                () -> primaries.stream().allMatch(StubbedAgent::leads),
                this::shortcomings);
        start(replicas);
        Await.until(
                "each agent has done its first cycles",
                START_LIMIT.plus(loopWait.multipliedBy(3)),
                () -> agents().allMatch(agent -> agent.cycles() > 2),
                this::shortcomings);
    }

    /** Spread over one loop_wait, so that not all of them write at the same moment ever after. */
    private void start(List<StubbedAgent> agents) {
        long begin = System.nanoTime();
        for (int i = 0; i < agents.size(); i++) {
            agents.get(i).start();
            long next = begin + loopWait.toNanos() * (i + 1) / agents.size();
            while (System.nanoTime() < next) {
                LockSupport.parkNanos(next - System.nanoTime());
            }
        }
    }

    private String shortcomings() {
        return "%d of %d primaries lead, %d of %d agents have done a cycle"
                .formatted(
                        primaries.stream().filter(StubbedAgent::leads).count(),
                        primaries.size(),
                        agents().filter(agent -> agent.cycles() > 0).count(),
                        agents().count());
    }

    private Stream<StubbedAgent> agents() {
        return Stream.concat(primaries.stream(), replicas.stream());
    }

    /** The longest cycle of any agent since the last call. */
    Duration longestCycle() {
        return agents().map(StubbedAgent::longestCycle).max(Duration::compareTo).orElse(Duration.ZERO);
    }

    /** Replicas go first: else they would elect a new leader in each cluster. */
    @Override
    public void close() {
        try {
            stop(replicas);
            stop(primaries);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the agents end with this JVM
        }
    }

    private static void stop(List<StubbedAgent> agents) throws InterruptedException {
        agents.forEach(StubbedAgent::requestStop);
        long end = System.nanoTime() + STOP_LIMIT.toNanos();
        for (StubbedAgent agent : agents) {
            if (!agent.awaitEnd(Duration.ofNanos(Math.max(end - System.nanoTime(), 1)))) {
                System.err.println("bench: agent " + agent.name() + " does not end");
            }
        }
    }
}

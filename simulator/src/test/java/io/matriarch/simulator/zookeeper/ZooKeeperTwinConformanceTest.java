package io.matriarch.simulator.zookeeper;

import com.google.gson.JsonObject;
import io.matriarch.model.ClusterPath;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.simulator.HostClock;
import io.matriarch.simulator.InFiber;
import io.matriarch.simulator.Network;
import io.matriarch.simulator.Program;
import io.matriarch.simulator.ProgramThreads;
import io.matriarch.simulator.Scheduler;
import io.matriarch.simulator.Trace;
import io.matriarch.store.ClusterStore;
import io.matriarch.store.StoreContext;
import io.matriarch.store.conformance.StoreConformance;
import io.matriarch.store.zookeeper.ZooKeeperStoreProvider;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The production client keeps a store's promises on the simulated ensemble too. */
class ZooKeeperTwinConformanceTest extends StoreConformance {

    private static final List<String> MEMBERS = List.of("zk1", "zk2", "zk3");

    private final Scheduler world = new Scheduler(1, Trace.none());

    @RegisterExtension
    final InFiber inFiber = new InFiber(world);

    private final HostClock time = new HostClock(world, 1_000_000_000L, 0);
    private final Network network = new Network(world);
    private final ZooKeeperEnsemble ensemble = new ZooKeeperEnsemble(world, network, MEMBERS);
    private int hosts;

    @Override
    protected Agent agent(String member) throws Exception {
        String host = "host" + ++hosts;
        return Agent.of(provider(host).openForAgent(context(member)), new Link() {
            @Override
            public void cut() {
                MEMBERS.forEach(m -> network.part(host, m));
            }

            @Override
            public void dropAnswers() {
                MEMBERS.forEach(m -> network.cut(m, host));
            }

            @Override
            public void restore() {
                MEMBERS.forEach(m -> network.join(host, m));
            }
        });
    }

    @Override
    protected ClusterStore tool() throws Exception {
        return provider("host" + ++hosts).openForTool(context(""));
    }

    private ZooKeeperStoreProvider provider(String host) {
        Program program = world.program(host);
        return new ZooKeeperStoreProvider(ensemble.ports(program, host, new ProgramThreads(world, program)));
    }

    private StoreContext context(String member) {
        var section = new JsonObject();
        section.addProperty(
                "hosts", String.join(",", MEMBERS.stream().map(m -> m + ":2181").toList()));
        return new StoreContext(ClusterPath.of("service", "demo"), member, section, timing(), time);
    }

    @Override
    protected Timing timing() {
        return new Timing(Duration.ofSeconds(8), Duration.ofSeconds(1), Duration.ofSeconds(6));
    }

    @Override
    protected TimeSource time() {
        return time;
    }

    @Override
    protected Duration leaseReserve() {
        return Duration.ofSeconds(4);
    }
}

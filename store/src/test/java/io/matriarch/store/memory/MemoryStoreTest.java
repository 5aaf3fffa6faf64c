package io.matriarch.store.memory;

import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.ClusterStore;
import io.matriarch.store.conformance.ManualTime;
import io.matriarch.store.conformance.StoreConformance;
import java.time.Duration;

/** The twin keeps the promises of a store. */
class MemoryStoreTest extends StoreConformance {

    private final ManualTime time = new ManualTime();
    private final MemoryServer server = new MemoryServer(time);

    @Override
    protected Agent agent(String member) {
        MemoryStore store = server.connect(member, timing());
        return Agent.of(store, new Link() {
            @Override
            public void cut() {
                store.fault(Fault.UNREACHABLE);
            }

            @Override
            public void dropAnswers() {
                store.fault(Fault.ANSWERS_LOST);
            }

            @Override
            public void restore() {
                store.fault(Fault.NONE);
            }
        });
    }

    @Override
    protected ClusterStore tool() {
        return server.connect("", timing());
    }

    @Override
    protected Timing timing() {
        return new Timing(Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofSeconds(1));
    }

    @Override
    protected TimeSource time() {
        return time;
    }
}

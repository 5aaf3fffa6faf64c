package io.matriarch.store.etcd;

import io.matriarch.model.Threads;
import io.matriarch.store.AgentStore;
import io.matriarch.store.StoreConfigurationException;
import io.matriarch.store.StoreContext;
import io.matriarch.store.StoreProvider;
import io.matriarch.store.ToolStore;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/** Opens the etcd v3 store: section {@code etcd3}. */
public final class EtcdStoreProvider implements StoreProvider {

    private final Function<EtcdSettings, EtcdTransport> transport;
    private final Threads threads;
    private final RandomGenerator random;

    /** Real sockets and threads. */
    public EtcdStoreProvider() {
        this(settings -> new HttpTransport(settings.tls()), Threads.system(), new Random());
    }

    /** Everything that a simulated world owns. */
    public EtcdStoreProvider(EtcdTransport transport, Threads threads, RandomGenerator random) {
        this(_ -> transport, threads, random);
    }

    private EtcdStoreProvider(
            Function<EtcdSettings, EtcdTransport> transport, Threads threads, RandomGenerator random) {
        this.transport = transport;
        this.threads = threads;
        this.random = random;
    }

    @Override
    public List<String> sections() {
        return List.of("etcd3");
    }

    @Override
    public AgentStore openForAgent(StoreContext context) throws StoreConfigurationException {
        return new EtcdAgentStore(
                client(context), context.path(), context.member(), context.timing(), context.time(), threads);
    }

    @Override
    public ToolStore openForTool(StoreContext context) throws StoreConfigurationException {
        return new EtcdToolStore(client(context), context.path());
    }

    private EtcdClient client(StoreContext context) throws StoreConfigurationException {
        EtcdSettings settings = EtcdSettings.parse(context.section());
        return new EtcdClient(settings, transport.apply(settings), context.timing(), context.time(), random);
    }
}

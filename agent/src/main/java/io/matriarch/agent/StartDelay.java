package io.matriarch.agent;

import io.matriarch.model.ClusterView;
import io.matriarch.model.TimeSource;
import io.matriarch.store.AgentStore;
import io.matriarch.store.StoreConfigurationException;
import io.matriarch.store.StoreUnavailableException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;

/** Waiting for the store at start: for as long as it takes, and said out loud (contract dcs-etcd3.md 2.5). */
final class StartDelay {

    private static final Logger LOG = System.getLogger("patroni.dcs");
    private static final Duration PAUSE = Duration.ofSeconds(5);
    /** The first tries come sooner: stores that start beside us need a moment, not five seconds. */
    private static final Duration FIRST_PAUSE = Duration.ofMillis(300);

    private StartDelay() {}

    /** @throws StoreConfigurationException when waiting cannot help, for instance with wrong credentials */
    static ClusterView awaitStore(AgentStore store, String section, TimeSource time)
            throws InterruptedException, StoreConfigurationException {
        Duration pause = FIRST_PAUSE;
        while (true) {
            try {
                return store.load();
            } catch (StoreUnavailableException e) {
                if (e.getCause() instanceof StoreConfigurationException fatal) {
                    throw fatal;
                }
                LOG.log(Level.WARNING, "Can not get cluster from dcs: {0}", e.getMessage());
                LOG.log(Level.INFO, "waiting on {0}", section.equals("etcd3") ? "etcd" : section);
                time.sleep(pause);
                Duration doubled = pause.multipliedBy(2);
                pause = doubled.compareTo(PAUSE) < 0 ? doubled : PAUSE;
            }
        }
    }
}

package io.matriarch.store.embedded;

import com.google.gson.JsonObject;
import io.matriarch.store.StoreConfigurationException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * A member of the ensemble without PostgreSQL: the third voter for a cluster of two. It holds a full copy of the store's
 * few kilobytes; ZooKeeper has no voters without a log.
 */
public final class Witness {

    private static final Logger LOG = System.getLogger("patroni.dcs.embedded");

    private Witness() {}

    /**
     * Runs until the process is told to end.
     *
     * @param section the {@code embedded} section
     * @param name the top-level name; {@code embedded.self} takes precedence
     * @throws StoreConfigurationException when the member cannot start
     */
    public static void run(JsonObject section, String name) throws StoreConfigurationException, InterruptedException {
        EmbeddedSection parsed = EmbeddedSection.parse(section, name);
        try (EnsembleMember member = EnsembleMember.start(parsed)) {
            Runtime.getRuntime().addShutdownHook(new Thread(member::close, "witness-stop"));
            LOG.log(
                    Level.INFO,
                    "Witness {0} votes at {1}",
                    parsed.self(),
                    parsed.own().clientAddress());
            member.awaitClose();
        }
    }
}

package io.matriarch.store.etcd;

import com.google.gson.JsonObject;
import io.matriarch.model.MonotonicTime;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Notices a server that has fallen behind the cluster: one that answers with a lower Raft term than was seen before
 * (contract dcs-etcd3.md 2.5, "stale node guard").
 *
 * <p>Where a majority of the servers does, and none answers otherwise, the data of etcd were lost or restored and terms
 * began anew; without this an agent would believe nobody until it is restarted.
 */
final class TermGuard {

    private static final Logger LOG = System.getLogger("patroni.dcs.etcd3");

    /** Servers that have fallen behind catch up in less, or others answer. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Set<URI> behind = new HashSet<>();
    private @Nullable MonotonicTime behindSince;
    private long cluster;
    private long term;
    private long beginnings;

    /**
     * Looks at a response header; throws when the server must not be believed.
     *
     * @param known all servers that could answer
     */
    synchronized void check(URI server, Collection<URI> known, JsonObject header, MonotonicTime now)
            throws EtcdUnreachable {
        long answeredCluster = Wire.number(header, "cluster_id");
        long answeredTerm = Wire.number(header, "raft_term");
        if (answeredCluster == 0 || answeredTerm == 0) {
            return;
        }
        if (cluster != 0 && cluster != answeredCluster) {
            LOG.log(
                    Level.WARNING,
                    "Etcd Cluster ID changed from {0} to {1}",
                    Long.toUnsignedString(cluster),
                    Long.toUnsignedString(answeredCluster));
            beginAnew();
        }
        cluster = answeredCluster;
        if (answeredTerm < term) {
            if (isBehind(server, known, now)) {
                String message = "Connected to Etcd node with term %d. Old known term %d. Switching to another node."
                        .formatted(answeredTerm, term);
                LOG.log(Level.WARNING, message);
                throw new EtcdUnreachable(message, true);
            }
            LOG.log(
                    Level.WARNING,
                    "Most etcd nodes have answered with a term below {0} for {1} s, and none with that: etcd has lost"
                            + " its data",
                    Long.toString(term),
                    Long.toString(PATIENCE.toSeconds()));
            beginAnew();
        }
        behind.clear();
        behindSince = null;
        term = answeredTerm;
    }

    /** False when so are most of them, and have been for long; some may be gone. */
    private boolean isBehind(URI server, Collection<URI> known, MonotonicTime now) {
        MonotonicTime since = behindSince == null ? now : behindSince;
        behindSince = since;
        behind.add(server);
        long theirs = known.stream().filter(behind::contains).count();
        return 2 * theirs <= known.size() || now.since(since).compareTo(PATIENCE) < 0;
    }

    private void beginAnew() {
        term = 0;
        beginnings++;
    }

    /** How often etcd was found to be another one than before: nothing that was seen of it counts any more. */
    synchronized long beginnings() {
        return beginnings;
    }
}

package io.matriarch.store.etcd;

import com.google.gson.JsonObject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Notices a server that has fallen behind the cluster: one that answers with a lower Raft term than was seen before
 * (contract dcs-etcd3.md 2.5, "stale node guard").
 */
final class TermGuard {

    private static final Logger LOG = System.getLogger("patroni.dcs.etcd3");

    private long cluster;
    private long term;

    /** Looks at a response header; throws when the server must not be believed. */
    synchronized void check(JsonObject header) throws EtcdUnreachable {
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
            term = 0;
        }
        cluster = answeredCluster;
        if (answeredTerm < term) {
            String message = "Connected to Etcd node with term %d. Old known term %d. Switching to another node."
                    .formatted(answeredTerm, term);
            LOG.log(Level.WARNING, message);
            throw new EtcdUnreachable(message, true);
        }
        term = answeredTerm;
    }
}

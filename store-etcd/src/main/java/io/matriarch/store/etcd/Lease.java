package io.matriarch.store.etcd;

import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * The agent's one lease, which its member key and the leader key are bound to (contract dcs-etcd3.md 2.1). It is never
 * revoked: what is bound to it lives on until it lapses.
 */
final class Lease {

    /** Stands for "no lease". */
    static final long NONE = 0;

    private static final Logger LOG = System.getLogger("patroni.dcs.etcd3");

    private final EtcdClient client;
    private final TimeSource time;
    private final Lock lock;
    private volatile long id = NONE;
    private volatile Duration ttl;
    private @Nullable MonotonicTime renewedAt;
    /** Said already. */
    private long grantedLonger;

    Lease(EtcdClient client, TimeSource time, Threads threads, Duration ttl) {
        this.client = client;
        this.time = time;
        this.lock = threads.newLock();
        this.ttl = ttl;
    }

    long id() {
        return id;
    }

    /** Gives the lease up locally when the lifetime changes; the next renewal grants one with the new lifetime. */
    void changeTtl(Duration newTtl) {
        lock.lock();
        try {
            if (!newTtl.equals(ttl)) {
                ttl = newTtl;
                id = NONE;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Forgets a lease that is gone, or that must not be renewed any more. */
    void lost(long lostId) {
        lock.lock();
        try {
            if (id == lostId) {
                id = NONE;
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sends a keepalive, or asks for a new lease when there is none or it is gone.
     *
     * @return when the confirmed request had not been sent yet: the lease runs from here
     */
    MonotonicTime renew(MonotonicTime deadline) throws EtcdRefused, EtcdUnreachable {
        lock.lock();
        try {
            if (id != NONE) {
                EtcdClient.Reply reply = keepalive(deadline);
                if (Wire.number(reply.body(), "TTL") > 0) {
                    renewedAt = reply.sentAt();
                    return reply.sentAt();
                }
                id = NONE;
            }
            MonotonicTime sentAt = grant(deadline);
            renewedAt = sentAt;
            return sentAt;
        } finally {
            lock.unlock();
        }
    }

    /** As {@link #renew}, unless that was done less than {@code age} ago. */
    MonotonicTime renewIfOlder(Duration age, MonotonicTime deadline) throws EtcdRefused, EtcdUnreachable {
        lock.lock();
        try {
            MonotonicTime last = renewedAt;
            if (id != NONE && last != null && time.now().since(last).compareTo(age) < 0) {
                return last;
            }
            return renew(deadline);
        } finally {
            lock.unlock();
        }
    }

    private EtcdClient.Reply keepalive(MonotonicTime deadline) throws EtcdRefused, EtcdUnreachable {
        var request = new JsonObject();
        request.addProperty("ID", Long.toString(id));
        return client.call("lease/keepalive", request, EtcdClient.Effort.PERSISTENT, deadline);
    }

    private MonotonicTime grant(MonotonicTime deadline) throws EtcdRefused, EtcdUnreachable {
        var request = new JsonObject();
        request.addProperty("TTL", ttl.toSeconds());
        EtcdClient.Reply reply = client.call("lease/grant", request, EtcdClient.Effort.PERSISTENT, deadline);
        id = Json.string(reply.body(), "ID")
                .map(Long::parseLong)
                .orElseThrow(() -> new EtcdUnreachable("no ID in the answer to lease/grant", true));
        long granted = Wire.number(reply.body(), "TTL");
        if (granted > ttl.toSeconds() && granted != grantedLonger) {
            grantedLonger = granted;
            LOG.log(
                    Level.WARNING,
                    "etcd grants a lease of {0} s where ttl is {1} s: others can lead only after that; see its election"
                            + " timeout",
                    granted,
                    ttl.toSeconds());
        }
        return reply.sentAt();
    }
}

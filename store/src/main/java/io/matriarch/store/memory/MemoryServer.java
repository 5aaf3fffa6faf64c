package io.matriarch.store.memory;

import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.Expectation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The servers' side: keys with versions, leases that lapse on the given clock. Every request first removes what has
 * lapsed; {@link #expire} does the same when nobody asks. Paths are relative to the cluster's base path.
 */
public final class MemoryServer {

    /** Lease of keys that are bound to no session. */
    static final long NO_LEASE = 0;

    /** A key with the lease it is bound to. */
    record Entry(String value, Revision revision, long lease) {}

    private final TimeSource time;
    private final Map<String, Entry> keys = new TreeMap<>();
    private final Map<Long, MonotonicTime> leaseEnds = new TreeMap<>();
    private final List<MemoryStore> clients = new ArrayList<>();
    private long lastRevision;
    private long lastLease;

    public MemoryServer(TimeSource time) {
        this.time = time;
    }

    /** A client for the agent {@code member}, or for a tool when the name is empty. */
    public synchronized MemoryStore connect(String member, Timing timing) {
        var client = new MemoryStore(this, time, member, timing);
        clients.add(client);
        return client;
    }

    /** Removes keys whose lease has lapsed and tells the clients; the simulator calls this when it moves the clock. */
    public synchronized void expire() {
        MonotonicTime now = time.now();
        leaseEnds.values().removeIf(end -> !now.isBefore(end));
        for (String path : List.copyOf(keys.keySet())) {
            long lease = entry(path).lease();
            if (lease != NO_LEASE && !leaseEnds.containsKey(lease)) {
                remove(path, null);
            }
        }
    }

    synchronized void disconnect(MemoryStore client) {
        clients.remove(client);
    }

    synchronized Map<String, Entry> read() {
        expire();
        return Map.copyOf(keys);
    }

    /** Prolongs the lease, or grants a new one when it has lapsed; the lease that is in force afterwards. */
    synchronized long renew(long lease, Duration ttl) {
        expire();
        long renewed = leaseEnds.containsKey(lease) ? lease : ++lastLease;
        leaseEnds.put(renewed, time.now().plus(ttl));
        return renewed;
    }

    /** Writes when the expectation holds; the new version, or null when it does not. */
    synchronized @Nullable Revision write(
            String path, String value, long lease, Expectation expectation, MemoryStore writer) {
        expire();
        if (!holds(path, expectation)) {
            return null;
        }
        var written = new Entry(value, new Revision(++lastRevision), lease);
        @Nullable Entry before = keys.put(path, written);
        tell(path, before, written, writer);
        return written.revision();
    }

    /** Removes when the expectation holds. */
    synchronized boolean delete(String path, Expectation expectation, MemoryStore writer) {
        expire();
        if (!holds(path, expectation)) {
            return false;
        }
        remove(path, writer);
        return true;
    }

    synchronized void deleteAll(MemoryStore writer) {
        List.copyOf(keys.keySet()).forEach(path -> remove(path, writer));
    }

    private boolean holds(String path, Expectation expectation) {
        @Nullable Entry present = keys.get(path);
        return switch (expectation) {
            case Expectation.Any() -> true;
            case Expectation.Absent() -> present == null;
            case Expectation.Version(Revision revision) ->
                present != null && present.revision().equals(revision);
        };
    }

    private void remove(String path, @Nullable MemoryStore writer) {
        @Nullable Entry before = keys.remove(path);
        if (before != null) {
            lastRevision++;
            tell(path, before, null, writer);
        }
    }

    private void tell(String path, @Nullable Entry before, @Nullable Entry after, @Nullable MemoryStore writer) {
        for (MemoryStore client : List.copyOf(clients)) {
            if (client != writer) {
                client.changed(path, before, after, keys.get("leader"));
            }
        }
    }

    private Entry entry(String path) {
        Entry entry = keys.get(path);
        if (entry == null) {
            throw new IllegalStateException("no key " + path);
        }
        return entry;
    }
}

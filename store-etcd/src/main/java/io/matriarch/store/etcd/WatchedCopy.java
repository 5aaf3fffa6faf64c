package io.matriarch.store.etcd;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.model.Bell;
import io.matriarch.model.ClusterPath;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Json;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import io.matriarch.model.Threads;
import io.matriarch.model.Timing;
import io.matriarch.store.ClusterAssembler;
import io.matriarch.store.StoreEvent;
import io.matriarch.store.StoreEvents;
import io.matriarch.store.StoredValue;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The cluster's keys in memory, kept up to date by a watch (contract dcs-etcd3.md 2.3).
 *
 * <p>One rule carries it: every key has the revision of its last change, and only a newer one replaces it. So answers
 * to own writes, events of the watch and whole reads may arrive in any order. The copy answers as long as a watch at
 * the server that requests go to is known to run; otherwise, and after a refused write, the next {@link #load} reads
 * the keys itself.
 *
 * <p>A watch that is silent proves nothing, since a frozen server is silent too. After a short silence it is created
 * again from the last revision; only when that fails is the copy no longer believed.
 *
 * <p>One daemon thread reads the watch and calls the listener.
 */
final class WatchedCopy implements AutoCloseable {

    /** A key, or with a null value the trace of a key that we have removed ourselves. */
    private record Cell(@Nullable String value, long revision, long lease) {}

    /** All keys at one revision. */
    private record Snapshot(Map<String, Cell> cells, long revision) {}

    private static final Logger LOG = System.getLogger("patroni.dcs.etcd3");

    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
    private static final Duration LEAST_SILENCE = Duration.ofSeconds(1);

    /** Longer than any event that etcd can send. */
    private static final int MOST_LINE_BYTES = 16 << 20;

    private final EtcdClient client;
    private final ClusterPath path;
    private final String member;
    private final Threads threads;
    private final LongSupplier ownLease;
    /** Ends the waits of the watching thread: for the first load, and after a failure. */
    private final Bell wake;

    private final ReentrantLock lock = new ReentrantLock();
    private final Set<String> inFlight = new HashSet<>();
    private Map<String, Cell> cells = new HashMap<>();
    private long revision;
    private boolean loaded;
    private boolean mayBeStale = true;
    private long doubts;
    /** Where the copy has to be to count: what we have won the lock in may not be what we last saw. */
    private long needed;
    /** {@link EtcdClient#beginnings} before the keys were read. */
    private long beginnings;

    private @Nullable URI watched;
    private volatile Duration silence;
    private volatile boolean closed;
    private volatile Consumer<StoreEvent> listener = _ -> {};

    WatchedCopy(
            EtcdClient client, ClusterPath path, String member, Timing timing, Threads threads, LongSupplier ownLease) {
        this.client = client;
        this.path = path;
        this.member = member;
        this.threads = threads;
        this.ownLease = ownLease;
        this.wake = threads.newBell();
        this.silence = silenceFor(timing);
    }

    void start() {
        threads.start("etcd-watch", this::watchUntilClosed);
    }

    void onEvent(Consumer<StoreEvent> newListener) {
        listener = newListener;
    }

    void applyTiming(Timing timing) {
        silence = silenceFor(timing);
    }

    /** The view of the cluster: from the copy when it is kept up to date, else read now. */
    ClusterView load(MonotonicTime deadline) throws EtcdRefused, EtcdUnreachable {
        lock.lock();
        try {
            if (isCurrent()) {
                return assemble();
            }
        } finally {
            lock.unlock();
        }
        refresh(deadline);
        lock.lock();
        try {
            return assemble();
        } finally {
            lock.unlock();
        }
    }

    /** The key's version when the up-to-date copy shows exactly this value under this lease; else null. */
    @Nullable
    Revision unchanged(String key, String value, long lease) {
        lock.lock();
        try {
            Cell cell = cells.get(key);
            return isCurrent() && cell != null && value.equals(cell.value()) && cell.lease() == lease
                    ? new Revision(cell.revision())
                    : null;
        } finally {
            lock.unlock();
        }
    }

    /** The version of the leader key when it names us and is bound to this lease; else null. */
    @Nullable
    Revision heldLeader(long lease) {
        lock.lock();
        try {
            Cell cell = cells.get(ClusterAssembler.LEADER);
            return cell != null && member.equals(cell.value()) && cell.lease() == lease
                    ? new Revision(cell.revision())
                    : null;
        } finally {
            lock.unlock();
        }
    }

    /** The lease that the leader key is bound to, as far as we know; {@link Lease#NONE}: it is not ours. */
    long leaseOfLeader() {
        lock.lock();
        try {
            Cell cell = cells.get(ClusterAssembler.LEADER);
            return cell != null && member.equals(cell.value()) ? cell.lease() : Lease.NONE;
        } finally {
            lock.unlock();
        }
    }

    /** From here to {@link #wrote} or {@link #notWritten}, changes of the key wake nobody: they are probably ours. */
    void writing(String key) {
        lock.lock();
        try {
            inFlight.add(key);
        } finally {
            lock.unlock();
        }
    }

    /** Enters an own write that the store has confirmed; a null value is a removal. */
    void wrote(String key, @Nullable String value, long atRevision, long lease) {
        lock.lock();
        try {
            inFlight.remove(key);
            Cell cell = cells.get(key);
            if (cell == null || cell.revision() <= atRevision) {
                cells.put(key, new Cell(value, atRevision, lease));
            }
            if (key.equals(ClusterAssembler.LEADER) && value != null) {
                needed = atRevision;
            }
        } finally {
            lock.unlock();
        }
    }

    /** A write was refused or its outcome is unknown: the copy may be behind, so the next load reads. */
    void notWritten(String key) {
        lock.lock();
        try {
            inFlight.remove(key);
            doubt();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        closed = true;
        wake.ring();
    }

    private boolean isCurrent() {
        return loaded
                && !mayBeStale
                && revision >= needed
                && watched != null
                && watched.equals(client.current())
                && beginnings == client.beginnings();
    }

    private ClusterView assemble() {
        long own = ownLease.getAsLong();
        var values = new HashMap<String, StoredValue>();
        cells.forEach((key, cell) -> {
            if (cell.value() != null) {
                boolean owned = cell.lease() != Lease.NONE && cell.lease() == own;
                values.put(key, new StoredValue(cell.value(), new Revision(cell.revision()), owned));
            }
        });
        return ClusterAssembler.assemble(values);
    }

    /** Reads all keys and takes them over. */
    private void refresh(MonotonicTime deadline) throws EtcdRefused, EtcdUnreachable {
        boolean serializable = true;
        while (true) {
            Start start = startOfRead();
            Snapshot snapshot = read(serializable, deadline);
            if (serializable && snapshot.revision() < Math.max(start.revision(), start.needed())) {
                // A server that lags behind what we have seen is asked to catch up first; whatever it says then is
                // true,
                // even if the revisions begin anew because the store was restored.
                serializable = false;
            } else if (install(snapshot, start)) {
                return;
            }
        }
    }

    /** What the copy looked like when a read of all keys, or a watch, began. */
    private record Start(long revision, long needed, long doubts, long beginnings) {}

    private Start startOfRead() {
        lock.lock();
        try {
            return new Start(revision, needed, doubts, client.beginnings());
        } finally {
            lock.unlock();
        }
    }

    private Snapshot read(boolean serializable, MonotonicTime deadline) throws EtcdRefused, EtcdUnreachable {
        JsonObject request = Wire.prefix(path.prefix());
        request.addProperty("serializable", serializable);
        JsonObject answer = client.call("kv/range", request, EtcdClient.Effort.PERSISTENT, deadline)
                .body();
        var found = new HashMap<String, Cell>();
        for (Wire.KeyValue kv : Wire.keyValues(answer)) {
            found.put(kv.key().substring(path.prefix().length()), new Cell(kv.value(), kv.modRevision(), kv.lease()));
        }
        return new Snapshot(found, Wire.revision(answer));
    }

    /** False: the copy went beyond the snapshot while that was read, so the snapshot could bring back what is gone. */
    private boolean install(Snapshot snapshot, Start start) {
        var events = new ArrayList<StoreEvent>();
        boolean first;
        lock.lock();
        try {
            if (revision != start.revision() && revision > snapshot.revision()) {
                return false;
            }
            first = !loaded;
            Map<String, Cell> before = cells;
            var merged = new HashMap<>(snapshot.cells());
            if (snapshot.revision() >= start.revision()) {
                // Own writes that were confirmed while it was read.
                before.forEach((key, cell) -> {
                    if (cell.revision() > snapshot.revision()) {
                        merged.put(key, cell);
                    }
                });
            }
            cells = merged;
            if (!first) {
                var keys = new HashSet<>(before.keySet());
                keys.addAll(merged.keySet());
                keys.forEach(key -> collect(key, before.get(key), merged.get(key), events));
            }
            revision = snapshot.revision();
            if (needed == start.needed()) {
                needed = 0; // also where revisions have begun anew
            }
            loaded = true;
            mayBeStale = doubts != start.doubts();
            beginnings = start.beginnings();
        } finally {
            lock.unlock();
        }
        if (first) {
            wake.ring();
        }
        events.forEach(listener);
        return true;
    }

    private void collect(String key, @Nullable Cell before, @Nullable Cell after, List<StoreEvent> events) {
        if (!inFlight.contains(key)) {
            Cell leader = cells.get(ClusterAssembler.LEADER);
            boolean otherLeads =
                    leader != null && leader.value() != null && !leader.value().equals(member);
            StoreEvents.of(
                            key,
                            before == null ? null : before.value(),
                            after == null ? null : after.value(),
                            otherLeads)
                    .ifPresent(events::add);
        }
    }

    private void watchUntilClosed() {
        while (!closed) {
            try {
                if (awaitFirstLoad()) {
                    watchOnce();
                }
            } catch (EtcdRefused | EtcdUnreachable | RuntimeException e) {
                // Also an answer of a shape that nobody expects must not end the watch while the copy is believed.
                lose();
                if (!closed) {
                    LOG.log(Level.ERROR, "KVCache.run {0}", e.getMessage() == null ? e.toString() : e.getMessage());
                    await(PAUSE_AFTER_FAILURE);
                }
            }
        }
    }

    /** The first read is the agent's: before that there is nothing to keep up to date. */
    private boolean awaitFirstLoad() {
        if (!isLoaded()) {
            await(LONGEST_PAUSE);
        }
        return isLoaded();
    }

    private boolean isLoaded() {
        lock.lock();
        try {
            return loaded;
        } finally {
            lock.unlock();
        }
    }

    /** Watches at the current server until it is silent for too long, fails, or is no longer the current one. */
    private void watchOnce() throws EtcdRefused, EtcdUnreachable {
        if (isLost()) {
            refresh(client.deadline());
        }
        URI endpoint = client.current();
        if (endpoint == null) {
            throw new EtcdUnreachable("no etcd server is known", false);
        }
        Start start = startOfRead();
        try (InputStream in = client.stream(endpoint, "watch", createRequest(start.revision()), silence)) {
            var lines = new Lines(in);
            while (!closed && endpoint.equals(client.current())) {
                handle(endpoint, start, lines.next());
            }
        } catch (SocketTimeoutException e) {
            // silence: proves nothing, so ask again
        } catch (IOException e) {
            throw new EtcdUnreachable("watchprefix failed: " + e, false, e);
        }
    }

    private JsonObject createRequest(long seen) {
        JsonObject create = Wire.prefix(path.prefix());
        create.addProperty("start_revision", Long.toString(seen + 1));
        create.add("filters", new JsonArray());
        var request = new JsonObject();
        request.add("create_request", create);
        return request;
    }

    private void handle(URI endpoint, Start start, String line) throws EtcdRefused, EtcdUnreachable {
        JsonObject document = Json.parseObject(line)
                .orElseThrow(() -> new EtcdUnreachable("watchprefix failed: an answer that is not JSON", false));
        EtcdRefused refusal = EtcdClient.refusal(document);
        if (refusal != null) {
            if (refusal.asksForAuthentication()) {
                client.forgetToken();
            }
            throw refusal;
        }
        JsonObject result = Json.object(document, "result").orElseGet(JsonObject::new);
        client.check(endpoint, Wire.header(result));
        if (Json.bool(result, "canceled").orElse(false)) {
            // Either the revision is compacted away or the token is no good: read anew with a fresh one.
            client.forgetToken();
            throw new EtcdUnreachable(
                    "Watch request canceled "
                            + Json.string(result, "cancel_reason").orElse(""),
                    false);
        }
        if (Json.bool(result, "created").orElse(false) && hasBegunAnew(start, result)) {
            throw new EtcdUnreachable("watchprefix failed: the server has seen less than this copy", false);
        }
        apply(endpoint, result);
    }

    /** The watch would be silent until the revisions are where they were, or this is another etcd. */
    private boolean hasBegunAnew(Start start, JsonObject created) {
        long answered = Wire.revision(created); // 0: it does not say
        return (answered != 0 && answered < start.revision()) || start.beginnings() != client.beginnings();
    }

    private void apply(URI endpoint, JsonObject result) {
        var events = new ArrayList<StoreEvent>();
        lock.lock();
        try {
            watched = endpoint;
            if (result.get("events") instanceof JsonArray all) {
                for (JsonElement event : all) {
                    apply(event.getAsJsonObject(), events);
                }
            }
        } finally {
            lock.unlock();
        }
        events.forEach(listener);
    }

    private void apply(JsonObject event, List<StoreEvent> events) {
        Wire.KeyValue kv = Wire.keyValue(Json.object(event, "kv").orElseGet(JsonObject::new));
        if (!kv.key().startsWith(path.prefix())) {
            return;
        }
        String key = kv.key().substring(path.prefix().length());
        boolean removed = Json.string(event, "type").orElse("PUT").equals("DELETE");
        Cell before = cells.get(key);
        revision = Math.max(revision, kv.modRevision());
        if (before != null && before.revision() >= kv.modRevision()) {
            return;
        }
        Cell after = removed ? null : new Cell(kv.value(), kv.modRevision(), kv.lease());
        if (after == null) {
            cells.remove(key);
        } else {
            cells.put(key, after);
        }
        collect(key, before, after, events);
    }

    private boolean isLost() {
        lock.lock();
        try {
            return watched == null && mayBeStale;
        } finally {
            lock.unlock();
        }
    }

    private void lose() {
        lock.lock();
        try {
            watched = null;
            doubt();
        } finally {
            lock.unlock();
        }
    }

    /** The next load reads the keys, and a read that has begun already does not count. */
    private void doubt() {
        mayBeStale = true;
        doubts++;
    }

    private void await(Duration limit) {
        try {
            wake.await(limit);
        } catch (InterruptedException e) {
            // nobody interrupts this thread; the caller's loop looks again
        }
    }

    /** The messages of a stream; each stands on a line of its own. */
    private static final class Lines {

        private final InputStream in;
        private final byte[] buffer = new byte[4096];
        private int position;
        private int end;

        Lines(InputStream in) {
            this.in = in;
        }

        String next() throws IOException {
            var line = new ByteArrayOutputStream(512);
            while (true) {
                if (position == end) {
                    position = 0;
                    end = Math.max(in.read(buffer), 0);
                    if (end == 0) {
                        throw new IOException("the server ended the stream");
                    }
                }
                int from = position;
                while (position < end && buffer[position] != '\n') {
                    position++;
                }
                line.write(buffer, from, position - from);
                if (line.size() >= MOST_LINE_BYTES) {
                    throw new IOException("a message is longer than " + MOST_LINE_BYTES + " bytes");
                }
                if (position < end) {
                    position++;
                    return line.toString(StandardCharsets.UTF_8);
                }
            }
        }
    }

    private static Duration silenceFor(Timing timing) {
        Duration shorter =
                timing.loopWait().compareTo(timing.retryTimeout()) < 0 ? timing.loopWait() : timing.retryTimeout();
        Duration half = shorter.dividedBy(2);
        return half.compareTo(LEAST_SILENCE) < 0 ? LEAST_SILENCE : half;
    }
}

package io.matriarch.store.memory;

import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.AgentStore;
import io.matriarch.store.ClusterAssembler;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreEvent;
import io.matriarch.store.StoreEvents;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.StoredValue;
import io.matriarch.store.ToolStore;
import io.matriarch.store.WriteOutcome;
import java.util.HashMap;
import java.util.Optional;
import java.util.SortedSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One client of a {@link MemoryServer}; {@link #fault} makes its connection ill. */
public final class MemoryStore implements AgentStore, ToolStore {

    private final MemoryServer server;
    private final TimeSource time;
    private final String member;
    private Timing timing;
    private Fault fault = Fault.NONE;
    private long lease = MemoryServer.NO_LEASE;
    private Consumer<StoreEvent> listener = _ -> {};

    MemoryStore(MemoryServer server, TimeSource time, String member, Timing timing) {
        this.server = server;
        this.time = time;
        this.member = member;
        this.timing = timing;
    }

    /** What is wrong from now on; losing and getting back the connection are events. */
    public void fault(Fault newFault) {
        boolean wasReachable = hearsEvents();
        fault = newFault;
        if (wasReachable != hearsEvents()) {
            listener.accept(StoreEvent.CONNECTION_CHANGED);
        }
    }

    @Override
    public ClusterView load() throws StoreUnavailableException {
        if (!hearsEvents()) {
            throw new StoreUnavailableException("no answer: " + fault);
        }
        var values = new HashMap<String, StoredValue>();
        server.read()
                .forEach((path, entry) -> values.put(
                        path,
                        new StoredValue(
                                entry.value(),
                                entry.revision(),
                                entry.lease() != MemoryServer.NO_LEASE && entry.lease() == lease)));
        return ClusterAssembler.assemble(values);
    }

    @Override
    public SortedSet<Integer> groups() {
        return ClusterAssembler.groups(server.read().keySet());
    }

    @Override
    public WriteOutcome put(Key key, String value, Expectation expectation) {
        return write(() -> server.write(key.path(), value, MemoryServer.NO_LEASE, expectation, this));
    }

    @Override
    public WriteOutcome delete(Key key, Expectation expectation) {
        return write(() -> server.delete(key.path(), expectation, this) ? Revision.NONE : null);
    }

    @Override
    public WriteOutcome removeCluster() {
        return write(() -> {
            server.deleteAll(this);
            return Revision.NONE;
        });
    }

    @Override
    public WriteOutcome acquireLeader() {
        return write(() -> {
            renewLease();
            return server.write(ClusterAssembler.LEADER, member, lease, Expectation.ABSENT, this);
        });
    }

    @Override
    public WriteOutcome renewLeader(ClusterView seen) {
        return holdOn(true);
    }

    @Override
    public WriteOutcome confirmLeader(ClusterView seen) {
        return holdOn(false);
    }

    private WriteOutcome holdOn(boolean createIfGone) {
        return write(() -> {
            renewLease();
            MemoryServer.@Nullable Entry held = server.read().get(ClusterAssembler.LEADER);
            if (held == null) {
                return createIfGone
                        ? server.write(ClusterAssembler.LEADER, member, lease, Expectation.ABSENT, this)
                        : null;
            }
            if (!held.value().equals(member)) {
                return null;
            }
            return held.lease() == lease
                    ? held.revision()
                    : server.write(ClusterAssembler.LEADER, member, lease, Expectation.ANY, this);
        });
    }

    @Override
    public WriteOutcome takeLeader() {
        return write(() -> {
            renewLease();
            return server.write(ClusterAssembler.LEADER, member, lease, Expectation.ANY, this);
        });
    }

    @Override
    public WriteOutcome releaseLeader(ClusterView seen) {
        return write(() -> {
            MemoryServer.@Nullable Entry held = server.read().get(ClusterAssembler.LEADER);
            if (held == null || !held.value().equals(member)) {
                return null;
            }
            server.delete(ClusterAssembler.LEADER, Expectation.ANY, this);
            return Revision.NONE;
        });
    }

    @Override
    public WriteOutcome publishMember(String value) {
        return write(() -> {
            renewLease();
            return server.write(ClusterAssembler.MEMBERS + member, value, lease, Expectation.ANY, this);
        });
    }

    @Override
    public void applyTiming(Timing newTiming) {
        if (!newTiming.ttl().equals(timing.ttl())) {
            lease = MemoryServer.NO_LEASE;
        }
        timing = newTiming;
    }

    @Override
    public void onEvent(Consumer<StoreEvent> newListener) {
        listener = newListener;
    }

    @Override
    public void close() {
        server.disconnect(this);
    }

    void changed(
            String path,
            MemoryServer.@Nullable Entry before,
            MemoryServer.@Nullable Entry after,
            MemoryServer.@Nullable Entry leader) {
        if (hearsEvents()) {
            Optional<StoreEvent> event = StoreEvents.of(
                    path,
                    valueOf(before),
                    valueOf(after),
                    leader != null && !leader.value().equals(member));
            event.ifPresent(listener);
        }
    }

    private boolean hearsEvents() {
        return fault == Fault.NONE || fault == Fault.WRITES_REFUSED;
    }

    private void renewLease() {
        lease = server.renew(lease, timing.ttl());
    }

    private WriteOutcome write(Supplier<@Nullable Revision> request) {
        MonotonicTime sentAt = time.now();
        return switch (fault) {
            case UNREACHABLE -> new WriteOutcome.Unknown("no server answers");
            case WRITES_REFUSED -> new WriteOutcome.Refused("the store refuses writes");
            case ANSWERS_LOST -> {
                var _ = request.get();
                yield new WriteOutcome.Unknown("the answer was lost");
            }
            case NONE -> {
                @Nullable Revision written = request.get();
                yield written == null
                        ? new WriteOutcome.Refused("the key is not as expected")
                        : new WriteOutcome.Applied(written, sentAt);
            }
        };
    }

    private static @Nullable String valueOf(MemoryServer.@Nullable Entry entry) {
        return entry == null ? null : entry.value();
    }
}

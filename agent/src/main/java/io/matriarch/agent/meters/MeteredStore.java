package io.matriarch.agent.meters;

import com.google.gson.JsonObject;
import io.matriarch.agent.meters.Meters.Work;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.AgentStore;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreEvent;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.WriteOutcome;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A store whose answers are counted and timed. */
public final class MeteredStore implements AgentStore {

    private final AgentStore store;
    private final Meters meters;
    private final TimeSource time;

    public MeteredStore(AgentStore store, Meters meters, TimeSource time) {
        this.store = store;
        this.meters = meters;
        this.time = time;
    }

    @Override
    public ClusterView load() throws StoreUnavailableException {
        MonotonicTime begin = time.now();
        Work how = Work.STORE_READ_FAILED;
        try {
            ClusterView view = store.load();
            how = Work.STORE_READ_OK;
            return view;
        } finally {
            meters.add(how, time.now().since(begin));
        }
    }

    private WriteOutcome write(Supplier<WriteOutcome> request) {
        MonotonicTime begin = time.now();
        return counted(begin, request.get());
    }

    private WriteOutcome counted(MonotonicTime begin, WriteOutcome outcome) {
        Work how = switch (outcome) {
            case WriteOutcome.Applied _ -> Work.STORE_WRITE_APPLIED;
            case WriteOutcome.Refused _ -> Work.STORE_WRITE_REFUSED;
            case WriteOutcome.Unknown _ -> Work.STORE_WRITE_UNKNOWN;
        };
        meters.add(how, time.now().since(begin));
        return outcome;
    }

    @Override
    public WriteOutcome put(Key key, String value, Expectation expectation) {
        return write(() -> store.put(key, value, expectation));
    }

    @Override
    public WriteOutcome delete(Key key, Expectation expectation) {
        return write(() -> store.delete(key, expectation));
    }

    @Override
    public WriteOutcome removeCluster() {
        return write(store::removeCluster);
    }

    @Override
    public WriteOutcome acquireLeader() {
        return write(store::acquireLeader);
    }

    @Override
    public Acquired acquireLeader(List<Along> along) {
        MonotonicTime begin = time.now();
        Acquired acquired = store.acquireLeader(along);
        var _ = counted(begin, acquired.leader());
        return acquired;
    }

    @Override
    public WriteOutcome renewLeader(ClusterView seen) {
        return write(() -> store.renewLeader(seen));
    }

    @Override
    public WriteOutcome confirmLeader(ClusterView seen) {
        return write(() -> store.confirmLeader(seen));
    }

    @Override
    public WriteOutcome takeLeader() {
        return write(store::takeLeader);
    }

    @Override
    public WriteOutcome releaseLeader(ClusterView seen) {
        return write(() -> store.releaseLeader(seen));
    }

    @Override
    public WriteOutcome releaseLeader(ClusterView seen, String lastStatus) {
        return write(() -> store.releaseLeader(seen, lastStatus));
    }

    @Override
    public WriteOutcome publishMember(String value) {
        return write(() -> store.publishMember(value));
    }

    @Override
    public void applyTiming(Timing timing) {
        store.applyTiming(timing);
    }

    @Override
    public void applyConfiguration(JsonObject document) {
        store.applyConfiguration(document);
    }

    @Override
    public void onEvent(Consumer<StoreEvent> listener) {
        store.onEvent(listener);
    }

    @Override
    public void close() {
        store.close();
    }
}

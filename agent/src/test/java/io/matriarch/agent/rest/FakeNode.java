package io.matriarch.agent.rest;

import com.google.gson.JsonObject;
import io.matriarch.agent.meters.Meters;
import io.matriarch.agent.node.ApiHealth;
import io.matriarch.agent.node.FenceState;
import io.matriarch.agent.node.LeaderFlag;
import io.matriarch.agent.node.NodeControl;
import io.matriarch.agent.node.NodeStatus;
import io.matriarch.agent.node.ScheduledRestart;
import io.matriarch.model.ClusterView;
import io.matriarch.model.FailsafePrimary;
import io.matriarch.model.Key;
import io.matriarch.model.LeaseAnswer;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import io.matriarch.model.TimeSource;
import io.matriarch.model.VoteRequest;
import io.matriarch.store.ClusterStore;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.WriteOutcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A node that remembers what was asked of it, with a store that tests hold in their hands. */
final class FakeNode implements NodeControl, LeaderFlag {

    volatile NodeStatus status = new Samples.Node().build();
    volatile boolean leader = true;
    volatile List<String> refusal = List.of();
    volatile RestartAnswer restartAnswer = new RestartAnswer(true, "restarted successfully");
    volatile Runnable onStatus = () -> {};
    volatile Runnable onRestart = () -> {};
    final List<String> asked = new CopyOnWriteArrayList<>();
    final FakeStore store = new FakeStore();
    volatile @Nullable ScheduledRestart scheduled;
    final ApiHealth apiHealth = new ApiHealth();
    final Meters meters = new Meters();

    /** A view that can be replaced, and the writes that were asked for. */
    static final class FakeStore implements ClusterStore {
        volatile ClusterView view = Samples.view();
        volatile boolean available = true;
        volatile WriteOutcome outcome = new WriteOutcome.Applied(new Revision(9), new MonotonicTime(0));
        volatile Runnable onWrite = () -> {};
        final List<String> writes = new CopyOnWriteArrayList<>();
        final List<Expectation> expectations = new ArrayList<>();

        @Override
        public ClusterView load() throws StoreUnavailableException {
            if (!available) {
                throw new StoreUnavailableException("no server answers");
            }
            return view;
        }

        @Override
        public WriteOutcome put(Key key, String value, Expectation expectation) {
            writes.add(key.path() + "=" + value);
            expectations.add(expectation);
            onWrite.run();
            return outcome;
        }

        @Override
        public WriteOutcome delete(Key key, Expectation expectation) {
            throw new UnsupportedOperationException();
        }

        @Override
        public WriteOutcome removeCluster() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }

    @Override
    public NodeStatus status() {
        onStatus.run();
        // Published just now: views must count as fresh, whatever the clock of the machine says.
        MonotonicTime now = TimeSource.system().now();
        Samples.Node s = Samples.Node.of(status);
        s.viewReadAt = s.viewReadAt == null ? null : now;
        s.nextCycle = now;
        return s.build();
    }

    @Override
    public LeaderFlag leaderFlag() {
        return this;
    }

    @Override
    public ApiHealth apiHealth() {
        return apiHealth;
    }

    @Override
    public FenceState fence() {
        return FenceState.OFF;
    }

    @Override
    public Meters meters() {
        return meters;
    }

    @Override
    public boolean isLeader() {
        return leader;
    }

    @Override
    public Optional<MonotonicTime> deadline() {
        return Optional.empty();
    }

    @Override
    public ClusterStore store() {
        return store;
    }

    @Override
    public void wakeUp() {
        asked.add("wake up");
    }

    @Override
    public void requestReload() {
        asked.add("reload");
    }

    @Override
    public RestartAnswer restart(JsonObject conditions) {
        asked.add("restart " + conditions);
        onRestart.run();
        return restartAnswer;
    }

    @Override
    public Optional<String> requestBootstrap() {
        asked.add("bootstrap");
        return Optional.empty();
    }

    @Override
    public boolean scheduleRestart(ScheduledRestart restart) {
        if (scheduled != null) {
            return false;
        }
        scheduled = restart;
        return true;
    }

    @Override
    public boolean deleteScheduledRestart() {
        boolean was = scheduled != null;
        scheduled = null;
        return was;
    }

    @Override
    public String journal() {
        return "{\"member\":\"n1\"}\n";
    }

    @Override
    public List<String> refusalSince(MonotonicTime begin) {
        return refusal;
    }

    @Override
    public boolean consentTo(FailsafePrimary primary) {
        asked.add("consent to " + primary.name());
        return !leader;
    }

    @Override
    public LeaseAnswer promise(FailsafePrimary primary) {
        asked.add("promise to " + primary.name());
        return leader ? LeaseAnswer.refused("leads, or is about to") : LeaseAnswer.GIVEN;
    }

    @Override
    public LeaseAnswer vote(VoteRequest request) {
        asked.add("vote for " + request.candidate() + " about " + request.about());
        return LeaseAnswer.GIVEN.withResigned(!leader);
    }

    @Override
    public Optional<String> reinitialize(boolean force, boolean fromLeader) {
        asked.add("reinitialize force=" + force + " fromLeader=" + fromLeader);
        return Optional.empty();
    }
}

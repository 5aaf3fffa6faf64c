package io.matriarch.ctl.drill;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.operator.MemberAnswers;
import io.matriarch.ctl.patroni.Cluster;
import io.matriarch.ctl.patroni.Session;
import io.matriarch.model.ClusterView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Looks at the store and at all members again and again, on a thread of its own. */
final class Observer implements AutoCloseable {

    private static final Duration PAUSE = Duration.ofMillis(100);

    /** A member that is alive answers from memory; a longer wait would only make the picture coarser. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Session session;
    private final Cluster cluster;
    private final ClusterView before;
    private final Set<String> members;
    private final Thread thread;
    private final List<Sample> samples = new ArrayList<>();
    private volatile boolean stopped;

    private Observer(Session session, Cluster cluster, ClusterView before) {
        this.session = session;
        this.cluster = cluster;
        this.before = before;
        this.members = Set.copyOf(before.members().keySet());
        this.thread = Thread.ofPlatform().name("observer").daemon().unstarted(this::observe);
    }

    /** @param before names the members that are looked at */
    static Observer start(Session session, Cluster cluster, ClusterView before) {
        var observer = new Observer(session, cluster, before);
        observer.thread.start();
        return observer;
    }

    private void observe() {
        while (!stopped) {
            try {
                long at = System.nanoTime();
                MemberAnswers answers =
                        MemberAnswers.ask(List.copyOf(before.members().values()), session, PATIENCE);
                add(Sample.of(at, members, view(), answers));
            } catch (CommandFailure _) {
                // the configuration was read before: nothing that a later look would not tell
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    /** Without the store nobody is known to lead. */
    private ClusterView view() {
        try {
            return cluster.load();
        } catch (CommandFailure _) {
            return ClusterView.EMPTY;
        }
    }

    private synchronized void add(Sample sample) {
        samples.add(sample);
    }

    /** The latest; null before the first. */
    synchronized @Nullable Sample last() {
        return samples.isEmpty() ? null : samples.getLast();
    }

    synchronized List<Sample> samples() {
        return List.copyOf(samples);
    }

    @Override
    public void close() {
        stopped = true;
        try {
            thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}

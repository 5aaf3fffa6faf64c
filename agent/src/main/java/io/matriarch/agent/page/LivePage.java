package io.matriarch.agent.page;

import com.google.gson.JsonObject;
import io.matriarch.agent.cycle.Journal;
import io.matriarch.agent.node.LeaderFlag;
import io.matriarch.agent.node.NodeStatus;
import io.matriarch.agent.page.Curves.Writable;
import io.matriarch.agent.page.Happening.Kind;
import io.matriarch.engine.Situation;
import io.matriarch.engine.Verdict;
import io.matriarch.model.ClusterSummary;
import io.matriarch.model.ClusterView;
import io.matriarch.model.JournalEntry;
import io.matriarch.model.Member;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The page of a node. The cycle leaves what it published and decided in a mailbox and goes on; one thread turns that into
 * frames, once for all who listen, and keeps the past. Everything is bounded: the mailbox, the past, the listeners and
 * what waits for each of them.
 */
public final class LivePage implements Journal, AutoCloseable {

    private static final Logger LOG = System.getLogger("matriarch.page");

    /** So many may listen; the REST API takes 512 connections, and health checks need theirs. */
    static final int LISTENERS = 128;
    /** A few seconds of the busiest cycle; what finds no room is lost to the page and to nothing else. */
    private static final int MAILBOX = 256;
    /** So often listeners hear from us; a page that hears nothing for three of them says so. */
    static final Duration PULSE = Duration.ofSeconds(5);
    /** Cycles that follow each other at once are one picture. */
    private static final Duration BREATH = Duration.ofMillis(250);

    private static final Duration RETRY = Duration.ofSeconds(3);

    private final TimeSource time;
    private final String epoch;
    private final BlockingQueue<Letter> mailbox = new ArrayBlockingQueue<>(MAILBOX);

    // What follows is guarded by this object.
    private final Chronicle chronicle = new Chronicle();
    private final Curves curves = new Curves();
    private final Milestones milestones = new Milestones();
    private final Decisions decisions = new Decisions();
    private final Set<Subscription> listeners = new LinkedHashSet<>();
    private @Nullable Surroundings surroundings;
    private @Nullable Disks disks;
    private @Nullable LeaderFlag lease;
    private @Nullable NodeStatus latest;
    private @Nullable Thread thread;
    private byte @Nullable [] curvesFrame;

    /** What the cycle leaves for us. */
    private sealed interface Letter {
        record Decided(Verdict verdict, Situation situation) implements Letter {}

        record Told(Happening happening) implements Letter {}

        record Published(NodeStatus status) implements Letter {}
    }

    public LivePage(TimeSource time) {
        this.time = time;
        this.epoch = Long.toString(time.wallClock().toEpochMilli(), Character.MAX_RADIX);
    }

    /**
     * Before it begins: what is known of the agent, and what its predecessors wrote down.
     *
     * @param journal lines, oldest first
     */
    public synchronized void begin(Surroundings known, String journal) {
        surroundings = known;
        disks = new Disks(known.dataDirectory(), time);
        disks.ask();
        journal.lines()
                .flatMap(line -> JournalEntry.parse(line).stream())
                .flatMap(entry -> Happening.of(entry).stream())
                .forEach(chronicle::add);
    }

    // ---- the cycle's thread

    @Override
    public void record(Verdict verdict, Situation situation) {
        mailbox.offer(new Letter.Decided(verdict, situation));
    }

    @Override
    public void event(String text) {
        mailbox.offer(new Letter.Told(Happening.seen(time.wallClock(), Kind.AGENT, "", text)));
    }

    @Override
    public void published(NodeStatus status) {
        mailbox.offer(new Letter.Published(status));
    }

    // ---- our thread

    /**
     * Begins to publish.
     *
     * @param live this node's lease
     */
    public synchronized void start(LeaderFlag live) {
        if (thread != null) {
            throw new IllegalStateException("started already");
        }
        lease = live;
        thread = Thread.ofVirtual().name("page").start(this::run);
    }

    private void run() {
        MonotonicTime pulseAt = time.now().plus(PULSE);
        MonotonicTime sampleAt = time.now().plus(Curves.PERIOD);
        try {
            while (true) {
                MonotonicTime wake = pulseAt.isBefore(sampleAt) ? pulseAt : sampleAt;
                long wait = wake.since(time.now()).toNanos();
                Letter first = mailbox.poll(Math.max(wait, 0), TimeUnit.NANOSECONDS);
                try {
                    if (first != null) {
                        read(first);
                    }
                    if (!time.now().isBefore(sampleAt)) {
                        sampleAt = time.now().plus(Curves.PERIOD);
                        sample();
                    }
                    if (!time.now().isBefore(pulseAt)) {
                        pulseAt = time.now().plus(PULSE);
                        pulse();
                    }
                } catch (RuntimeException e) {
                    LOG.log(Level.WARNING, "The page could not be brought up to date", e);
                }
                if (first != null) {
                    time.sleep(BREATH);
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    private synchronized void read(Letter first) {
        long known = chronicle.revision();
        boolean published = false;
        for (Letter letter = first; letter != null; letter = mailbox.poll()) {
            switch (letter) {
                case Letter.Decided(Verdict verdict, Situation situation) ->
                    decisions.add(verdict, situation.wallClock());
                case Letter.Told(Happening happening) -> chronicle.add(happening);
                case Letter.Published(NodeStatus status) -> {
                    take(status);
                    published = true;
                }
            }
        }
        if (listeners.isEmpty()) {
            return;
        }
        if (published && latest != null) {
            send(Frames.of("cluster", scene(latest).document()));
        }
        if (chronicle.revision() != known) {
            send(past(known));
        }
    }

    private void take(NodeStatus status) {
        decisions.endOfCycle(status.name(), status.lastResult()).ifPresent(chronicle::add);
        if (latest != null) {
            Changes.between(latest, status, time.wallClock()).forEach(chronicle::add);
        }
        if (status.viewReadAt() != null) {
            milestones.reached(status.view().status().optime(), status.viewReadAt());
        }
        latest = status;
    }

    private Scene scene(NodeStatus status) {
        if (lease == null) {
            throw new IllegalStateException("not started");
        }
        return new Scene(
                status,
                lease,
                milestones,
                Optional.ofNullable(surroundings),
                Optional.ofNullable(disks),
                time.now(),
                time.wallClock());
    }

    private synchronized void sample() {
        if (latest == null) {
            return;
        }
        if (disks != null) {
            disks.ask();
        }
        curves.add(sample(latest));
        curvesFrame = null;
        if (!listeners.isEmpty()) {
            send(Frames.of("sample", curves.newest()));
        }
    }

    private Curves.Sample sample(NodeStatus status) {
        ClusterView view = status.view();
        boolean known = status.freshView(time.now()).isPresent();
        Map<String, Long> lags = new HashMap<>();
        if (known) {
            for (ClusterSummary.Row row :
                    ClusterSummary.of(status.scope(), view).members()) {
                if (row.progress() != null && row.progress().overall().isKnown()) {
                    lags.put(row.name(), row.progress().overall().lagBytes());
                }
            }
        }
        return new Curves.Sample(
                time.wallClock(),
                known ? view.status().optime().bytes() : 0,
                known ? writable(view) : Writable.UNKNOWN,
                lags);
    }

    private static Writable writable(ClusterView view) {
        return view.leaderMember().filter(Member::isRunning).isPresent() ? Writable.YES : Writable.NO;
    }

    private synchronized void pulse() {
        if (latest != null && !listeners.isEmpty()) {
            send(Frames.of("pulse", scene(latest).pulse()));
        }
    }

    private void send(byte[] frame) {
        for (Subscription listener : List.copyOf(listeners)) {
            if (!listener.offer(frame)) {
                LOG.log(Level.DEBUG, "A listener of /events does not keep up and is dropped");
                listeners.remove(listener);
                listener.drop();
            }
        }
    }

    private byte[] past(long revision) {
        var o = new JsonObject();
        o.addProperty("complete", revision == 0);
        o.add("happenings", chronicle.since(revision));
        return Frames.of("past", epoch + "." + chronicle.revision(), o);
    }

    // ---- threads of requests

    /** A file of the page; empty when there is none of this name. */
    public Optional<PageFile> file(String name) {
        return Loaded.ASSETS.get(name);
    }

    /** When the first browser asks: most agents start without one. */
    private static final class Loaded {
        static final Assets ASSETS = Assets.load();
    }

    /**
     * A new listener, who first gets the present picture and the past.
     *
     * @param lastId the id of the last frame that it had; null: none
     * @return empty when too many listen
     */
    public synchronized Optional<Subscription> listen(@Nullable String lastId) {
        if (listeners.size() >= LISTENERS || thread == null) {
            return Optional.empty();
        }
        var listener = new Subscription(time, this::forget);
        listener.offer(Frames.retry(RETRY));
        if (latest != null) {
            listener.offer(Frames.of("cluster", scene(latest).document()));
        }
        listener.offer(past(revision(lastId)));
        if (curvesFrame == null) {
            curvesFrame = Frames.of("curves", curves.document());
        }
        listener.offer(curvesFrame);
        listeners.add(listener);
        return Optional.of(listener);
    }

    /** 0, which is everything, for an id that is not of this process. */
    private long revision(@Nullable String id) {
        if (id == null || !id.startsWith(epoch + ".")) {
            return 0;
        }
        try {
            return Long.parseLong(id, epoch.length() + 1, id.length(), 10);
        } catch (NumberFormatException _) {
            return 0;
        }
    }

    private synchronized void forget(Subscription listener) {
        listeners.remove(listener);
    }

    @Override
    public synchronized void close() {
        if (thread != null) {
            thread.interrupt();
        }
        List.copyOf(listeners).forEach(Subscription::drop);
        listeners.clear();
    }
}

package io.matriarch.simulator.postgres;

import io.matriarch.model.History;
import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** The walreceiver of a standby: one connection to the upstream, from the attempt to its end. */
final class WalReceiver implements Wire.End {

    /** {@code wal_receiver_timeout}, and {@code wal_sender_timeout} on the other side. */
    static final Duration TIMEOUT = Duration.ofSeconds(60);

    private static final Duration STATUS_INTERVAL = Duration.ofSeconds(10);

    /** {@code net.ipv4.tcp_syn_retries} = 6. */
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(127);

    /** {@code net.ipv4.tcp_keepalive_time} and the probes after it: all that ends a connection on which nobody speaks. */
    private static final Duration TCP_KEEPALIVE = Duration.ofSeconds(7_875);

    /** What {@code pg_stat_wal_receiver} shows. */
    enum State {
        /** Not shown: the connection is being made. */
        CONNECTING,
        STREAMING,
        WAITING
    }

    private final Server server;
    private final Recovery recovery;
    private final Disk disk;
    private final ServerConfig config;
    private @Nullable Wire wire;
    private @Nullable WalSender sender;
    private State state = State.CONNECTING;
    private boolean ended;
    private int timeline;
    private Lsn written = Lsn.NONE;
    private Lsn flushed = Lsn.NONE;
    private Lsn latestEnd = Lsn.NONE;
    private boolean flushing;
    private MonotonicTime lastHeard;

    WalReceiver(Server server, Recovery recovery, ServerConfig config) {
        this.server = server;
        this.recovery = recovery;
        this.disk = server.disk;
        this.config = config;
        this.lastHeard = server.queue().now();
    }

    State state() {
        return state;
    }

    int timeline() {
        return timeline;
    }

    Lsn written() {
        return written;
    }

    Lsn latestEnd() {
        return latestEnd;
    }

    ServerConfig config() {
        return config;
    }

    // ---- the connection

    @Override
    public String address() {
        return server.host.address();
    }

    @Override
    public boolean isPowered() {
        return server.host.isPowered();
    }

    @Override
    public void receive(String what, Runnable arrival) {
        server.receive(what, arrival);
    }

    @Override
    public void closed(String why) {
        end("could not receive data from WAL stream: " + why);
    }

    private void later(Duration delay, String what, Runnable event) {
        server.later(delay, "walreceiver: " + what, () -> {
            if (!ended) {
                event.run();
            }
        });
    }

    void connect(Lsn start, int wanted) {
        recovery.streamingFrom(start, wanted);
        PostgresHost upstream = server.world().find(config.primaryHost());
        if (upstream == null) {
            later(Duration.ofMillis(5), "host is not known", () -> end("could not translate host name"));
            return;
        }
        later(CONNECT_LIMIT, "no connection", () -> {
            if (wire == null) {
                end("could not connect to the primary server: Connection timed out");
            }
        });
        syn(upstream, start, wanted, Duration.ofSeconds(1));
    }

    private void syn(PostgresHost upstream, Lsn start, int wanted, Duration pause) {
        Optional<Duration> latency = latency(address(), upstream);
        if (latency.isEmpty() || latency(upstream.address(), server.host).isEmpty()) {
            later(pause, "SYN again", () -> syn(upstream, start, wanted, pause.multipliedBy(2)));
            return;
        }
        Duration takes = latency.get().plus(server.draw(server.traits().times().connect()));
        later(takes, "connects to " + upstream.address(), () -> {
            Server there = upstream.server();
            if (there != null && there.isListening()) {
                request(there, start, wanted);
            } else {
                later(
                        latency(upstream.address(), server.host).orElse(CONNECT_LIMIT),
                        "refused",
                        () -> end("could not connect to the primary server: Connection refused"));
            }
        });
    }

    private Optional<Duration> latency(String from, PostgresHost to) {
        return to.isPowered() ? server.world().links().latency(from, to.address()) : Optional.empty();
    }

    private void request(Server there, Lsn start, int wanted) {
        var peer = new WalSender(there, config.applicationName(), address());
        var made = new Wire(
                server.queue(), server.world().links(), server.traits().sizes().streamBytesPerSecond(), this, peer);
        peer.connect(made, this);
        sender = peer;
        wire = made;
        lastHeard = server.queue().now();
        ask(start, wanted);
        watch();
    }

    /** START_REPLICATION, on a new connection or on one whose timeline has ended. */
    private void ask(Lsn start, int wanted) {
        timeline = wanted;
        Wire connection = wire;
        WalSender peer = sender;
        if (connection != null && peer != null) {
            var request = new WalSender.Request(
                    start, wanted, config.primarySlotName(), server.control().systemIdentifier());
            connection.send(Wire.Side.CLIENT, "START_REPLICATION", 0, () -> peer.start(request));
        }
    }

    // ---- what a walsender answers

    /** The histories of the upstream, asked for before anything else. */
    void histories(SortedMap<Integer, List<History.Entry>> upstream) {
        lastHeard = server.queue().now();
        disk.timelines.fetch(upstream);
    }

    void refused(String error) {
        end("could not start WAL streaming: " + error);
    }

    /**
     * Streaming begins.
     *
     * @param parameters what the primary runs with; its WAL says so when they change
     */
    void begin(Lsn start, int wanted, Map<String, String> parameters) {
        server.control().parameters = parameters;
        lastHeard = server.queue().now();
        state = State.STREAMING;
        timeline = wanted;
        written = Lsn.NONE;
        // whatever was replayed counts as flushed, wherever it came from
        flushed = recovery.replayed();
        recovery.streamingFrom(start, wanted);
        server.log("started streaming WAL from primary at " + start + " on timeline " + wanted);
    }

    // ---- what arrives

    /** WAL up to {@code end}. */
    void wal(WalPath path, Lsn end) {
        if (ended) {
            return;
        }
        lastHeard = server.queue().now();
        latestEnd = Lsn.max(latestEnd, end);
        if (!disk.hasRoomFor(end)) {
            end("could not write to WAL segment: No space left on device");
            return;
        }
        boolean readable = recovery.take(path);
        written = Lsn.max(written, end);
        if (!readable) {
            recovery.arrived(written);
            end("terminating walreceiver process due to administrator command");
            return;
        }
        flush();
    }

    private void flush() {
        if (flushing) {
            return;
        }
        if (!written.isAfter(flushed)) {
            // we had that already
            reply(false);
            return;
        }
        flushing = true;
        Lsn position = written;
        Lsn readable = disk.wal.end();
        Duration takes = server.draw(server.traits().times().fsync()).plus(server.host.diskDelay());
        later(takes, "WAL is flushed", () -> {
            flushing = false;
            flushed = position;
            disk.flushed = Lsn.max(disk.flushed, readable);
            recovery.arrived(position);
            reply(false);
            if (written.isAfter(position)) {
                flush();
            }
        });
    }

    /** The timeline that is streamed ends at this upstream; it knows newer ones. */
    void timelineEnded() {
        if (ended) {
            return;
        }
        lastHeard = server.queue().now();
        server.log("primary server contains no more WAL on requested timeline " + timeline);
        if (state == State.STREAMING) {
            reply(false);
        }
        state = State.WAITING;
        Wire connection = wire;
        WalSender peer = sender;
        if (connection != null && peer != null) {
            connection.send(Wire.Side.CLIENT, "CopyDone", 0, peer::copyDone);
        }
        // what was received is replayed first
        later(server.draw(server.traits().times().apply()), "timeline ended", this::awaitNextTimeline);
    }

    private void awaitNextTimeline() {
        if (recovery.isBehind()) {
            later(Duration.ofMillis(10), "timeline ended", this::awaitNextTimeline);
            return;
        }
        Duration pause = recovery.timelineEnded() ? Duration.ZERO : Recovery.RETRY;
        later(pause, "next timeline", () -> ask(recovery.nextStart(), recovery.nextTimeline()));
    }

    /** The other side is alive. */
    void keepalive(Lsn end) {
        lastHeard = server.queue().now();
        latestEnd = Lsn.max(latestEnd, end);
    }

    private void reply(boolean answerWanted) {
        Wire connection = wire;
        WalSender peer = sender;
        if (connection != null && peer != null && state == State.STREAMING) {
            Lsn writtenNow = written.isKnown() ? written : flushed;
            Lsn flushedNow = flushed;
            Lsn appliedNow = recovery.replayed();
            connection.send(
                    Wire.Side.CLIENT,
                    "standby status",
                    0,
                    () -> peer.confirmed(writtenNow, flushedNow, appliedNow, answerWanted));
        }
    }

    /** Tells the other side now and then that we are here, and notices that it is not. */
    private void watch() {
        later(STATUS_INTERVAL, "status", () -> {
            Duration silence = server.queue().now().since(lastHeard);
            Duration limit = state == State.STREAMING ? TIMEOUT : TCP_KEEPALIVE;
            if (silence.compareTo(limit) >= 0) {
                end("terminating walreceiver due to timeout");
                return;
            }
            reply(silence.compareTo(TIMEOUT.dividedBy(2)) >= 0);
            watch();
        });
    }

    // ---- the end

    void end(String why) {
        if (ended) {
            return;
        }
        server.log("FATAL:  " + why);
        ended = true;
        if (wire != null) {
            wire.close(Wire.Side.CLIENT, "the walreceiver has ended");
        }
        recovery.receiverEnded(this);
    }

    void ended(Server.End how) {
        ended = true;
        if (wire == null) {
            return;
        }
        if (how == Server.End.POWER) {
            wire.vanish(Wire.Side.CLIENT);
        } else {
            wire.close(Wire.Side.CLIENT, "the standby has ended");
        }
    }
}

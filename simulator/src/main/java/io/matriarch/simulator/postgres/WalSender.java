package io.matriarch.simulator.postgres;

import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.postgres.LocalFacts;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A walsender: what one standby is sent, and what it confirmed. */
final class WalSender implements Wire.End {

    private static final Duration LOOK = Duration.ofSeconds(15);

    private enum State {
        STARTUP,
        CATCHUP,
        STREAMING,
        STOPPING
    }

    private final Server server;
    private final String applicationName;
    private final String clientAddress;
    private final long pid;
    private @Nullable Wire wire;
    private @Nullable WalReceiver receiver;
    private State state = State.STARTUP;
    private @Nullable Slot slot;
    private int timeline;
    private boolean timelineOver;
    private boolean stopRequested;
    private boolean gone;
    private Lsn sent = Lsn.NONE;
    private Lsn written = Lsn.NONE;
    private Lsn flushed = Lsn.NONE;
    private Lsn applied = Lsn.NONE;
    private SynchronousNames names;
    private MonotonicTime lastReply;

    WalSender(Server server, String applicationName, String clientAddress) {
        this.server = server;
        this.applicationName = applicationName;
        this.clientAddress = clientAddress;
        this.pid = server.host.nextPid();
        this.names = SynchronousNames.parse(server.inheritedConfig().synchronousStandbyNames())
                .orElse(SynchronousNames.NONE);
        this.lastReply = server.queue().now();
    }

    // ---- what others see

    SynchronousNames names() {
        return names;
    }

    /** Zero on a standby: its standbys are nobody's synchronous ones. */
    int priority() {
        return server.isInRecovery() ? 0 : names.priority(applicationName);
    }

    boolean countsForSync() {
        return (state == State.STREAMING || state == State.STOPPING) && flushed.isKnown();
    }

    Lsn written() {
        return written;
    }

    Lsn flushed() {
        return flushed;
    }

    Lsn applied() {
        return applied;
    }

    boolean uses(Slot other) {
        return slot == other;
    }

    void reload(ServerConfig config) {
        names = SynchronousNames.parse(config.synchronousStandbyNames()).orElse(names);
    }

    /** A row of {@code pg_stat_replication}; {@code sync_state} as the asking session counts. */
    LocalFacts.WalSender row(SynchronousNames asking) {
        int priority = flushed.isKnown() ? priority() : 0;
        String sync;
        if (priority == 0) {
            sync = "async";
        } else if (!SyncWaits.chosen(asking, server.senders).contains(this)) {
            sync = "potential";
        } else {
            sync = asking.any() ? "quorum" : "sync";
        }
        return new LocalFacts.WalSender(
                pid,
                "replicator",
                applicationName,
                clientAddress,
                slot == null ? null : slot.name,
                state.name().toLowerCase(Locale.ROOT),
                sync,
                priority,
                sent,
                written,
                flushed,
                applied);
    }

    // ---- the connection

    void connect(Wire made, WalReceiver peer) {
        wire = made;
        receiver = peer;
        server.senders.add(this);
        watch();
    }

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
        leave();
    }

    private void leave() {
        gone = true;
        if (server.senders.remove(this) && priority() > 0) {
            server.host.walsenderEnded();
        }
    }

    void fail(String why) {
        server.log("walsender for " + applicationName + ": " + why);
        leave();
        if (wire != null) {
            wire.close(Wire.Side.SERVER, why);
        }
    }

    void ended(Server.End how) {
        gone = true;
        if (wire == null) {
            return;
        }
        if (how == Server.End.POWER) {
            wire.vanish(Wire.Side.SERVER);
        } else {
            wire.close(Wire.Side.SERVER, "server closed the connection unexpectedly");
        }
    }

    // ---- START_REPLICATION

    /**
     * What a walreceiver asks for.
     *
     * @param slotName empty: none
     */
    record Request(Lsn start, int timeline, String slotName, String systemIdentifier) {}

    private void tell(String what, Consumer<WalReceiver> arrival) {
        Wire connection = wire;
        WalReceiver peer = receiver;
        if (connection != null && peer != null) {
            connection.send(Wire.Side.SERVER, what, 0, () -> arrival.accept(peer));
        }
    }

    void start(Request request) {
        String noSession = noSession(request);
        if (noSession != null) {
            refuse(noSession);
            return;
        }
        var histories = server.disk.timelines.between(request.timeline(), server.timeline());
        tell("timeline histories", peer -> peer.histories(histories));
        String error = refusal(request);
        if (error != null) {
            refuse(error);
            return;
        }
        slot = server.disk.slots.get(request.slotName());
        timeline = request.timeline();
        timelineOver = false;
        sent = request.start();
        lastReply = server.queue().now();
        int own = server.timeline();
        boolean nothing = own != timeline && sent.compareTo(server.disk.timelines.switchPoint(timeline, own)) >= 0;
        if (!nothing) {
            state = State.CATCHUP;
            var parameters = server.control().parameters;
            tell("streaming begins", peer -> peer.begin(request.start(), request.timeline(), parameters));
        }
        send();
    }

    private void refuse(String error) {
        tell("error", peer -> peer.refused(error));
        leave();
    }

    private @Nullable String noSession(Request request) {
        if (gone || !server.isAccepting()) {
            return "the database system is starting up, or shutting down";
        }
        if (!server.control().systemIdentifier().equals(request.systemIdentifier())) {
            return "database system identifier differs between the primary and standby";
        }
        int own = server.timeline();
        return own < request.timeline()
                ? "highest timeline " + own + " of the primary is behind recovery timeline " + request.timeline()
                : null;
    }

    private @Nullable String refusal(Request request) {
        Disk disk = server.disk;
        int own = server.timeline();
        int wanted = request.timeline();
        Lsn start = request.start();
        String slotName = request.slotName();
        if (!slotName.isEmpty()) {
            Slot found = disk.slots.get(slotName);
            if (found == null) {
                return "replication slot \"" + slotName + "\" does not exist";
            }
            WalSender other = server.senderOf(found);
            if (other != null && other != this) {
                return "replication slot \"" + slotName + "\" is active for PID " + other.pid;
            }
            if (found.lost) {
                return "cannot read from replication slot \"" + slotName + "\"";
            }
        }
        if (!disk.timelines.contains(wanted, own)) {
            return "requested timeline " + wanted + " is not in this server's history";
        }
        if (wanted != own && start.isAfter(disk.timelines.switchPoint(wanted, own))) {
            return "requested starting point " + start + " on timeline " + wanted + " is not in this server's history";
        }
        if (wanted == own && start.isAfter(server.sendable())) {
            return "requested starting point " + start + " is ahead of the WAL flush position of this server "
                    + server.sendable();
        }
        return disk.keptFrom.isAfter(start) ? "requested WAL segment at " + start + " has already been removed" : null;
    }

    // ---- sending

    /** Sends what there is to send. */
    void send() {
        Wire connection = wire;
        WalReceiver peer = receiver;
        if (gone || connection == null || peer == null || timeline == 0 || timelineOver) {
            return;
        }
        Disk disk = server.disk;
        int own = server.timeline();
        boolean historic = own != timeline;
        Lsn end = historic ? disk.timelines.switchPoint(timeline, own) : server.sendable();
        if (disk.keptFrom.isAfter(sent)) {
            fail("requested WAL segment has already been removed");
            return;
        }
        if (end.isAfter(sent)) {
            long bytes = end.bytesAfter(sent);
            WalPath path = disk.wal.upTo(end);
            sent = end;
            connection.send(Wire.Side.SERVER, "WAL", bytes, () -> peer.wal(path, end));
        }
        if (state == State.CATCHUP) {
            state = State.STREAMING;
        }
        if (historic) {
            timelineOver = true;
            var histories = disk.timelines.between(timeline, own);
            tell("timeline histories", receiving -> receiving.histories(histories));
            tell("end of timeline", WalReceiver::timelineEnded);
        }
    }

    /** The standby has taken note of the end of its timeline, and will ask for another one. */
    void copyDone() {
        state = State.STARTUP;
        slot = null;
        timeline = 0;
    }

    // ---- what the standby says

    void confirmed(Lsn standbyWritten, Lsn standbyFlushed, Lsn standbyApplied, boolean answerWanted) {
        if (gone) {
            return;
        }
        lastReply = server.queue().now();
        written = standbyWritten;
        flushed = standbyFlushed;
        applied = standbyApplied;
        Slot used = slot;
        if (used != null && flushed.isKnown()) {
            used.restart = flushed;
        }
        if (answerWanted) {
            Lsn end = sent;
            tell("keepalive", peer -> peer.keepalive(end));
        }
        if (!server.isInRecovery()) {
            server.syncWaits.confirmed(this);
        }
        leaveWhenDone();
    }

    private void watch() {
        server.later(LOOK, "walsender looks at its timeout", () -> {
            if (gone) {
                return;
            }
            if (state != State.STARTUP && server.queue().now().since(lastReply).compareTo(WalReceiver.TIMEOUT) >= 0) {
                fail("terminating walsender process due to replication timeout");
            } else {
                watch();
            }
        });
    }

    /** The server shuts down: the standby is to confirm everything first. */
    void stop() {
        stopRequested = true;
        send();
        if (state == State.STREAMING) {
            state = State.STOPPING;
        }
        leaveWhenDone();
    }

    private void leaveWhenDone() {
        boolean all = timelineOver
                || state == State.STARTUP
                || (sent.compareTo(server.sendable()) >= 0 && flushed.compareTo(sent) >= 0);
        if (stopRequested && all && !gone) {
            fail("streaming is complete");
        }
    }
}

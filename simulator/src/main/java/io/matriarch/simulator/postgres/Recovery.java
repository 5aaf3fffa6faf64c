package io.matriarch.simulator.postgres;

import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.simulator.postgres.ControlFile.State;
import io.matriarch.simulator.postgres.WalRecord.Kind;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The startup process: crash recovery, then on a standby endless recovery from WAL that a {@link WalReceiver} brings,
 * until it is told to promote (PostgreSQL source, {@code xlogrecovery.c}; what {@code pg_control} says meanwhile was
 * looked up on PostgreSQL 15).
 *
 * <p>All WAL that lies here is replayed before anybody is asked for more, and before a promotion. A new timeline is taken
 * up when the upstream's history has ours as an ancestor and leaves it no earlier than where we have replayed to.
 */
final class Recovery {

    /** {@code wal_retrieve_retry_interval}. */
    static final Duration RETRY = Duration.ofSeconds(5);

    private static final Duration LONGEST_STEP = Duration.ofMillis(200);
    private static final int END_OF_RECOVERY_BYTES = 42;

    private final Server server;
    private final Disk disk;
    private int beginnings;
    private boolean active;
    private boolean standby;
    /** Crash recovery is over, or there was none: a standby becomes consistent from here on. */
    private boolean archive;

    private boolean consistent;
    /** Everything that lay here was replayed; now only what was received and flushed counts. */
    private boolean live;

    /** The WAL to begin with is not here: a standby asks its upstream for it, and waits. */
    private boolean missing;

    private boolean stepping;
    private boolean paused;
    private boolean promotionRequested;
    private boolean promoting;
    private boolean stopped;
    private final int wanted;
    private int target;
    private int replayTimeline = 1;
    private Lsn replayed = Lsn.NONE;
    private @Nullable Instant replayedTime;
    private ServerConfig config = ServerConfig.DEFAULT;
    private @Nullable WalReceiver receiver;
    private @Nullable MonotonicTime lastAttempt;
    private boolean attemptPending;
    private int attempts;
    private Lsn received = Lsn.NONE;
    private int receivedTimeline;

    /** @param wanted the timeline to end on, or {@link Server#LATEST} */
    Recovery(Server server, int wanted) {
        this.server = server;
        this.wanted = wanted;
        this.disk = server.disk;
    }

    // ---- what others see

    boolean goesToLatest() {
        return wanted == Server.LATEST;
    }

    boolean isActive() {
        return active;
    }

    boolean isPromotionUnderWay() {
        return promotionRequested;
    }

    boolean hasReplayedAll() {
        return !active || !available().isAfter(replayed);
    }

    int replayTimeline() {
        return replayTimeline;
    }

    Lsn replayed() {
        return replayed;
    }

    @Nullable
    Instant replayedTime() {
        return replayedTime;
    }

    boolean isPaused() {
        return paused;
    }

    @Nullable
    WalReceiver receiver() {
        return receiver;
    }

    /** {@code pg_last_wal_receive_lsn()}: what the receiver flushed; after its end it stays, after a restart it is unknown. */
    Lsn received() {
        return received;
    }

    /** What a cascading walsender may send. */
    Lsn sendable() {
        return receivedTimeline == replayTimeline ? Lsn.max(received, replayed) : replayed;
    }

    // ---- the beginning

    /** Another number, another startup process: whoever asked the former one for something has to ask again. */
    int beginnings() {
        return beginnings;
    }

    void begin() {
        if (server.isStopping()) {
            return;
        }
        beginnings++;
        ControlFile control = disk.control;
        if (disk.torn != null || disk.writer != null) {
            String by = disk.torn == null ? disk.writer + " writes into" : disk.torn.by() + " left half done";
            server.world()
                    .reports()
                    .violation(server.host.address(), "PostgreSQL was started on a data directory that " + by);
            server.fatal("the data directory is not usable");
            return;
        }
        if (control == null) {
            server.fatal("could not open file \"global/pg_control\": No such file or directory");
            return;
        }
        Disk.BackupLabel label = disk.backupLabel;
        WalRecord checkpoint = label == null ? control.checkpoint : label.checkpoint();
        standby = disk.standbySignal;
        missing = disk.keptFrom.isAfter(checkpoint.redo());
        if ((missing && !standby) || disk.overwritten || !disk.wal.holds(checkpoint)) {
            server.fatal("could not locate required checkpoint record");
            return;
        }
        config = disk.config;
        target = Math.max(checkpoint.timeline(), control.minRecoveryTimeline);
        if (standby) {
            target = goesToLatest() ? disk.timelines.newest(target) : wanted;
        }
        String problem = contradiction(control, checkpoint);
        if (problem != null) {
            server.fatal(problem);
            return;
        }
        disk.flushed = disk.wal.end();
        if (!standby && label == null && control.state == State.SHUT_DOWN) {
            server.enterProduction(target);
            return;
        }
        recover(control, checkpoint, label);
    }

    private @Nullable String contradiction(ControlFile control, WalRecord checkpoint) {
        if (disk.timelines.at(checkpoint.start(), target) != checkpoint.timeline()) {
            return "requested timeline " + target + " is not a child of this server's history";
        }
        if (standby) {
            String tooSmall = server.smallerThan(control.parameters);
            if (tooSmall != null) {
                return "hot standby is not possible because of insufficient parameter settings: " + tooSmall;
            }
        }
        Lsn least = control.minRecovery;
        boolean reached = !least.isKnown()
                || disk.timelines.at(new Lsn(least.bytes() - 1), target) == control.minRecoveryTimeline;
        return reached
                ? null
                : "requested timeline " + target + " does not contain minimum recovery point " + least + " on timeline "
                        + control.minRecoveryTimeline;
    }

    private void recover(ControlFile control, WalRecord checkpoint, Disk.@Nullable BackupLabel label) {
        boolean clean = control.state == State.SHUT_DOWN;
        archive = standby && (clean || control.minRecovery.isKnown() || label != null);
        server.log(clean ? "database system was shut down" : "database system was interrupted; automatic recovery");
        control.state = archive ? State.IN_ARCHIVE_RECOVERY : State.IN_CRASH_RECOVERY;
        control.checkpoint = checkpoint;
        if (label != null) {
            control.backupEnd = label.end();
            disk.backupLabel = null;
        }
        if (archive) {
            control.raiseMinRecovery(checkpoint.redo(), checkpoint.timeline());
        }
        active = true;
        consistent = false;
        live = false;
        stepping = false;
        paused = false;
        promotionRequested = false;
        promoting = false;
        stopped = false;
        receiver = null;
        lastAttempt = null;
        attemptPending = false;
        received = Lsn.NONE;
        receivedTimeline = 0;
        replayed = checkpoint.redo();
        replayTimeline = checkpoint.timeline();
        server.log("redo starts at " + replayed);
        step();
        scheduleRestartpoint();
    }

    // ---- replaying

    /** The end of the last record that may be replayed. */
    private Lsn available() {
        if (missing) {
            return replayed;
        }
        return live && !promoting ? disk.wal.upTo(disk.flushed).end() : disk.wal.end();
    }

    /** Replays a little, again and again, until there is nothing left. */
    private void step() {
        if (stepping || !active || stopped) {
            return;
        }
        if (paused && !promoting) {
            return;
        }
        long bytes = available().bytesAfter(replayed);
        if (bytes == 0) {
            exhausted();
            return;
        }
        stepping = true;
        long rate = server.traits().sizes().replayBytesPerSecond();
        Lsn goal = goal(rate * LONGEST_STEP.toMillis() / 1000);
        Duration takes = Duration.ofNanos(goal.bytesAfter(replayed) * 1_000_000_000L / rate);
        if (live) {
            takes = takes.plus(server.draw(server.traits().times().apply()));
        }
        server.later(takes, "replay", () -> {
            stepping = false;
            replay(goal);
            step();
        });
    }

    /** The end of what is replayed next: some records, but one at least. */
    private Lsn goal(long bytes) {
        Lsn some = new Lsn(replayed.bytes() + bytes);
        Lsn all = available();
        if (some.compareTo(all) >= 0) {
            return all;
        }
        int next = disk.wal.firstFrom(replayed);
        return next < disk.wal.size()
                ? Lsn.max(disk.wal.upTo(some).end(), disk.wal.get(next).end())
                : all;
    }

    private void replay(Lsn goal) {
        for (int i = disk.wal.firstFrom(replayed); i < disk.wal.size(); i++) {
            WalRecord record = disk.wal.get(i);
            if (record.end().isAfter(goal)) {
                break;
            }
            replayed = record.end();
            replayTimeline = record.timeline();
            if (record.kind() == Kind.COMMIT) {
                replayedTime = record.time();
            }
        }
        checkConsistency();
    }

    private void checkConsistency() {
        ControlFile control = server.control();
        if (consistent || !archive || control.minRecovery.isAfter(replayed) || control.backupEnd.isAfter(replayed)) {
            return;
        }
        consistent = true;
        if (control.backupEnd.isKnown()) {
            control.raiseMinRecovery(control.backupEnd, replayTimeline);
            control.backupEnd = Lsn.NONE;
        }
        server.log("consistent recovery state reached at " + replayed);
        server.startAccepting(true);
    }

    /** There is nothing more to replay at this moment. */
    private void exhausted() {
        ControlFile control = server.control();
        if (!archive && standby) {
            archive = true;
            control.state = State.IN_ARCHIVE_RECOVERY;
            control.raiseMinRecovery(replayed, replayTimeline);
        }
        checkConsistency();
        if (!standby) {
            endCrashRecovery(control);
        } else if (promoting) {
            promoteNow();
        } else {
            live = true;
            if (receiver == null) {
                attempt();
            }
        }
    }

    private void endCrashRecovery(ControlFile control) {
        if (control.backupEnd.isAfter(replayed)) {
            server.fatal("WAL ends before end of online backup");
            return;
        }
        if (control.minRecovery.isAfter(replayed)) {
            server.fatal("WAL ends before consistent recovery point");
            return;
        }
        control.backupEnd = Lsn.NONE;
        int timeline = target;
        server.later(
                server.draw(server.traits().times().checkpoint()).plus(server.host.diskDelay()),
                "end-of-recovery checkpoint",
                () -> {
                    if (server.checkpointer.endOfRecovery(timeline)) {
                        active = false;
                        server.enterProduction(timeline);
                    }
                });
    }

    // ---- where WAL comes from

    /** Asks the upstream for more, now or when the interval since the last time is over. */
    private void attempt() {
        if (attemptPending || stopped || !active) {
            return;
        }
        MonotonicTime now = server.queue().now();
        MonotonicTime last = lastAttempt;
        Duration pause = last == null ? Duration.ZERO : RETRY.minus(now.since(last));
        attemptPending = true;
        int number = ++attempts;
        server.later(pause.isNegative() ? Duration.ZERO : pause, "look for WAL", () -> {
            if (number != attempts) {
                return;
            }
            attemptPending = false;
            if (stopped || promoting || receiver != null) {
                return;
            }
            lastAttempt = server.queue().now();
            rescan();
            if (available().isAfter(replayed)) {
                step();
            } else if (config.primaryHost().isEmpty()) {
                attempt();
            } else {
                receiver = new WalReceiver(server, this, config);
                receiver.connect(disk.wal.segmentStart(replayed), disk.timelines.at(replayed, target));
            }
        });
    }

    /** Looks whether a newer timeline is known and may be followed. */
    private void rescan() {
        int newest = disk.timelines.newest(target);
        if (newest == target || !goesToLatest()) {
            return;
        }
        if (!disk.timelines.contains(target, newest)) {
            server.log("new timeline " + newest + " is not a child of database system timeline " + target);
        } else if (replayed.isAfter(disk.timelines.switchPoint(target, newest))) {
            server.log("new timeline " + newest + " forked off current database system timeline " + target
                    + " before current recovery point " + replayed);
        } else {
            server.log("new target timeline is " + newest);
            target = newest;
        }
    }

    /** The receiver begins to stream: what it will have flushed is counted from the beginning of the segment. */
    void streamingFrom(Lsn start, int timeline) {
        if (!received.isKnown() || receivedTimeline != timeline) {
            received = start;
            receivedTimeline = timeline;
        }
    }

    /** The receiver has flushed up to {@code position}. */
    void arrived(Lsn position) {
        received = Lsn.max(received, position);
        server.wakeSenders();
        if (live) {
            step();
        }
    }

    /**
     * WAL that continues what lies here is taken over; what does not, lies over it, and cannot be read.
     *
     * @return whether the receiver may go on
     */
    boolean take(WalPath incoming) {
        if (missing) {
            // who has the beginning has the rest
            missing = false;
            disk.keptFrom = disk.wal.segmentStart(replayed);
        }
        WalPath here = disk.wal;
        if (here.isPrefixOf(incoming)) {
            disk.wal = incoming;
            return true;
        }
        if (incoming.isPrefixOf(here)) {
            return true;
        }
        WalPath common = here.commonWith(incoming);
        if (replayed.compareTo(common.end()) <= 0) {
            disk.wal = incoming;
            return true;
        }
        int next = incoming.firstFrom(replayed);
        WalPath content = here.upTo(replayed);
        if (next == incoming.size()) {
            disk.overwritten = true;
            return true;
        }
        WalRecord record = incoming.get(next);
        // a page of an older timeline cannot follow one of a newer
        if (!record.follows(content.last()) || record.timeline() < content.timeline()) {
            disk.overwritten = true;
            server.log("invalid record length at " + replayed);
            return false;
        }
        server.world()
                .reports()
                .violation(
                        server.host.address(),
                        "a standby replays WAL of another history: " + record + " was not written behind "
                                + content.last());
        WalPath mixed = content;
        for (int i = next; i < incoming.size(); i++) {
            mixed = mixed.append(incoming.get(i));
        }
        disk.wal = mixed;
        return true;
    }

    /** Whether there is WAL here that will be replayed without anybody's help. */
    boolean isBehind() {
        return !missing && !paused && !disk.overwritten && disk.wal.end().isAfter(replayed);
    }

    /** The upstream has no more WAL on this timeline. Returns whether there is something new to ask it for. */
    boolean timelineEnded() {
        int before = target;
        rescan();
        return target != before;
    }

    Lsn nextStart() {
        return disk.wal.segmentStart(replayed);
    }

    int nextTimeline() {
        return disk.timelines.at(replayed, target);
    }

    /** The receiver has ended; all that it wrote is flushed. */
    void receiverEnded(WalReceiver ended) {
        if (receiver != ended) {
            return;
        }
        receiver = null;
        disk.flushed = disk.wal.end();
        if (active && !stopped) {
            if (available().isAfter(replayed)) {
                step();
            } else if (live && !promoting) {
                attempt();
            }
        }
    }

    void reload(ServerConfig wanted) {
        boolean same = wanted.isSameSource(config);
        config = wanted;
        WalReceiver running = receiver;
        if (same) {
            return;
        }
        // whoever waits for the next attempt is woken up
        lastAttempt = null;
        attempts++;
        boolean wasPending = attemptPending;
        attemptPending = false;
        if (running != null) {
            running.end("terminating walreceiver process due to administrator command");
        } else if (wasPending) {
            attempt();
        }
    }

    void pause(boolean wanted) {
        paused = wanted && active;
        step();
    }

    // ---- the end

    /** {@code pg_ctl promote}: false when the server is no standby. */
    boolean promote() {
        if (!active || !archive || !standby || stopped) {
            return false;
        }
        promotionRequested = true;
        if (!promoting) {
            server.log("received promote request");
            server.later(server.draw(server.traits().times().promote()), "promotion begins", () -> {
                promoting = true;
                WalReceiver running = receiver;
                if (running != null) {
                    running.end("terminating walreceiver process due to administrator command");
                }
                step();
            });
        }
        return true;
    }

    private void promoteNow() {
        if (!consistent) {
            server.fatal("WAL ends before consistent recovery point");
            return;
        }
        stepping = true;
        server.later(server.draw(server.traits().times().promote()), "end of recovery", () -> {
            int parent = target;
            int timeline = disk.timelines.newest(target) + 1;
            WalPath content = disk.wal.upTo(replayed);
            disk.wal = content;
            disk.timelines.fork(parent, replayed, timeline, server.wallClock());
            WalRecord first =
                    WalRecord.of(disk.wal, timeline, Kind.END_OF_RECOVERY, END_OF_RECOVERY_BYTES, server.wallClock());
            if (!server.writer.append(first)) {
                return;
            }
            disk.flushed = disk.wal.end();
            ControlFile control = server.control();
            control.clearMinRecovery();
            control.raiseMinRecovery(first.end(), timeline);
            disk.standbySignal = false;
            active = false;
            server.log("selected new timeline ID: " + timeline);
            server.enterProduction(timeline);
            server.checkpointer.requestSpread();
        });
    }

    /** A fast stop ends receiver and replay. */
    void stop() {
        stopped = true;
        WalReceiver running = receiver;
        if (running != null) {
            running.end("terminating walreceiver process due to administrator command");
        }
    }

    void ended(Server.End how) {
        WalReceiver running = receiver;
        receiver = null;
        if (running != null) {
            running.ended(how);
        }
        if (how == Server.End.PROCESS) {
            // what was written is in the kernel's hands
            disk.flushed = disk.wal.end();
        }
        active = false;
    }

    // ---- restartpoints

    private void scheduleRestartpoint() {
        server.later(
                server.checkpointer.spread().plus(server.traits().times().checkpointInterval()), "restartpoint", () -> {
                    if (active && !stopped) {
                        restartpoint();
                        scheduleRestartpoint();
                    }
                });
    }

    /** Makes the last checkpoint that was replayed the one to recover from; everything replayed is on disk then. */
    void restartpoint() {
        ControlFile control = server.control();
        if (archive) {
            control.raiseMinRecovery(replayed, replayTimeline);
        }
        WalRecord checkpoint = disk.wal.lastCheckpoint(replayed);
        if (archive && consistent && checkpoint != null && checkpoint.redo().isAfter(control.checkpoint.redo())) {
            control.checkpoint = checkpoint;
            disk.slots.values().forEach(Slot::save);
            server.checkpointer.removeOldWal(replayed);
        }
    }
}

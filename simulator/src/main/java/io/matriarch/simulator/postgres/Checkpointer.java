package io.matriarch.simulator.postgres;

import io.matriarch.model.Lsn;
import io.matriarch.simulator.postgres.ControlFile.State;
import io.matriarch.simulator.postgres.WalRecord.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Checkpoints on a primary, restartpoints on a standby, and the removal of WAL that follows from both. */
final class Checkpointer {

    private static final int CHECKPOINT_BYTES = 114;
    private static final int SWITCH_BYTES = 24;

    private final Server server;
    private final Disk disk;
    private final List<Runnable> requests = new ArrayList<>();
    private boolean running;

    Checkpointer(Server server) {
        this.server = server;
        this.disk = server.disk;
    }

    /** The server is a primary from now on. */
    void begin() {
        running = false;
        requests.clear();
        scheduleNext();
    }

    private void scheduleNext() {
        Duration interval = server.traits().times().checkpointInterval();
        server.later(interval, "checkpoint is due", () -> {
            if (server.isInProduction() && !server.isStopping()) {
                boolean idle = disk.wal.last() == server.control().checkpoint;
                if (!running && !idle) {
                    perform(spread());
                }
                scheduleNext();
            }
        });
    }

    /** One that nobody waits for takes its time, as far as there is something to write. */
    Duration spread() {
        long most = server.traits().times().checkpointInterval().toNanos() / 2;
        return server.draw(server.traits().times().checkpoint())
                .plusNanos(server.random().nextLong(most / 4 + 1));
    }

    /** A checkpoint as fast as possible; {@code done} runs after one that began after this call. */
    void request(Runnable done) {
        requests.add(done);
        if (!running) {
            perform(server.draw(server.traits().times().checkpoint()));
        }
    }

    /** One that is not in a hurry, after a promotion. */
    void requestSpread() {
        if (!running) {
            perform(spread());
        }
    }

    private void perform(Duration takes) {
        running = true;
        List<Runnable> served = List.copyOf(requests);
        requests.clear();
        Lsn redo = disk.wal.end();
        server.later(takes.plus(server.host.diskDelay()), "checkpoint", () -> {
            if (server.isStopping()) {
                // the shutdown checkpoint takes its place
                return;
            }
            WalRecord record = WalRecord.checkpoint(
                    disk.wal, server.timeline(), Kind.CHECKPOINT, redo, CHECKPOINT_BYTES, server.wallClock());
            if (!server.writer.append(record)) {
                return;
            }
            server.writer.flushed(record, () -> {
                running = false;
                completed(record);
                served.forEach(Runnable::run);
                if (!requests.isEmpty()) {
                    perform(server.draw(server.traits().times().checkpoint()));
                }
            });
        });
    }

    private void completed(WalRecord record) {
        ControlFile control = server.control();
        control.checkpoint = record;
        control.clearMinRecovery();
        disk.slots.values().forEach(Slot::save);
        removeOldWal(disk.wal.end());
    }

    /** The one that ends crash recovery: nobody could write before it. */
    boolean endOfRecovery(int timeline) {
        WalRecord record = WalRecord.checkpoint(
                disk.wal, timeline, Kind.SHUTDOWN_CHECKPOINT, Lsn.NONE, CHECKPOINT_BYTES, server.wallClock());
        if (!server.writer.append(record)) {
            return false;
        }
        disk.flushed = disk.wal.end();
        completed(record);
        return true;
    }

    /** The last thing that a server writes; false: it could not, and is gone. */
    boolean shutDown() {
        ControlFile control = server.control();
        if (server.isInRecovery()) {
            server.recovery.restartpoint();
            control.state = State.SHUT_DOWN_IN_RECOVERY;
            return true;
        }
        if (!server.isInProduction()) {
            // recovery has not even begun
            return true;
        }
        control.state = State.SHUTTING_DOWN;
        if (server.shownConfig().archiving()) {
            WalRecord switched =
                    WalRecord.of(disk.wal, server.timeline(), Kind.SWITCH, SWITCH_BYTES, server.wallClock());
            if (!server.writer.append(switched)) {
                return false;
            }
        }
        WalRecord record = WalRecord.checkpoint(
                disk.wal, server.timeline(), Kind.SHUTDOWN_CHECKPOINT, Lsn.NONE, CHECKPOINT_BYTES, server.wallClock());
        if (!server.writer.append(record)) {
            return false;
        }
        disk.flushed = disk.wal.end();
        completed(record);
        control.state = State.SHUT_DOWN;
        server.wakeSenders();
        return true;
    }

    /** Keeps what crash recovery, a slot, or {@code wal_keep_size} needs. */
    void removeOldWal(Lsn end) {
        long mostForSlots = server.traits().sizes().slotKeepBytes();
        for (Slot slot : disk.slots.values()) {
            if (end.bytesAfter(slot.restart) > mostForSlots) {
                lose(slot);
            }
        }
        if (disk.keepsAllWal) {
            return;
        }
        Lsn oldest = oldestNeeded(disk, server.control(), end, server.traits().sizes());
        for (Slot slot : server.temporarySlots) {
            oldest = min(oldest, slot.restart);
        }
        disk.removeWalBefore(oldest);
    }

    static Lsn oldestNeeded(Disk disk, ControlFile control, Lsn end, PostgresTraits.Sizes sizes) {
        Lsn oldest = new Lsn(Math.max(end.bytes() - sizes.walKeepBytes(), disk.segmentBytes));
        oldest = min(oldest, control.checkpoint.redo());
        for (Slot slot : disk.slots.values()) {
            if (!slot.lost && slot.restart.isKnown()) {
                oldest = min(oldest, slot.restart);
            }
        }
        return oldest;
    }

    private void lose(Slot slot) {
        if (!slot.lost) {
            server.log("invalidating obsolete replication slot \"" + slot.name + "\"");
            slot.lost = true;
            WalSender sender = server.senderOf(slot);
            if (sender != null) {
                sender.fail("terminating process to release replication slot \"" + slot.name + "\"");
            }
        }
    }

    private static Lsn min(Lsn a, Lsn b) {
        return a.isAfter(b) ? b : a;
    }
}

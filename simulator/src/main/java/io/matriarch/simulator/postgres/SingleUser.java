package io.matriarch.simulator.postgres;

import io.matriarch.model.Lsn;
import io.matriarch.simulator.postgres.ControlFile.State;
import io.matriarch.simulator.postgres.WalRecord.Kind;
import java.time.Duration;
import java.util.function.Consumer;

/** {@code postgres --single}: crash recovery and a clean shutdown, without ever accepting a connection. */
final class SingleUser {

    private static final String NAME = "postgres --single";
    private static final int CHECKPOINT_BYTES = 114;
    private static final int SWITCH_BYTES = 24;

    private SingleUser() {}

    /** The program on its own; the caller has removed the signal files. */
    static WorkingProgram start(PostgresHost host, boolean archiving) {
        var program = new WorkingProgram(host, NAME);
        program.later(Duration.ofMillis(50), () -> recover(host, program, archiving, program::succeed, program::fail));
        return program;
    }

    /** Whether one of these, perhaps of an agent that was killed, holds the lock file: no other server starts beside it. */
    static boolean isRunningOn(PostgresHost host) {
        WorkingProgram running = host.program();
        return running != null && running.name().equals(NAME);
    }

    /**
     * What it does, as part of another program too.
     *
     * @param archiving {@code archive_mode} is on: the shutdown switches to a new segment
     */
    static void recover(
            PostgresHost host, WorkingProgram program, boolean archiving, Runnable done, Consumer<String> failed) {
        Disk disk = host.disk();
        ControlFile control = disk.control;
        if (disk.torn != null) {
            host.world()
                    .reports()
                    .violation(host.address(), "postgres --single on what " + disk.torn.by() + " left half done");
        }
        if (control == null || disk.torn != null || disk.overwritten) {
            failed.accept("the data directory is not usable");
            return;
        }
        Disk.BackupLabel label = disk.backupLabel;
        WalRecord checkpoint = label == null ? control.checkpoint : label.checkpoint();
        int timeline = Math.max(checkpoint.timeline(), control.minRecoveryTimeline);
        boolean whole = !disk.keptFrom.isAfter(checkpoint.redo()) && disk.wal.holds(checkpoint);
        if (!whole || disk.timelines.at(checkpoint.start(), timeline) != checkpoint.timeline()) {
            failed.accept("could not locate required checkpoint record");
            return;
        }
        boolean clean = control.state == State.SHUT_DOWN && label == null;
        if (!clean) {
            control.state = State.IN_CRASH_RECOVERY;
            control.checkpoint = checkpoint;
            disk.backupLabel = null;
        }
        Lsn needed = Lsn.max(control.minRecovery, label == null ? control.backupEnd : label.end());
        long bytes = clean ? 0 : disk.wal.end().bytesAfter(checkpoint.redo());
        Duration takes = Duration.ofNanos(
                        bytes * 1_000_000_000L / host.world().traits().sizes().replayBytesPerSecond())
                .plus(host.world()
                        .traits()
                        .times()
                        .checkpoint()
                        .draw(host.world().queue().random()));
        program.later(takes, () -> {
            if (needed.isAfter(disk.wal.end())) {
                failed.accept("WAL ends before consistent recovery point");
            } else if (!shutDown(host, control, timeline, archiving, !clean)) {
                failed.accept("No space left on device");
            } else {
                done.run();
            }
        });
    }

    private static boolean shutDown(
            PostgresHost host, ControlFile control, int timeline, boolean archiving, boolean recovered) {
        Disk disk = host.disk();
        if (!disk.hasRoomFor(new Lsn(disk.wal.end().bytes() + (archiving ? disk.segmentBytes : CHECKPOINT_BYTES)))) {
            return false;
        }
        if (recovered) {
            append(host, timeline, Kind.SHUTDOWN_CHECKPOINT, CHECKPOINT_BYTES);
        }
        if (archiving) {
            append(host, timeline, Kind.SWITCH, SWITCH_BYTES);
        }
        control.checkpoint = append(host, timeline, Kind.SHUTDOWN_CHECKPOINT, CHECKPOINT_BYTES);
        control.clearMinRecovery();
        control.backupEnd = Lsn.NONE;
        control.state = State.SHUT_DOWN;
        disk.flushed = disk.wal.end();
        if (!archiving) {
            // with archiving on that never succeeds nothing is removed
            disk.removeWalBefore(Checkpointer.oldestNeeded(
                    disk, control, disk.wal.end(), host.world().traits().sizes()));
        }
        return true;
    }

    private static WalRecord append(PostgresHost host, int timeline, Kind kind, int bytes) {
        Disk disk = host.disk();
        WalRecord record = WalRecord.of(disk.wal, timeline, kind, bytes, host.wallClock());
        disk.wal = disk.wal.append(record);
        return record;
    }
}

package io.matriarch.simulator.postgres;

import io.matriarch.model.History;
import io.matriarch.model.Lsn;
import io.matriarch.simulator.postgres.ControlFile.State;
import java.time.Duration;
import java.util.List;

/**
 * {@code pg_rewind} of PostgreSQL 15 (source, {@code pg_rewind.c}). What it compares are the timelines in the two
 * {@code pg_control}s: a source that has not made a checkpoint since its promotion, or that is on another timeline of
 * the same number, looks like one that needs no rewind, and it says so with success.
 */
final class Rewind {

    /** No timeout of its own: the kernel's. */
    private static final Duration PATIENCE = Duration.ofSeconds(924);

    private final PostgresHost host;
    private final WorkingProgram program;
    private final Disk disk;
    private final String address;

    private Rewind(PostgresHost host, String address) {
        this.host = host;
        this.program = new WorkingProgram(host, "pg_rewind");
        this.disk = host.disk();
        this.address = address;
    }

    static WorkingProgram start(PostgresHost host, String address) {
        var rewind = new Rewind(host, address);
        rewind.program.later(
                host.world()
                        .traits()
                        .times()
                        .connect()
                        .draw(host.world().queue().random()),
                rewind::begin);
        return rewind.program;
    }

    private void begin() {
        ControlFile control = disk.control;
        if (control == null || disk.torn != null) {
            program.fail("could not open file \"global/pg_control\" for reading, or it is not usable");
            return;
        }
        if (control.state.isClean()) {
            connect(control);
            return;
        }
        if (disk.standbySignal) {
            program.fail("postgres single-user mode in target cluster failed");
            return;
        }
        SingleUser.recover(host, program, false, () -> connect(control), program::fail);
    }

    private void connect(ControlFile control) {
        Source source = Source.connect(host, program, address, PATIENCE);
        if (source == null) {
            program.fail("could not connect to server");
            return;
        }
        Server server = source.server();
        if (server.isInRecovery()) {
            program.fail("source server must not be in recovery mode");
            return;
        }
        ControlFile theirs = server.control();
        if (!theirs.systemIdentifier().equals(control.systemIdentifier())) {
            program.fail("source and target clusters are from different systems");
            return;
        }
        if (theirs.checkpoint.timeline() == control.checkpoint.timeline()) {
            program.log("source and target cluster are on the same timeline; no rewind required");
            program.succeed();
            return;
        }
        Lsn diverged = divergence(server.disk, theirs, control);
        if (!diverged.isKnown()) {
            program.fail("could not find common ancestor of the source and target cluster's timelines");
            return;
        }
        if (!endOfTarget(control).isAfter(diverged)) {
            program.log("no rewind required");
            program.succeed();
            return;
        }
        WalRecord common = disk.wal.lastCheckpoint(diverged);
        if (common == null || disk.overwritten || disk.keptFrom.isAfter(common.start())) {
            program.fail("could not find previous WAL record at " + diverged);
            return;
        }
        copy(source, common, diverged);
    }

    /** Where the two histories part; {@link Lsn#NONE}: nothing in common. */
    private Lsn divergence(Disk source, ControlFile theirs, ControlFile ours) {
        int last = theirs.checkpoint.timeline();
        int mine = ours.checkpoint.timeline();
        List<History.Entry> theirHistory = source.timelines.of(last);
        List<History.Entry> ourHistory = disk.timelines.of(mine);
        Lsn diverged = Lsn.NONE;
        Lsn begin = Lsn.NONE;
        for (int i = 0; i <= theirHistory.size() && i <= ourHistory.size(); i++) {
            int theirTimeline = i < theirHistory.size() ? theirHistory.get(i).timeline() : last;
            int ourTimeline = i < ourHistory.size() ? ourHistory.get(i).timeline() : mine;
            Lsn theirBegin = i == 0 ? Lsn.NONE : theirHistory.get(i - 1).switchPoint();
            if (theirTimeline != ourTimeline || !theirBegin.equals(begin)) {
                break;
            }
            Lsn theirEnd = i < theirHistory.size() ? theirHistory.get(i).switchPoint() : new Lsn(Long.MAX_VALUE);
            Lsn ourEnd = i < ourHistory.size() ? ourHistory.get(i).switchPoint() : new Lsn(Long.MAX_VALUE);
            diverged = theirEnd.isAfter(ourEnd) ? ourEnd : theirEnd;
            begin = ourEnd;
        }
        return diverged;
    }

    /** What it takes for the end of our WAL; true after a clean shutdown, and of a standby as far as pg_control knows. */
    private static Lsn endOfTarget(ControlFile control) {
        return Lsn.max(control.minRecovery, control.checkpoint.end());
    }

    private void copy(Source source, WalRecord common, Lsn diverged) {
        Server server = source.server();
        Duration takes = server.draw(host.world().traits().times().copy());
        boolean fails =
                server.random().nextDouble() < host.world().traits().odds().failedRewind();
        source.work(
                takes.dividedBy(4),
                () -> {
                    program.log("rewinding from last common checkpoint at " + common.start() + " on timeline "
                            + common.timeline());
                    program.beginToWrite();
                    source.work(
                            takes.multipliedBy(3).dividedBy(fails ? 8 : 4),
                            () -> {
                                if (fails) {
                                    program.fail("could not fetch remote file");
                                } else {
                                    finish(server, common, diverged);
                                }
                            },
                            this::broken);
                },
                this::broken);
    }

    private void finish(Server server, WalRecord common, Lsn diverged) {
        Disk from = server.disk;
        ControlFile theirs = server.control();
        WalPath wal = from.wal.upTo(from.flushed);
        if (from.dataBytes + wal.end().bytes() - from.keptFrom.bytes() > disk.capacityBytes) {
            program.fail("could not write file: No space left on device");
            return;
        }
        var control = new ControlFile(theirs);
        control.state = State.IN_ARCHIVE_RECOVERY;
        control.minRecovery = from.wal.end();
        control.minRecoveryTimeline = Math.max(theirs.checkpoint.timeline(), theirs.minRecoveryTimeline);
        disk.control = control;
        disk.wal = wal;
        disk.flushed = wal.end();
        // our own WAL is kept from the common checkpoint on; what lies between it and the source's is missing
        boolean complete = from.keptFrom.compareTo(wal.segmentStart(diverged)) <= 0;
        disk.keptFrom = complete ? wal.segmentStart(common.redo()) : from.keptFrom;
        disk.timelines = new Timelines(from.timelines);
        disk.slots.clear();
        disk.config = from.config;
        disk.standbySignal = false;
        disk.backupLabel = new Disk.BackupLabel(common, Lsn.NONE);
        disk.overwritten = false;
        disk.dataBytes = from.dataBytes;
        program.log("Done!");
        program.succeed();
    }

    private void broken() {
        program.fail("could not fetch file: server closed the connection unexpectedly");
    }
}

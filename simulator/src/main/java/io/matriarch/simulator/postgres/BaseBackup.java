package io.matriarch.simulator.postgres;

import io.matriarch.model.Lsn;
import java.time.Duration;

/**
 * {@code pg_basebackup -X stream}: a copy of another server, with the WAL from the checkpoint before it to its end. It
 * brings no slots along, and the signal file of a standby it does.
 */
final class BaseBackup {

    /** {@code wal_sender_timeout} ends the stream of WAL, and with it the backup. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final PostgresHost host;
    private final WorkingProgram program;
    private final Disk disk;
    private final String address;
    private final boolean fastCheckpoint;

    private BaseBackup(PostgresHost host, String address, boolean fastCheckpoint) {
        this.host = host;
        this.program = new WorkingProgram(host, "pg_basebackup");
        this.disk = host.disk();
        this.address = address;
        this.fastCheckpoint = fastCheckpoint;
    }

    /**
     * Starts it.
     *
     * @param fastCheckpoint {@code --checkpoint=fast}
     */
    static WorkingProgram start(PostgresHost host, String address, boolean fastCheckpoint) {
        var backup = new BaseBackup(host, address, fastCheckpoint);
        backup.program.later(
                host.world()
                        .traits()
                        .times()
                        .connect()
                        .draw(host.world().queue().random()),
                backup::connect);
        return backup.program;
    }

    private void connect() {
        if (disk.control != null || disk.torn != null) {
            program.fail("directory exists but is not empty");
            return;
        }
        Source source = Source.connect(host, program, address, PATIENCE);
        if (source == null) {
            program.fail("could not connect to server");
            return;
        }
        program.beginToWrite();
        Server server = source.server();
        if (server.isInRecovery()) {
            server.recovery.restartpoint();
            copy(source, server.control().checkpoint);
        } else {
            // the checkpoint that was asked for, not one that was under way
            boolean[] done = new boolean[1];
            Duration patience = fastCheckpoint ? Duration.ZERO : server.checkpointer.spread();
            source.work(
                    patience,
                    () -> {
                        server.checkpointer.request(() -> done[0] = true);
                        awaitCheckpoint(source, done);
                    },
                    this::broken);
        }
    }

    private void awaitCheckpoint(Source source, boolean[] done) {
        source.work(
                done[0] ? Duration.ZERO : Duration.ofMillis(50),
                () -> {
                    if (done[0]) {
                        copy(source, source.server().control().checkpoint);
                    } else {
                        awaitCheckpoint(source, done);
                    }
                },
                this::broken);
    }

    private void copy(Source source, WalRecord checkpoint) {
        Server server = source.server();
        var held = new Slot("pg_basebackup_" + server.host.nextPid(), checkpoint.redo());
        server.temporarySlots.add(held);
        boolean fromStandby = server.isInRecovery();
        ControlFile control = new ControlFile(server.control());
        control.checkpoint = checkpoint;
        Duration takes = server.draw(host.world().traits().times().copy());
        boolean fails =
                server.random().nextDouble() < host.world().traits().odds().failedBackup();
        source.work(
                fails ? takes.dividedBy(2) : takes,
                () -> {
                    server.temporarySlots.remove(held);
                    if (fails) {
                        program.fail("could not receive data from WAL stream: SSL error");
                    } else if (fromStandby && !server.isInRecovery()) {
                        program.fail("the standby was promoted during online backup");
                    } else {
                        finish(server, checkpoint, control, fromStandby);
                    }
                },
                () -> {
                    server.temporarySlots.remove(held);
                    broken();
                });
    }

    private void finish(Server server, WalRecord checkpoint, ControlFile control, boolean fromStandby) {
        Disk from = server.disk;
        Lsn end = fromStandby ? server.recovery.replayed() : from.flushed;
        WalPath wal = from.wal.upTo(end);
        long needed = from.dataBytes + end.bytesAfter(wal.segmentStart(checkpoint.redo()));
        if (needed > disk.capacityBytes) {
            program.fail("could not write to file: No space left on device");
            return;
        }
        if (fromStandby) {
            control.minRecovery = end;
            control.minRecoveryTimeline = server.timeline();
        }
        disk.control = control;
        disk.wal = wal;
        disk.flushed = wal.end();
        disk.keptFrom = wal.segmentStart(checkpoint.redo());
        disk.timelines = new Timelines(from.timelines);
        disk.config = from.config;
        disk.standbySignal = from.standbySignal;
        disk.backupLabel = new Disk.BackupLabel(checkpoint, wal.end());
        disk.dataBytes = from.dataBytes;
        program.succeed();
    }

    private void broken() {
        program.fail("server closed the connection unexpectedly");
    }
}

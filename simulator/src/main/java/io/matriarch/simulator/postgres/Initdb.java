package io.matriarch.simulator.postgres;

import io.matriarch.simulator.postgres.ControlFile.State;
import io.matriarch.simulator.postgres.WalRecord.Kind;

/** {@code initdb}: a new cluster with an identifier of its own. */
final class Initdb {

    /** Templates and catalogs. */
    private static final long DATA_BYTES = 23L << 20;

    private static final int CHECKPOINT_BYTES = 114;

    private Initdb() {}

    static WorkingProgram start(PostgresHost host) {
        var program = new WorkingProgram(host, "initdb");
        Disk disk = host.disk();
        PostgresWorld world = host.world();
        if (disk.control != null || disk.torn != null) {
            program.fail("directory exists but is not empty");
            return program;
        }
        program.beginToWrite();
        program.later(world.traits().times().initdb().draw(world.queue().random()), () -> {
            if (DATA_BYTES > disk.capacityBytes) {
                program.fail("could not create directory: No space left on device");
                return;
            }
            WalPath empty = WalPath.empty(disk.segmentBytes);
            WalRecord checkpoint = WalRecord.of(empty, 1, Kind.SHUTDOWN_CHECKPOINT, CHECKPOINT_BYTES, host.wallClock());
            disk.wal = empty.append(checkpoint);
            disk.flushed = disk.wal.end();
            disk.keptFrom = disk.wal.segmentStart(checkpoint.start());
            disk.dataBytes = DATA_BYTES;
            String identifier = Long.toString(
                    7_000_000_000_000_000_000L + world.queue().random().nextLong(1L << 58));
            disk.control = new ControlFile(identifier, State.SHUT_DOWN, checkpoint);
            program.succeed();
        });
        return program;
    }
}

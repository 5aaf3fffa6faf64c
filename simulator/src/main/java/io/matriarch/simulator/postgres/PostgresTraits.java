package io.matriarch.simulator.postgres;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * What the servers of a world are like. Everything that the manual leaves open is drawn anew each time within these
 * bounds.
 *
 * @param times how long things take
 * @param sizes how large things are
 * @param odds how often what should work does not; each from 0 to 1
 */
public record PostgresTraits(Times times, Sizes sizes, Odds odds) {

    /**
     * How long things take.
     *
     * @param boot from the start of the postmaster until it listens
     * @param fsync one flush of WAL
     * @param apply from WAL that was flushed on a standby until it is replayed
     * @param query an ordinary query
     * @param reload from SIGHUP until one process of the server acts on it; each process for itself
     * @param promote each of the steps of a promotion
     * @param checkpoint a requested checkpoint
     * @param checkpointInterval {@code checkpoint_timeout}; a checkpoint that nobody waits for is spread over most of it
     * @param stop each of the steps of a stop: backends, then the end of the postmaster
     * @param connect what a new connection takes beside the network
     * @param initdb making a cluster
     * @param copy what a base backup or {@code pg_rewind} needs on its own, without waiting for anybody
     */
    public record Times(
            Span boot,
            Span fsync,
            Span apply,
            Span query,
            Span reload,
            Span promote,
            Span checkpoint,
            Duration checkpointInterval,
            Span stop,
            Span connect,
            Span initdb,
            Span copy) {}

    /**
     * How large things are.
     *
     * @param walSegmentBytes size of a WAL segment
     * @param walKeepBytes {@code wal_keep_size}
     * @param slotKeepBytes {@code max_slot_wal_keep_size}; {@link Long#MAX_VALUE}: a slot keeps all that it needs
     * @param commitBytes least size of a transaction's WAL
     * @param bulkBytes size of one that loads much
     * @param replayBytesPerSecond how fast WAL is replayed
     * @param streamBytesPerSecond how fast WAL travels
     */
    public record Sizes(
            long walSegmentBytes,
            long walKeepBytes,
            long slotKeepBytes,
            int commitBytes,
            int bulkBytes,
            long replayBytesPerSecond,
            long streamBytesPerSecond) {}

    /**
     * How often what should work does not.
     *
     * @param bulk a transaction loads much
     * @param stuckStop a fast stop hangs: a backend that ignores its signal
     * @param failedStart a start fails for no reason that lasts
     * @param failedRewind {@code pg_rewind} fails after it has begun to write
     * @param failedBackup a base backup fails half way
     */
    public record Odds(double bulk, double stuckStop, double failedStart, double failedRewind, double failedBackup) {}

    /** Everything works, quickly. */
    public static PostgresTraits calm() {
        return new PostgresTraits(
                new Times(
                        Span.millis(50, 200),
                        Span.micros(500, 2_000),
                        Span.micros(200, 2_000),
                        Span.micros(200, 1_000),
                        Span.millis(1, 20),
                        Span.millis(20, 100),
                        Span.millis(50, 300),
                        Duration.ofMinutes(5),
                        Span.millis(10, 100),
                        Span.micros(500, 3_000),
                        Span.millis(1_000, 3_000),
                        Span.millis(1_000, 4_000)),
                new Sizes(16L << 20, 128L << 20, Long.MAX_VALUE, 200, 1 << 20, 200L << 20, 100L << 20),
                new Odds(0, 0, 0, 0, 0));
    }

    /** Servers of any kind: quick and slow ones, on good and on bad disks, with small and large databases. */
    public static PostgresTraits draw(RandomGenerator random) {
        int slow = 1 << random.nextInt(5);
        boolean tight = random.nextInt(3) == 0;
        return new PostgresTraits(
                new Times(
                        Span.millis(50, 100L + random.nextInt(3_000)),
                        Span.micros(200, 1_000L * slow),
                        Span.micros(100, 1_000L + random.nextInt(200_000)),
                        Span.micros(200, 500L * slow),
                        Span.millis(0, 5L + random.nextInt(150)),
                        Span.millis(10, 50L + random.nextInt(1_500)),
                        Span.millis(20, 200L + random.nextInt(8_000)),
                        Duration.ofSeconds(30 + random.nextInt(570)),
                        Span.millis(5, 50L + random.nextInt(1_500)),
                        Span.micros(300, 2_000L * slow),
                        Span.millis(500, 5_000),
                        Span.millis(500, 2_000L + random.nextInt(60_000))),
                new Sizes(
                        tight ? 1L << 20 : 16L << 20,
                        tight ? 2L << 20 : 128L << 20,
                        tight && random.nextBoolean() ? 8L << 20 : Long.MAX_VALUE,
                        100 + random.nextInt(400),
                        1 << (16 + random.nextInt(6)),
                        (20L + random.nextInt(400)) << 20,
                        (5L + random.nextInt(200)) << 20),
                new Odds(
                        random.nextInt(4) == 0 ? 0.05 : 0,
                        random.nextInt(4) == 0 ? 0.2 : 0,
                        random.nextInt(6) == 0 ? 0.1 : 0,
                        random.nextInt(6) == 0 ? 0.2 : 0,
                        random.nextInt(6) == 0 ? 0.2 : 0));
    }

    public PostgresTraits {
        if (sizes.walSegmentBytes() < 1 << 16) {
            throw new IllegalArgumentException("WAL segments of " + sizes.walSegmentBytes() + " bytes");
        }
    }
}

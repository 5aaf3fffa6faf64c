package io.matriarch.engine.slots;

import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How long the WAL that slots hold back is safe from {@code max_slot_wal_keep_size}, from the rate at which WAL was written
 * lately. Immutable: each look gives the next one.
 *
 * @param since when the rate began to be measured; null: not yet
 * @param sincePosition where the WAL ended then
 * @param bytesPerSecond the last measured rate; 0: not known
 */
public record SlotBudget(@Nullable MonotonicTime since, Lsn sincePosition, double bytesPerSecond) {

    public static final SlotBudget UNKNOWN = new SlotBudget(null, Lsn.NONE, 0);

    /** Long enough that a burst does not frighten, short enough to see a load that came to stay. */
    private static final Duration WINDOW = Duration.ofMinutes(5);
    /** Time for somebody to be called and to act. */
    private static final Duration SOON = Duration.ofHours(1);

    /** After another look at where the WAL ends. */
    public SlotBudget at(MonotonicTime now, Lsn end) {
        if (since == null || sincePosition.isAfter(end)) {
            return new SlotBudget(now, end, bytesPerSecond);
        }
        Duration measured = now.since(since);
        return measured.compareTo(WINDOW) < 0
                ? this
                : new SlotBudget(now, end, end.bytesAfter(sincePosition) / (measured.toMillis() / 1000.0));
    }

    /** When the WAL that may still be written will have been, if that is soon. */
    public Optional<Duration> runsOutIn(@Nullable Long safeWalBytes) {
        if (safeWalBytes == null || bytesPerSecond <= 0) {
            return Optional.empty();
        }
        double seconds = Math.max(0, safeWalBytes) / bytesPerSecond;
        return seconds < SOON.toSeconds() ? Optional.of(Duration.ofSeconds((long) seconds)) : Optional.empty();
    }
}

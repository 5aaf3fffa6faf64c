package io.matriarch.engine.slots;

import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How long slots can go on holding back WAL: until {@code max_slot_wal_keep_size} takes what one needs, or the disk is full.
 * Reckoned from how fast the held WAL grew lately, so that a slot that keeps up is not in danger however much is written.
 * Immutable: each look gives the next one.
 *
 * @param since when the growth began to be measured; null: not yet
 * @param held what each slot held then, bytes
 * @param growth the last measured growth of each slot, bytes a second
 */
public record SlotBudget(@Nullable MonotonicTime since, Map<String, Long> held, Map<String, Double> growth) {

    public static final SlotBudget UNKNOWN = new SlotBudget(null, Map.of(), Map.of());

    /** Long enough that a burst does not frighten, short enough to see a load that came to stay. */
    private static final Duration WINDOW = Duration.ofMinutes(5);

    public SlotBudget {
        held = Map.copyOf(held);
        growth = Map.copyOf(growth);
    }

    /**
     * After another look.
     *
     * @param now what each slot holds back now, bytes
     */
    public SlotBudget at(MonotonicTime time, Map<String, Long> now) {
        if (since == null) {
            return new SlotBudget(time, now, growth);
        }
        Duration measured = time.since(since);
        if (measured.compareTo(WINDOW) < 0) {
            return this;
        }
        var rates = new HashMap<String, Double>();
        now.forEach((slot, bytes) -> {
            Long before = held.get(slot);
            if (before != null) {
                rates.put(slot, (bytes - before) / (measured.toMillis() / 1000.0));
            }
        });
        return new SlotBudget(time, now, rates);
    }

    /**
     * How long one slot can go on.
     *
     * @param safeBytes what may still be written until {@code max_slot_wal_keep_size} is reached; null: there is no such limit
     * @param freeBytes room on the disk of the WAL; null: not known
     */
    public SlotUse use(String slot, long heldBytes, @Nullable Long safeBytes, @Nullable Long freeBytes) {
        boolean bySize = safeBytes != null && (freeBytes == null || safeBytes <= freeBytes);
        Long bytes = bySize ? safeBytes : freeBytes;
        double rate = growth.getOrDefault(slot, 0.0);
        Duration left = bytes == null || rate <= 0 ? null : Duration.ofSeconds((long) (Math.max(0, bytes) / rate));
        return new SlotUse(slot, heldBytes, left, bySize ? SlotUse.Limit.KEEP_SIZE : SlotUse.Limit.DISK);
    }
}

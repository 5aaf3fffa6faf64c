package io.matriarch.engine.slots;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a slot holds back, and how long that can go on.
 *
 * @param heldBytes WAL that is kept for it
 * @param left as fast as that grows now; null: it does not grow, or it was not watched for long enough
 * @param limit what ends it then
 */
public record SlotUse(String slot, long heldBytes, @Nullable Duration left, Limit limit) {

    /** What a slot can run into. */
    public enum Limit {
        KEEP_SIZE("max_slot_wal_keep_size"),
        DISK("the end of the disk");

        private final String text;

        Limit(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** Time for somebody to be called and to act. */
    private static final Duration SOON = Duration.ofHours(1);

    public boolean isInDanger() {
        return left != null && left.compareTo(SOON) < 0;
    }
}

package io.matriarch.agent.cycle;

import java.time.Duration;

/**
 * How long this member's promises and votes may bind, kept for the next process of it: that one does not know what was
 * promised, and waits until nothing of it can bind any more (decision 0016).
 */
public interface PromiseRecord {

    /** Nothing is kept: for a member that neither promises nor votes. */
    PromiseRecord NONE = new PromiseRecord() {
        @Override
        public Duration longest() {
            return Duration.ZERO;
        }

        @Override
        public boolean covers(Duration length) {
            return true;
        }
    };

    /** The longest that was ever recorded; zero: none. */
    Duration longest();

    /** Whether something of this length may be promised: it is recorded, or was just now. Writes only what is new. */
    boolean covers(Duration length);
}

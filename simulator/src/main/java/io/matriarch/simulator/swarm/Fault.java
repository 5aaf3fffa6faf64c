package io.matriarch.simulator.swarm;

import java.time.Duration;
import java.util.Locale;

/**
 * Something that fate or an operator does.
 *
 * @param at when, counted from the end of the bootstrap
 * @param target which host: the primary of that moment, or one by its number
 * @param lasts until it is mended; means nothing for what happens at once
 * @param lot decides what else must be chosen, for instance the other end of a link
 */
record Fault(Kind kind, Duration at, int target, Duration lasts, long lot) {

    /** As {@link #target}: whoever is primary then. */
    static final int PRIMARY = -1;

    /** All that can happen. */
    enum Kind {
        KILL_AGENT,
        KILL_POSTGRES,
        KILL_BOTH,
        CRASH_BACKEND,
        STOP_AGENT,
        LOSE_POWER,
        LOSE_DISK,
        FREEZE_AGENT,
        FREEZE_POSTGRES,
        FREEZE_HOST,
        CUT_FROM_STORE,
        CUT_FROM_HOSTS,
        CUT_FROM_ALL,
        CUT_ONE_WAY,
        LOSSY_LINKS,
        STORE_DOWN,
        STORE_MEMBER_DOWN,
        STORE_WITHOUT_LEADER,
        STORE_SLOW,
        STORE_STALE_MEMBER,
        SILENT_WATCHES,
        STEP_WALL_CLOCK,
        SLOW_DISK,
        SLOW_QUERIES,
        STUCK_BACKEND,
        STUCK_ARCHIVER,
        FULL_DISK,
        PAUSE_REPLAY,
        SWITCHOVER,
        RESTART,
        REINITIALIZE,
        PAUSE,
        CHANGE_SYNCHRONOUS_MODE,
        FAIL_PRE_PROMOTE,
        /** {@code ttl}, {@code loop_wait} and {@code retry_timeout} at once. */
        CHANGE_TIMING,
        /** A host joins that was not there yet, or one comes back that was removed, with what was on its disk. */
        ADD_NODE,
        /** Its agent is stopped and the machine switched off, for good or until it is added again. */
        REMOVE_NODE,
        /** What it knew of the synchronous standbys is gone too. */
        WIPE_STORE
    }

    String where() {
        return target == PRIMARY ? "the primary" : "host " + target;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%8.3f s %s at %s for %.3f s (lot %d)",
                at.toNanos() / 1e9,
                kind,
                where(),
                lasts.toNanos() / 1e9,
                lot);
    }
}

package io.matriarch.postgres;

/**
 * The identity of a postmaster process: a pid alone may be reused.
 *
 * @param startTicks start time in clock ticks since boot, field 22 of {@code /proc/<pid>/stat}
 */
public record Postmaster(long pid, long startTicks) {

    /** Whether this very process still runs; a zombie does not. */
    public boolean isAlive() {
        return ProcessTable.isAlive(this);
    }
}

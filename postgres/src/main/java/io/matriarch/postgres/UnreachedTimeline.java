package io.matriarch.postgres;

import io.matriarch.model.History;
import io.matriarch.model.Lsn;
import java.util.Collection;
import java.util.List;

/**
 * Whether a promotion would leave a wrong history behind.
 *
 * <p>PostgreSQL enters the timeline that recovery is heading for as the parent of the one that a promotion begins, with the
 * position at which recovery ended ({@code StartupXLOG()} in {@code xlog.c}). When it has not got there, or has gone on where that
 * one branched off, the new history file speaks of WAL that the server never had, and nobody notices later that another server
 * is no part of this history: {@code pg_rewind} finds nothing to do, and standbys replay what does not continue their own WAL.
 */
public final class UnreachedTimeline {

    private UnreachedTimeline() {}

    /**
     * Whether recovery may be heading for another timeline than the one that it is on, and not merely be about to enter it.
     *
     * @param timeline of the last WAL that was replayed
     * @param replayed its end
     * @param newer the histories of the newer timelines that the standby knows of, which recovery may be heading for
     */
    public static boolean misleads(int timeline, Lsn replayed, Collection<List<History.Entry>> newer) {
        return newer.stream()
                .map(history -> history.stream()
                        .dropWhile(entry -> entry.timeline() < timeline)
                        .toList())
                .filter(rest -> !rest.isEmpty() && rest.getFirst().timeline() == timeline)
                .flatMap(List::stream)
                .anyMatch(entry -> !entry.switchPoint().equals(replayed));
    }
}

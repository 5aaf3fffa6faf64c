package io.matriarch.postgres;

import io.matriarch.model.History;
import io.matriarch.model.Lsn;
import java.util.List;
import java.util.NavigableMap;
import java.util.OptionalInt;

/**
 * Whether a standby that is to be promoted is still on its way to a timeline that it knows of.
 *
 * <p>PostgreSQL enters the timeline that recovery is heading for as the parent of the one that a promotion begins, with the
 * position at which recovery ended ({@code StartupXLOG()} in {@code xlog.c}). When it has not got there, the positions in the
 * new history file go backwards, and nobody notices later that a server has left this history: {@code pg_rewind} finds
 * nothing to do, and standbys ask for WAL of a timeline that their own is no part of.
 */
public final class UnreachedTimeline {

    private UnreachedTimeline() {}

    /**
     * The timeline of the last WAL that the standby has, when it is not the one that recovery may be heading for: with this
     * one as its target it can be promoted. Empty: nothing is to be done.
     *
     * @param own a timeline that the standby is or was on, for instance that of its last checkpoint
     * @param end of its WAL, replayed or not
     * @param newer the histories of the newer timelines that it knows of
     */
    public static OptionalInt stayOn(int own, Lsn end, NavigableMap<Integer, List<History.Entry>> newer) {
        for (List<History.Entry> history : newer.descendingMap().values()) {
            if (history.stream().anyMatch(entry -> entry.timeline() == own)) {
                boolean reached = end.compareTo(history.getLast().switchPoint()) >= 0;
                return reached
                        ? OptionalInt.empty()
                        : history.stream()
                                .filter(entry -> end.compareTo(entry.switchPoint()) <= 0)
                                .mapToInt(History.Entry::timeline)
                                .findFirst();
            }
        }
        return OptionalInt.empty();
    }
}

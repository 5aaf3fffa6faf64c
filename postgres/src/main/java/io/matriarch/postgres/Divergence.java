package io.matriarch.postgres;

import io.matriarch.model.DivergedWal;
import io.matriarch.model.History;
import io.matriarch.model.Lsn;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Whether the local WAL has left the leader's history (contract ha-loop.md 12.2).
 *
 * <p>Intuition: the leader's history is a path through timelines. We are on it as long as our timeline is one of its
 * own, and our WAL does not reach beyond the point where the path left that timeline. A server that was shut down as
 * primary wrote its shutdown checkpoint as its last record: it is on the path only if the leader has that record, that
 * is, if the path left the timeline exactly behind it.
 */
public final class Divergence {

    private Divergence() {}

    /** The part of the local WAL that nobody else continues, once it {@link #exists}. */
    public static DivergedWal range(LocalPosition local, List<History.Entry> leaderHistory) {
        return new DivergedWal(
                local.timeline(), leaves(leaderHistory, local.timeline()).orElse(Lsn.NONE), local.position());
    }

    static String describe(DivergedWal wal) {
        return "The WAL of " + wal + " is not part of the leader's history: what was committed there and is not on the"
                + " leader will be lost";
    }

    /**
     * WAL that lies here and is not part of the leader's history although all that is known to be replayed is: the position of a stopped
     * standby is as old as the last page that it wrote, or its replay was behind. A start would replay it, as a server first takes all WAL
     * that it has, and asks its upstream then; {@code pg_rewind} does not see it, as it goes by the same position.
     *
     * <p>A timeline newer than the leader's of which only the history lies here belongs to it. Recovery heads for the newest timeline whose
     * history it finds, replays what comes on the leader's past the point where that one left it, and cannot follow when the leader's
     * own way goes on to another one.
     *
     * @param localTimeline the one that was replayed last, as far as is known
     * @return the oldest part of it
     */
    public static Optional<DivergedWal> beyond(
            int localTimeline, int leaderTimeline, List<History.Entry> leaderHistory, LocalWal here) {
        if (localTimeline > leaderTimeline) {
            return Optional.empty();
        }
        return Stream.concat(here.timelines().stream(), here.known(leaderTimeline).stream())
                .filter(timeline -> timeline >= localTimeline && timeline != leaderTimeline)
                .sorted()
                .map(timeline -> new DivergedWal(
                        timeline, leaves(leaderHistory, timeline).orElse(Lsn.NONE), Lsn.NONE))
                .filter(wal -> !wal.from().isKnown() || here.goesOn(wal.timeline(), wal.from()))
                .findFirst();
    }

    /**
     * Whether it has.
     *
     * @param leaderHistory the entries of the leader's history file, empty on timeline 1
     * @param checkpointEnd where the record of the last checkpoint ends, empty when it cannot be found; asked only when
     *     it decides
     */
    public static boolean exists(
            LocalPosition local,
            int leaderTimeline,
            List<History.Entry> leaderHistory,
            Supplier<Optional<Lsn>> checkpointEnd) {
        if (local.timeline() >= leaderTimeline) {
            return local.timeline() > leaderTimeline;
        }
        Optional<Lsn> switchPoint = leaves(leaderHistory, local.timeline());
        if (switchPoint.isEmpty()) {
            return true;
        }
        if (local.inRecovery()) {
            return local.position().isAfter(switchPoint.get());
        }
        if (local.position().compareTo(switchPoint.get()) >= 0) {
            return true;
        }
        return !checkpointEnd.get().equals(switchPoint);
    }

    /**
     * Where the path leaves a timeline: at the earliest switch from it or from a later one. Positions go back in the history of
     * a server that was promoted before it had reached the timeline that it was heading for ({@link UnreachedTimeline}); of
     * what lies behind the last switch nothing belongs to it.
     */
    private static Optional<Lsn> leaves(List<History.Entry> history, int timeline) {
        List<History.Entry> later =
                history.stream().dropWhile(entry -> entry.timeline() < timeline).toList();
        return later.isEmpty() || later.getFirst().timeline() != timeline
                ? Optional.empty()
                : later.stream().map(History.Entry::switchPoint).min(Comparator.naturalOrder());
    }
}

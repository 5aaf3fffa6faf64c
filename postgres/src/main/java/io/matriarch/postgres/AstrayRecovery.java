package io.matriarch.postgres;

import io.matriarch.model.History;
import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Whether the recovery of a running standby may be heading for a timeline that the leader is not on.
 *
 * <p>With {@code recovery_target_timeline = latest} PostgreSQL heads for the newest timeline whose history it finds when it is started,
 * and from then on only for those that continue it ({@code rescanLatestTimeLine()} in {@code xlogrecovery.c}). When the server that
 * went there is gone, and a former primary leads again on the timeline before, a standby that learned of the newer one and got nothing
 * of it waits where that one begins, or replays on past it; and where the leader's way goes on later, it stands still for good, as the
 * next timeline is no child of its target. Only a restart makes it choose again.
 *
 * <p>Nothing shows what the target is. The history of a timeline that is newer than the leader's is reason enough. One that the
 * leader has passed by usually is of no account: it is one where the standby stands still, with WAL of the leader to come.
 */
public final class AstrayRecovery {

    /** Twice {@code wal_retrieve_retry_interval}. */
    private static final Duration STANDING = Duration.ofSeconds(10);

    private Looked last = new Looked(0, null, new MonotonicTime(0), Set.of());
    private final Set<Integer> turnedBackFrom = new TreeSet<>();

    /**
     * @param leaderTimeline the one that the leader was on
     * @param local where the standby was first seen
     * @param since when that was
     * @param astray what it may be heading for
     */
    private record Looked(
            int leaderTimeline, @Nullable LocalPosition local, MonotonicTime since, Set<Integer> astray) {}

    /**
     * The timelines that it may be heading for; empty: only for those of the leader. What it was turned back from once is not among
     * them while the leader stays on its timeline: an archive may bring the history again at any time.
     *
     * @param local where recovery is
     * @param leaderHistory the entries of the leader's history file; may be empty where the standby is on its timeline
     * @param known the timelines newer than the standby's whose history lies here
     */
    public synchronized Set<Integer> look(
            LocalPosition local,
            int leaderTimeline,
            List<History.Entry> leaderHistory,
            Collection<Integer> known,
            MonotonicTime now) {
        if (leaderTimeline != last.leaderTimeline()) {
            turnedBackFrom.clear();
        }
        boolean moved = leaderTimeline != last.leaderTimeline() || !local.equals(last.local());
        MonotonicTime since = moved ? now : last.since();
        // without that history a restart would choose the same target again
        boolean mayHelp = known.contains(leaderTimeline);
        boolean stands = mayHelp && now.since(since).compareTo(STANDING) >= 0;
        var astray = new TreeSet<Integer>();
        for (int timeline : known) {
            boolean leaders = timeline == leaderTimeline
                    || leaderHistory.stream().anyMatch(entry -> entry.timeline() == timeline);
            if (!leaders && (timeline > leaderTimeline || stands) && !turnedBackFrom.contains(timeline)) {
                astray.add(timeline);
            }
        }
        last = new Looked(leaderTimeline, local, since, Set.copyOf(astray));
        return last.astray();
    }

    /** The server was stopped: whatever it was heading for of what the leader passed by, it will not be with its next start. */
    public synchronized void turnedBack() {
        last.astray().stream()
                .filter(timeline -> timeline < last.leaderTimeline())
                .forEach(turnedBackFrom::add);
    }

    /** The history of this timeline was taken out of the data directory. */
    public synchronized void takenAway(int timeline) {
        turnedBackFrom.add(timeline);
    }
}

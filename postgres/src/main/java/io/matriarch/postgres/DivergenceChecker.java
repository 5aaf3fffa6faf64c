package io.matriarch.postgres;

import io.matriarch.model.DivergedWal;
import io.matriarch.model.History;
import io.matriarch.model.Lsn;
import io.matriarch.model.PostgresState;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.PostgresSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds out what {@link Divergence} has to compare (contract ha-loop.md 12.2). */
final class DivergenceChecker {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.rewind");

    private final Supplier<PostgresSettings> settings;
    private final ServerControl server;
    private final Connections connections;
    private final WalDump walDump;
    private final TimeSource time;
    private final AstrayRecovery astray = new AstrayRecovery();
    private volatile @Nullable Found found;

    DivergenceChecker(
            Supplier<PostgresSettings> settings,
            ServerControl server,
            Connections connections,
            WalDump walDump,
            TimeSource time) {
        this.settings = settings;
        this.server = server;
        this.connections = connections;
        this.walDump = walDump;
        this.time = time;
    }

    /** Where the local WAL ends; empty when it cannot be known now, for instance after a crash. */
    Optional<LocalPosition> position() {
        if (server.isRunning()) {
            Optional<LocalPosition> asked = askServer();
            if (asked.isPresent() || server.state() != PostgresState.STARTING) {
                return asked;
            }
        }
        return server.controlData().flatMap(LocalPosition::of);
    }

    /**
     * Where the WAL ends that somebody may miss. A shutdown, that of single-user mode too, may fill the segment with a switch before its
     * checkpoint; what lies between was written by nobody.
     */
    Optional<LocalPosition> written() {
        return position().map(local -> written(local, new Cancellation()));
    }

    private LocalPosition written(LocalPosition local, Cancellation cancellation) {
        return local.inRecovery()
                ? local
                : server.controlData()
                        .flatMap(control -> walDump.releasedPosition(control, cancellation))
                        .map(end -> new LocalPosition(local.timeline(), end, false))
                        .orElse(local);
    }

    private Optional<LocalPosition> askServer() {
        try {
            return Optional.of(replayed(connections));
        } catch (SQLException e) {
            LOG.log(Level.DEBUG, "Could not ask the local server for its position", e);
            return Optional.empty();
        }
    }

    /** Where the recovery of the local server is. */
    static LocalPosition replayed(Connections connections) throws SQLException {
        try (Connection replication = connections.localReplication();
                Connection ordinary = connections.local();
                Statement statement = ordinary.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_last_wal_replay_lsn()")) {
            int timeline = timeline(replication);
            String replayed = row.next() ? row.getString(1) : null;
            return Optional.ofNullable(replayed)
                    .flatMap(Lsn::parse)
                    .map(lsn -> new LocalPosition(timeline, lsn, true))
                    .orElseThrow(() -> new SQLException("it is not in recovery"));
        }
    }

    RewindCheck check(Upstream leader, Cancellation cancellation) {
        Optional<LocalPosition> position = position();
        if (position.isEmpty()) {
            return RewindCheck.UNDECIDED;
        }
        LocalPosition local = position.get();
        LOG.log(Level.INFO, "Local timeline=" + local.timeline() + " lsn=" + local.position());
        if (!isUsable(leader)) {
            return RewindCheck.UNDECIDED;
        }
        try (Connection replication = connections.replication(leader)) {
            int timeline = timeline(replication);
            LOG.log(Level.INFO, "primary_timeline=" + timeline);
            boolean historyDecides = local.timeline() < timeline;
            List<History.Entry> history = historyDecides ? history(replication, timeline) : List.of();
            if (historyDecides) {
                LOG.log(Level.INFO, "primary: history=" + excerpt(history, local.timeline()));
            }
            found = null;
            boolean diverged = Divergence.exists(
                    local,
                    timeline,
                    history,
                    () -> walDump.endOfLastRecord(local.timeline(), local.position(), cancellation));
            if (diverged) {
                return found(Divergence.range(written(local, cancellation), history), RewindCheck.NEEDED);
            }
            return server.isRunning()
                    ? whereRunning(local, timeline, history)
                    : beyond(local, timeline, history, cancellation).orElse(RewindCheck.NOT_NEEDED);
        } catch (SQLException e) {
            LOG.log(Level.WARNING, "Could not ask {0} for its timeline: {1}", leader.name(), e.getMessage());
            return RewindCheck.UNDECIDED;
        }
    }

    /**
     * What a comparison found.
     *
     * @param wal what is not part of the leader's history
     * @param control what {@code pg_control} said then; null: the server ran
     */
    record Found(DivergedWal wal, @Nullable ControlData control) {}

    /** What the last comparison found; empty: nothing. */
    Optional<Found> found() {
        return Optional.ofNullable(found);
    }

    /** The server that the last comparison found astray was stopped. */
    void turnedBack() {
        astray.turnedBack();
    }

    /** What was found was taken out of the data directory. */
    void takenAway(Found taken) {
        astray.takenAway(taken.wal().timeline());
    }

    /** The data directory is another one now. */
    void forget() {
        found = null;
    }

    private RewindCheck whereRunning(LocalPosition local, int leaderTimeline, List<History.Entry> history) {
        if (!local.inRecovery()) {
            return RewindCheck.NOT_NEEDED;
        }
        if (server.state() == PostgresState.STARTING) {
            return RewindCheck.UNDECIDED; // the position is from pg_control, and moves seldom
        }
        try {
            Set<Integer> known = new TimelineFiles(new DataFiles(settings.get().dataDir())).known(local.timeline());
            Set<Integer> elsewhere = astray.look(local, leaderTimeline, history, known, time.now());
            if (elsewhere.isEmpty()) {
                return RewindCheck.NOT_NEEDED;
            }
            LOG.log(
                    Level.WARNING,
                    "The leader is on timeline " + leaderTimeline + ", and recovery may be heading for another one: "
                            + elsewhere);
            return RewindCheck.ASTRAY;
        } catch (IOException e) {
            LOG.log(Level.WARNING, "Could not look at the history files", e);
            return RewindCheck.NOT_NEEDED;
        }
    }

    private RewindCheck found(DivergedWal wal, RewindCheck answer) {
        LOG.log(Level.WARNING, Divergence.describe(wal));
        return keep(wal, answer);
    }

    private RewindCheck keep(DivergedWal wal, RewindCheck answer) {
        found = new Found(wal, server.isRunning() ? null : server.controlData().orElse(null));
        return answer;
    }

    /** Looks at what a stopped server has and is not known to have replayed. */
    private Optional<RewindCheck> beyond(
            LocalPosition local, int leaderTimeline, List<History.Entry> history, Cancellation cancellation) {
        var data = new DataFiles(settings.get().dataDir());
        Optional<ControlData> control =
                server.controlData().filter(known -> known.walSegmentBytes() > 0 && !known.isWithinBackup());
        // the last record of one that was shut down as primary is its checkpoint
        if (control.isEmpty() || control.get().isShutDown() || data.hasBackupLabel()) {
            return Optional.empty();
        }
        var here = new WalOnDisk(
                data, new WalSegments(data.directory(), control.get().walSegmentBytes()), walDump, cancellation);
        try {
            return Divergence.beyond(local.timeline(), leaderTimeline, history, here)
                    .map(wal -> {
                        if (!here.timelines().contains(wal.timeline())) {
                            LOG.log(Level.INFO, "The history of {0} is here, which the leader is not on", wal);
                            return keep(wal, RewindCheck.UNREPLAYED);
                        }
                        return found(
                                wal, control.get().endsWhereItSays() ? RewindCheck.UNREPLAYED : RewindCheck.NEEDED);
                    });
        } catch (UncheckedIOException e) {
            LOG.log(Level.WARNING, "Could not look at the WAL in " + data.directory(), e);
            return Optional.empty();
        }
    }

    /** Whether the leader can be reached as rewind user and is out of recovery. */
    boolean isUsable(Upstream leader) {
        try (Connection connection = connections.primary(leader, settings.get().rewind());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_is_in_recovery()")) {
            if (row.next() && !row.getBoolean(1)) {
                return true;
            }
            LOG.log(Level.INFO, "Leader is still in_recovery and therefore can't be used for rewind");
        } catch (SQLException e) {
            LOG.log(Level.WARNING, "Could not connect to {0} for rewind: {1}", leader.name(), e.getMessage());
        }
        return false;
    }

    private static int timeline(Connection replication) throws SQLException {
        try (Statement statement = replication.createStatement();
                ResultSet row = statement.executeQuery("IDENTIFY_SYSTEM")) {
            if (!row.next()) {
                throw new SQLException("IDENTIFY_SYSTEM returned no row");
            }
            return row.getInt("timeline");
        }
    }

    private static List<History.Entry> history(Connection replication, int timeline) throws SQLException {
        try (Statement statement = replication.createStatement();
                ResultSet row = statement.executeQuery("TIMELINE_HISTORY " + timeline)) {
            // the column is declared bytea in older releases and is never encoded as such: only getString fits all
            String content = row.next() ? row.getString("content") : null;
            return TimelineHistory.parse(content == null ? "" : content);
        }
    }

    /** The entry of our timeline with its neighbours; histories can be long. */
    private static String excerpt(List<History.Entry> history, int timeline) {
        int at = 0;
        while (at < history.size() && history.get(at).timeline() < timeline) {
            at++;
        }
        int from = Math.max(at - 1, 0);
        int to = Math.min(at + 3, history.size());
        return (from > 0 ? "...\n" : "")
                + history.subList(from, to).stream()
                        .map(entry -> entry.timeline() + "\t" + entry.switchPoint() + "\t" + entry.reason())
                        .collect(Collectors.joining("\n"))
                + (to < history.size() ? "\n..." : "");
    }
}

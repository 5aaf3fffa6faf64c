package io.matriarch.postgres;

import io.matriarch.model.Lsn;
import io.matriarch.postgres.LocalFacts.Snapshot;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The timeline of a replica without walreceiver. Only the replication protocol tells it, and that takes a connection of
 * its own, some 10 ms that a failover would wait for. The last answer, or what the last walreceiver told, holds as long as
 * nothing was replayed since, or as there is no newer timeline that the server could have gone over to: for that it needs the
 * history file ({@code rescanLatestTimeLine()} in {@code xlogrecovery.c}).
 */
final class ReplicaTimeline {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql");

    private record Answer(int timeline, OffsetDateTime postmasterStartTime, Lsn replayed) {}

    private final Connections connections;
    private final Supplier<TimelineFiles> files;
    private @Nullable Answer last;

    ReplicaTimeline(Connections connections, Supplier<TimelineFiles> files) {
        this.connections = connections;
        this.files = files;
    }

    /** Adds the timeline where it is missing. */
    synchronized Snapshot complete(Snapshot snapshot) {
        if (!snapshot.inRecovery()) {
            last = null;
            return snapshot;
        }
        if (snapshot.timeline() != 0) {
            last = new Answer(snapshot.timeline(), snapshot.postmasterStartTime(), snapshot.replayed());
            return snapshot;
        }
        Answer known = last;
        if (known == null || !stillHolds(known, snapshot)) {
            known = new Answer(ask(), snapshot.postmasterStartTime(), snapshot.replayed());
            last = known;
        }
        return snapshot.withTimeline(known.timeline());
    }

    private boolean stillHolds(Answer known, Snapshot snapshot) {
        return known.postmasterStartTime().equals(snapshot.postmasterStartTime())
                && (known.replayed().equals(snapshot.replayed())
                        || (known.timeline() > 0 && !files.get().isAnyBehind(known.timeline())));
    }

    private int ask() {
        try (Connection connection = connections.localReplication();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("IDENTIFY_SYSTEM")) {
            return row.next() ? row.getInt("timeline") : 0;
        } catch (SQLException e) {
            LOG.log(Level.ERROR, "Can not fetch local timeline and lsn from replication connection: " + e.getMessage());
            return 0;
        }
    }
}

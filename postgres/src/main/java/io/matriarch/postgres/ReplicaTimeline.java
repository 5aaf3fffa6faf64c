package io.matriarch.postgres;

import io.matriarch.model.Lsn;
import io.matriarch.postgres.LocalFacts.Snapshot;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/**
 * The timeline of a replica without walreceiver. Only the replication protocol tells it, and that takes a connection of
 * its own; as long as nothing was replayed since, the last answer holds.
 */
final class ReplicaTimeline {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql");

    private record Answer(int timeline, OffsetDateTime postmasterStartTime, Lsn replayed) {}

    private final Connections connections;
    private @Nullable Answer last;

    ReplicaTimeline(Connections connections) {
        this.connections = connections;
    }

    /** Adds the timeline where it is missing. */
    synchronized Snapshot complete(Snapshot snapshot) {
        if (!snapshot.inRecovery() || snapshot.timeline() != 0) {
            return snapshot;
        }
        Answer known = last;
        if (known == null
                || !known.replayed().equals(snapshot.replayed())
                || !known.postmasterStartTime().equals(snapshot.postmasterStartTime())) {
            known = new Answer(ask(), snapshot.postmasterStartTime(), snapshot.replayed());
            last = known;
        }
        return snapshot.withTimeline(known.timeline());
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

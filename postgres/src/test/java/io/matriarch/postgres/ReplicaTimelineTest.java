package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.model.Lsn;
import io.matriarch.model.config.Credentials;
import io.matriarch.postgres.LocalFacts.Sessions;
import io.matriarch.postgres.LocalFacts.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicaTimelineTest {

    private static final OffsetDateTime STARTED = OffsetDateTime.parse("2026-01-01T00:00:00Z");

    @TempDir
    private Path directory;

    private final Questions questions = new Questions();
    private ReplicaTimeline timeline;

    /** Answers nothing; the timeline is 0 then. */
    private static final class Questions implements Connections {

        private int asked;

        @Override
        public Connection localReplication() throws SQLException {
            asked++;
            throw new SQLException("not answered");
        }

        @Override
        public Connection local() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Connection primary(Upstream server, Credentials user) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Connection replication(Upstream server) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String localHost() {
            return "localhost";
        }
    }

    @BeforeEach
    void makeDirectory() throws IOException {
        Files.createDirectories(directory.resolve("pg_wal"));
        timeline = new ReplicaTimeline(questions, () -> new TimelineFiles(new DataFiles(directory)));
    }

    @Test
    void whatTheWalreceiverToldHoldsUntilThereIsANewerTimeline() throws IOException {
        history(3);
        assertEquals(3, timelineOf(3, STARTED, 100));
        assertEquals(3, timelineOf(0, STARTED, 200), "more was replayed, and there is no other timeline");
        assertEquals(0, questions.asked);

        history(5);
        assertEquals(0, timelineOf(0, STARTED, 300), "the server may have gone over to it");
        assertEquals(1, questions.asked);
    }

    @Test
    void anotherServerIsAsked() {
        assertEquals(3, timelineOf(3, STARTED, 100));
        assertEquals(0, timelineOf(0, STARTED.plusSeconds(1), 100));
        assertEquals(1, questions.asked);
    }

    @Test
    void withoutAnAnswerItIsAskedAgainOnceMoreIsReplayed() {
        assertEquals(0, timelineOf(0, STARTED, 100));
        assertEquals(0, timelineOf(0, STARTED, 100));
        assertEquals(1, questions.asked);
        assertEquals(0, timelineOf(0, STARTED, 200));
        assertEquals(2, questions.asked);
    }

    private void history(int number) throws IOException {
        Files.writeString(directory.resolve("pg_wal/%08X.history".formatted(number)), "");
    }

    private int timelineOf(int received, OffsetDateTime started, long replayed) {
        return timeline.complete(new Snapshot(
                        true,
                        150000,
                        started,
                        received,
                        Lsn.NONE,
                        Lsn.NONE,
                        new Lsn(replayed),
                        null,
                        null,
                        Lsn.NONE,
                        false,
                        false,
                        "",
                        "on",
                        List.of(),
                        List.of(),
                        new Sessions(0, 0)))
                .timeline();
    }
}

package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class QueryTroublesTest {

    private static final SQLException WRONG_PASSWORD = new SQLException("password authentication failed", "28P01");

    private final List<String> logged = new ArrayList<>();
    private final QueryTroubles troubles = new QueryTroubles(new Recorder());

    /** Keeps what is at least a warning. */
    private final class Recorder implements Logger {
        @Override
        public String getName() {
            return "test";
        }

        @Override
        public boolean isLoggable(Level level) {
            return level.getSeverity() >= Level.WARNING.getSeverity();
        }

        @Override
        public void log(Level level, @Nullable ResourceBundle bundle, String text, @Nullable Throwable thrown) {
            if (isLoggable(level)) {
                logged.add(level + " " + text);
            }
        }

        @Override
        public void log(Level level, @Nullable ResourceBundle bundle, String text, Object... parameters) {
            log(level, bundle, text, (Throwable) null);
        }
    }

    @Test
    void aRefusalIsToldOnceUntilAQueryIsAnswered() {
        String told = "ERROR Could not query: password authentication failed. Check username and password in"
                + " postgresql.authentication.superuser, and pg_hba.conf";
        troubles.report(Level.WARNING, "Could not query", WRONG_PASSWORD);
        troubles.report(Level.WARNING, "Could not query", WRONG_PASSWORD);
        troubles.report(Level.ERROR, "CHECKPOINT", WRONG_PASSWORD);
        assertEquals(List.of(told), logged);

        troubles.answered();
        troubles.report(Level.WARNING, "Could not query", WRONG_PASSWORD);
        assertEquals(List.of(told, told), logged);
    }

    @Test
    void everythingElseIsToldEachTime() {
        var broken = new SQLException("connection reset", "08006");
        troubles.report(Level.WARNING, "Could not query", broken);
        troubles.report(Level.WARNING, "Could not query", broken);

        assertEquals(
                List.of("WARNING Could not query: connection reset", "WARNING Could not query: connection reset"),
                logged);
    }
}

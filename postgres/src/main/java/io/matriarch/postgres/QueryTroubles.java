package io.matriarch.postgres;

import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Tells what went wrong with a query. That the server does not let us in (wrong password, no such user, no line in
 * {@code pg_hba.conf}) would be told by each query of each cycle; it is told once for as long as it lasts. Safe for any
 * thread.
 */
final class QueryTroubles {

    private static final String INVALID_AUTHORIZATION = "28";

    /** What the driver says when it has no password for a server that asks for one. */
    private static final String CONNECTION_REJECTED = "08004";

    private static final String NONE = "";

    private final System.Logger log;
    private final AtomicReference<String> refusal = new AtomicReference<>(NONE);

    QueryTroubles(System.Logger log) {
        this.log = log;
    }

    /**
     * Logs {@code what} with the server's words.
     *
     * @param level for anything but a refusal, which is an error
     */
    void report(Level level, String what, SQLException e) {
        String text = what + ": " + e.getMessage();
        if (!isRefusal(e)) {
            log.log(level, text);
        } else if (!String.valueOf(e.getMessage()).equals(refusal.getAndSet(String.valueOf(e.getMessage())))) {
            log.log(
                    Level.ERROR,
                    text + ". Check username and password in postgresql.authentication.superuser, and pg_hba.conf");
        } else {
            log.log(Level.DEBUG, text);
        }
    }

    /** A query was answered: the next refusal is a new one. */
    void answered() {
        refusal.set(NONE);
    }

    private static boolean isRefusal(SQLException e) {
        String state = Objects.requireNonNullElse(e.getSQLState(), "");
        return state.startsWith(INVALID_AUTHORIZATION) || state.equals(CONNECTION_REJECTED);
    }
}

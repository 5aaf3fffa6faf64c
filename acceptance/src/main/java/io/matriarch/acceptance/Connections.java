package io.matriarch.acceptance;

import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Database connections of clients that expect to lose them. */
public final class Connections {

    private Connections() {}

    /** Ends a connection without talking to the server, which may be gone; null: nothing to end. */
    public static void giveUp(@Nullable Connection connection) {
        if (connection != null) {
            try {
                connection.abort(Runnable::run);
            } catch (SQLException e) {
                // It is broken already: that is why it is closed.
                return;
            }
        }
    }
}

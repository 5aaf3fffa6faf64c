package io.matriarch.ctl.patroni;

import io.matriarch.model.ConnUrl;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;

/** Runs SQL at one member. Whatever goes wrong there is a result, too: people see it as a row. */
final class MemberQuery {

    private MemberQuery() {}

    /**
     * Connects, looks at the server's role if that matters, and runs the statements; the result is that of the last one.
     *
     * @param expectPrimary what the server must be: true a primary, false a standby; null: anything
     * @param unsuitable the result when it is not
     */
    static QueryResult run(
            ConnUrl address, MemberLogin login, String sql, @Nullable Boolean expectPrimary, QueryResult unsuitable) {
        Connection connection;
        try {
            connection = login.connect(address);
        } catch (SQLException e) {
            return new QueryResult.Trouble(oneLine(String.valueOf(e.getMessage())));
        }
        try (connection;
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            if (expectPrimary != null && expectPrimary == isInRecovery(statement)) {
                return unsuitable;
            }
            return lastResult(statement, sql);
        } catch (SQLException e) {
            return new QueryResult.Trouble(describe(e));
        }
    }

    private static boolean isInRecovery(Statement statement) throws SQLException {
        try (ResultSet answer = statement.executeQuery("SELECT pg_catalog.pg_is_in_recovery()")) {
            return answer.next() && answer.getBoolean(1);
        }
    }

    private static QueryResult lastResult(Statement statement, String sql) throws SQLException {
        boolean isRows = statement.execute(sql);
        QueryResult last;
        do {
            if (isRows) {
                try (ResultSet rows = statement.getResultSet()) {
                    last = read(rows);
                }
            } else {
                last = new QueryResult.Message("OK, " + Math.max(statement.getUpdateCount(), 0) + " rows affected");
            }
            isRows = statement.getMoreResults();
        } while (isRows || statement.getUpdateCount() >= 0);
        return last;
    }

    private static QueryResult read(ResultSet rows) throws SQLException {
        ResultSetMetaData meta = rows.getMetaData();
        int width = meta.getColumnCount();
        var titles = new ArrayList<String>();
        var types = new ArrayList<String>();
        for (int i = 1; i <= width; i++) {
            titles.add(meta.getColumnLabel(i));
            types.add(meta.getColumnTypeName(i));
        }
        var values = new ArrayList<List<QueryValue>>();
        while (rows.next()) {
            var row = new ArrayList<QueryValue>();
            for (int i = 1; i <= width; i++) {
                row.add(QueryValue.of(types.get(i - 1), rows.getString(i)));
            }
            values.add(row);
        }
        return new QueryResult.Rows(titles, values);
    }

    /** The code that the server gave; what the driver says when the server said nothing, as for a cut connection. */
    private static String describe(SQLException e) {
        boolean fromServer = e instanceof PSQLException p && p.getServerErrorMessage() != null;
        String state = e.getSQLState();
        return fromServer && state != null ? state : oneLine(String.valueOf(e.getMessage()));
    }

    private static String oneLine(String text) {
        return text.replace("\r", "").replace('\n', ' ').strip();
    }
}

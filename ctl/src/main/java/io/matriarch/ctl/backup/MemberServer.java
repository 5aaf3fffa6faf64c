package io.matriarch.ctl.backup;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.model.ConnUrl;
import io.matriarch.model.Member;
import io.matriarch.model.config.Credentials;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.postgresql.Driver;

/** The server of a member, asked as the superuser. */
final class MemberServer {

    private static final String CONNECT_SECONDS = "5";
    private static final String ANSWER_SECONDS = "60";

    private final String name;
    private final ConnUrl address;
    private final Credentials superuser;

    private MemberServer(String name, ConnUrl address, Credentials superuser) {
        this.name = name;
        this.address = address;
        this.superuser = superuser;
    }

    static MemberServer of(Member member, Credentials superuser) throws CommandFailure {
        ConnUrl address = member.address();
        if (address == null) {
            throw new CommandFailure("member " + member.name() + " has not published where its PostgreSQL listens");
        }
        return new MemberServer(member.name(), address, superuser);
    }

    ConnUrl address() {
        return address;
    }

    /** The columns of the one row of an answer, as texts. */
    String[] row(String sql) throws CommandFailure {
        try (Connection connection = connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            if (!rows.next()) {
                throw new CommandFailure("member " + name + " gave no row");
            }
            var columns = new String[rows.getMetaData().getColumnCount()];
            for (int i = 0; i < columns.length; i++) {
                columns[i] = String.valueOf(rows.getString(i + 1));
            }
            return columns;
        } catch (SQLException e) {
            throw new CommandFailure("PostgreSQL of member " + name + ": " + e.getMessage(), e);
        }
    }

    private Connection connect() throws SQLException {
        var properties = new Properties();
        superuser.options().forEach((option, value) -> {
            if (option.startsWith("ssl")) {
                properties.setProperty(option, value);
            }
        });
        properties.setProperty(
                "user",
                superuser.username() == null ? System.getProperty("user.name", "postgres") : superuser.username());
        if (superuser.password() != null) {
            properties.setProperty("password", superuser.password());
        }
        properties.setProperty("connectTimeout", CONNECT_SECONDS);
        properties.setProperty("loginTimeout", CONNECT_SECONDS);
        properties.setProperty("socketTimeout", ANSWER_SECONDS);
        properties.setProperty("ApplicationName", "Matriarch backup");
        String host = address.host().indexOf(':') >= 0 ? "[" + address.host() + "]" : address.host();
        Connection connection =
                new Driver().connect("jdbc:postgresql://" + host + ":" + address.port() + "/postgres", properties);
        if (connection == null) {
            throw new SQLException("the driver did not take the address of the member");
        }
        return connection;
    }
}

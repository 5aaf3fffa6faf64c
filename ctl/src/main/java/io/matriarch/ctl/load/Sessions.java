package io.matriarch.ctl.load;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGConnection;

/**
 * Opens connections without ever waiting for a second where that can be helped. The driver's own limits are whole seconds
 * and its login limit needs a thread, so a client that uses them measures itself: with {@code loginTimeout=2} a restart
 * that takes 0.2 s looks like 4 s.
 */
public final class Sessions {

    /**
     * How long a client waits.
     *
     * @param connect for a connection to be accepted
     * @param login between two messages of the login
     * @param statement for an answer: longer than any statement of a healthy server takes, so that it ends only those of a
     *     frozen one
     */
    public record Limits(Duration connect, Duration login, Duration statement) {

        /** On one machine: a port answers within a millisecond, and a password check on a busy core takes some 20 ms. */
        public static final Limits SAME_MACHINE =
                new Limits(Duration.ofMillis(100), Duration.ofMillis(500), Duration.ofSeconds(3));

        /** Between machines, where a packet may have to be sent twice. */
        public static final Limits NETWORK =
                new Limits(Duration.ofSeconds(1), Duration.ofSeconds(3), Duration.ofSeconds(5));
    }

    private final Properties login;
    private final String database;
    private final Limits limits;

    /** @param login the driver's properties: user, password, TLS */
    public Sessions(Properties login, String database, Limits limits) {
        this.login = new Properties();
        this.login.putAll(login);
        this.login.setProperty("loginTimeout", "0");
        this.login.setProperty("socketTimeout", "0");
        this.login.setProperty("gssEncMode", "disable");
        this.login.setProperty("socketFactory", HastySockets.class.getName());
        this.login.setProperty(
                "socketFactoryArg",
                limits.connect().toMillis() + " " + limits.login().toMillis());
        this.database = database;
        this.limits = limits;
    }

    /**
     * The first host that accepts writes, in the order of the list, as libpq does for
     * {@code target_session_attrs=read-write}. Empty: none does at present.
     */
    public Optional<Connection> openWritable(List<Endpoint> endpoints) {
        for (Endpoint endpoint : endpoints) {
            Connection connection = null;
            try {
                connection = open(endpoint);
                if (isWritable(connection)) {
                    return Optional.of(connection);
                }
            } catch (SQLException _) {
                // refused, starting up, shutting down: the next one
            }
            giveUp(connection);
        }
        return Optional.empty();
    }

    /** As {@link #openWritable}, and says why it is not possible. */
    public Connection requireWritable(List<Endpoint> endpoints) throws SQLException {
        Optional<Connection> connection = openWritable(endpoints);
        if (connection.isPresent()) {
            return connection.get();
        }
        SQLException last = new SQLException("no server accepts writes");
        for (Endpoint endpoint : endpoints) {
            try {
                open(endpoint).close();
            } catch (SQLException e) {
                last = e;
            }
        }
        throw last;
    }

    /** One server, whatever it is. */
    public Connection open(Endpoint endpoint) throws SQLException {
        String host = endpoint.host().indexOf(':') >= 0 ? "[" + endpoint.host() + "]" : endpoint.host();
        String url = "jdbc:postgresql://" + host + ":" + endpoint.port() + "/"
                + URLEncoder.encode(database, StandardCharsets.UTF_8);
        // not through DriverManager, which would look for drivers on the whole class path
        Connection connection = new Driver().connect(url, login);
        if (connection == null) {
            throw new SQLException("the driver did not take the address " + host);
        }
        connection.setNetworkTimeout(
                Runnable::run, Math.toIntExact(limits.statement().toMillis()));
        return connection;
    }

    /** Ends a connection without talking to the server, which may be gone; null: nothing to end. */
    public static void giveUp(@Nullable Connection connection) {
        if (connection != null) {
            try {
                connection.abort(Runnable::run);
            } catch (SQLException _) {
                // it is broken already: that is why it is given up
            }
        }
    }

    /** What the server says of itself at login (PostgreSQL 14 and later); asked for only where it does not. */
    private static boolean isWritable(Connection connection) throws SQLException {
        var session = connection.unwrap(PGConnection.class);
        String standby = session.getParameterStatus("in_hot_standby");
        String readOnly = session.getParameterStatus("default_transaction_read_only");
        if (standby != null && readOnly != null) {
            return standby.equals("off") && readOnly.equals("off");
        }
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("show transaction_read_only")) {
            return rows.next() && "off".equals(rows.getString(1));
        }
    }

    /** Sockets with limits in milliseconds. Public with a public constructor because the driver makes it by name. */
    public static final class HastySockets extends SocketFactory {

        private final int connectMillis;
        private final int loginMillis;

        /** @param limits for connecting and for each message of the login, in milliseconds, with a blank between them */
        public HastySockets(String limits) {
            int blank = limits.indexOf(' ');
            connectMillis = Integer.parseInt(limits.substring(0, blank));
            loginMillis = Integer.parseInt(limits.substring(blank + 1));
        }

        @Override
        public Socket createSocket() {
            return new Socket() {
                @Override
                public void connect(SocketAddress address, int ignored) throws IOException {
                    super.connect(address, connectMillis);
                    setSoTimeout(loginMillis);
                }
            };
        }

        @Override
        public Socket createSocket(String host, int port) throws IOException {
            throw new UnknownHostException("only unconnected sockets");
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress from, int fromPort) throws IOException {
            return createSocket(host, port);
        }

        @Override
        public Socket createSocket(InetAddress host, int port) throws IOException {
            return createSocket(host.getHostAddress(), port);
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort) throws IOException {
            return createSocket(host, port);
        }
    }
}

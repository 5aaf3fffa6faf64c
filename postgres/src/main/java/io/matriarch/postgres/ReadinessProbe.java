package io.matriarch.postgres;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Asks a server whether it accepts connections, without credentials, as {@code pg_isready} does (libpq, {@code PQping})
 * but within a millisecond and without a process: a startup message is sent, and any answer other than "not now" means
 * that connections are accepted.
 */
final class ReadinessProbe {

    private static final int LIMIT_MILLIS = 1000;
    private static final int PROTOCOL_3_0 = 3 << 16;

    /** SQLSTATE cannot_connect_now: starting up, in recovery without hot standby, shutting down. */
    private static final String CANNOT_CONNECT_NOW = "57P03";

    /** An error message is some hundred bytes. */
    private static final int MESSAGE_LIMIT_BYTES = 10_000;

    private ReadinessProbe() {}

    /** What {@code pg_isready} would say. */
    enum Answer {
        ACCEPTING,
        REJECTING,
        NO_RESPONSE
    }

    static Answer ask(LocalAddress address, String database, @Nullable String user) {
        String socketPath = address.socket().map(Object::toString).orElse(null);
        try (Socket socket = socketPath == null ? new Socket() : new UnixSocketFactory(socketPath).createSocket()) {
            socket.connect(
                    socketPath == null
                            ? new InetSocketAddress(address.tcpHost(), address.port())
                            : InetSocketAddress.createUnresolved("local", address.port()),
                    LIMIT_MILLIS);
            socket.setSoTimeout(LIMIT_MILLIS);
            socket.getOutputStream().write(startupMessage(database, user == null ? "postgres" : user));
            return answer(new DataInputStream(socket.getInputStream()));
        } catch (IOException _) {
            return Answer.NO_RESPONSE;
        }
    }

    private static byte[] startupMessage(String database, String user) {
        byte[] options = ("user\0" + user + "\0database\0" + database + "\0application_name\0Patroni\0\0")
                .getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + options.length)
                .putInt(8 + options.length)
                .putInt(PROTOCOL_3_0)
                .put(options)
                .array();
    }

    private static Answer answer(DataInputStream in) throws IOException {
        int type = in.read();
        if (type < 0) {
            return Answer.NO_RESPONSE;
        }
        if (type != 'E') {
            return Answer.ACCEPTING;
        }
        int length = in.readInt() - 4;
        if (length < 0 || length > MESSAGE_LIMIT_BYTES) {
            return Answer.NO_RESPONSE;
        }
        var body = new byte[length];
        in.readFully(body);
        for (String field : new String(body, StandardCharsets.UTF_8).split("\0")) {
            if (field.equals("C" + CANNOT_CONNECT_NOW)) {
                return Answer.REJECTING;
            }
        }
        return Answer.ACCEPTING;
    }
}

package io.matriarch.agent.rest;

import io.matriarch.agent.rest.Connection.Phase;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.RestSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Answers the one request of a connection, then closes it (contract rest-api.md 1). Plain blocking code on the connection's
 * own thread; who takes too long is cut off by {@link Connections}.
 */
final class Service {

    private static final Logger LOG = System.getLogger("patroni.api");
    /** What is read and thrown away behind an answer, so that a client that still sends gets to read it. */
    private static final int LEFTOVER_LIMIT = 2 * Request.LARGEST_BODY;

    private static final int TLS_HANDSHAKE = 22;
    private static final int TLS_RECORD_HEADER = 5;
    private static final int LARGEST_TLS_RECORD = (1 << 14) + 256;

    private final Router router;
    private final TimeSource time;
    private volatile Rules rules;

    /** Settings and what was made of them, exchanged together. */
    record Rules(
            RestSettings settings,
            Protection protection,
            @Nullable ServerTls tls) {
        static Rules of(RestSettings settings, @Nullable ServerTls tls) {
            return new Rules(settings, Protection.load(settings), tls);
        }
    }

    Service(Router router, Rules rules, TimeSource time) {
        this.router = router;
        this.rules = rules;
        this.time = time;
    }

    Rules rules() {
        return rules;
    }

    /** Counts for connections that are accepted from now on. */
    void adopt(Rules changed) {
        rules = changed;
    }

    void serve(Connection connection) {
        Rules current = rules;
        try (Socket plain = connection.socket()) {
            plain.setTcpNoDelay(true);
            if (current.tls == null) {
                serve(connection, plain, current);
                return;
            }
            InputStream hello = clientHello(plain.getInputStream());
            if (hello == null) {
                return;
            }
            var factory = current.tls.context().getSocketFactory();
            try (var secure = (SSLSocket) factory.createSocket(plain, hello, true)) {
                secure.setSSLParameters(current.tls.parameters());
                serve(connection, secure, current);
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, () -> "The client " + address(connection.client()) + " went away", e);
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "A request failed", e);
        }
    }

    /**
     * The first record of a client, read before there is any state of TLS for it: who says nothing, or never ends its
     * first word, costs no more than on a plain connection. Null: it is not TLS, or nothing came.
     */
    private static @Nullable InputStream clientHello(InputStream in) throws IOException {
        byte[] header = in.readNBytes(TLS_RECORD_HEADER);
        if (header.length < TLS_RECORD_HEADER || header[0] != TLS_HANDSHAKE) {
            return null;
        }
        int length = ((header[3] & 0xff) << 8) | (header[4] & 0xff);
        if (length > LARGEST_TLS_RECORD) {
            return null;
        }
        byte[] record = new byte[TLS_RECORD_HEADER + length];
        System.arraycopy(header, 0, record, 0, TLS_RECORD_HEADER);
        int got = in.readNBytes(record, TLS_RECORD_HEADER, length);
        return got < length ? null : new ByteArrayInputStream(record);
    }

    private void serve(Connection connection, Socket socket, Rules current) throws IOException {
        switch (RequestHead.read(socket.getInputStream())) {
            case RequestHead.Absent _ -> {
                // nobody waits for an answer
            }
            case RequestHead.Malformed(int code, String reason) -> {
                LOG.log(Level.DEBUG, () -> address(connection.client()) + ": " + reason);
                connection.enter(Phase.SENDING);
                send(socket, Answer.errorPage(code, "", current.settings, time.wallClock()));
                leave(connection, socket);
            }
            case RequestHead.Valid head -> {
                MonotonicTime start = time.now();
                Request request = request(connection, socket, head);
                if (isReading(head.method())) {
                    connection.enter(Phase.ANSWERING);
                }
                Reply reply = router.answer(request, current.protection);
                if (reply instanceof Reply.Hangup(Exception cause)) {
                    LOG.log(
                            Level.WARNING,
                            "Exception happened during processing of request from " + address(connection.client()) + ":"
                                    + connection.client().getPort(),
                            cause);
                    return;
                }
                send(connection, socket, head, reply, current.settings);
                LOG.log(
                        Level.DEBUG,
                        () -> "API thread: " + address(connection.client()) + " - - \"" + head.line() + "\" "
                                + reply.status() + " - latency: "
                                + time.now().since(start).toMillis() + " ms");
                if (request.contentLength() > 0 || socket.getInputStream().available() > 0) {
                    leave(connection, socket);
                }
            }
        }
    }

    private static boolean isReading(String method) {
        return method.equals("GET") || method.equals("HEAD") || method.equals("OPTIONS");
    }

    private static Request request(Connection connection, Socket socket, RequestHead.Valid head) {
        return new Request(
                head.method(),
                head.path(),
                head.query(),
                connection.client().getAddress(),
                hasClientCertificate(socket),
                head.headers(),
                head.body(),
                () -> connection.enter(Phase.CONTROLLING));
    }

    private static boolean hasClientCertificate(Socket socket) {
        if (!(socket instanceof SSLSocket secure)) {
            return false;
        }
        try {
            return secure.getSession().getPeerCertificates().length > 0;
        } catch (SSLPeerUnverifiedException _) {
            return false;
        }
    }

    private void send(Connection connection, Socket socket, RequestHead.Valid head, Reply reply, RestSettings settings)
            throws IOException {
        connection.enter(reply instanceof Reply.Stream ? Phase.STREAMING : Phase.SENDING);
        switch (reply) {
            case Reply.StatusOnly(int code) -> send(socket, Answer.statusOnly(code));
            case Reply.ErrorPage(int code) ->
                send(socket, Answer.errorPage(code, head.method(), settings, time.wallClock()));
            case Reply.Body body -> send(socket, Answer.body(body, settings, time.wallClock()));
            case Reply.Stream(var events) -> {
                try (events) {
                    OutputStream out = socket.getOutputStream();
                    out.write(Answer.streamHead(settings, time.wallClock()));
                    events.writeTo(out);
                }
            }
            case Reply.Hangup _ -> throw new IllegalStateException("there is nothing to send");
        }
    }

    private static void send(Socket socket, byte[] answer) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(answer);
        out.flush();
    }

    /** A close with unread bytes would be a reset, and the client might never see the answer. */
    private static void leave(Connection connection, Socket socket) throws IOException {
        connection.enter(Phase.LEAVING);
        socket.shutdownOutput();
        InputStream in = socket.getInputStream();
        byte[] unwanted = new byte[4096];
        int sum = 0;
        for (int n = 0; n >= 0 && sum < LEFTOVER_LIMIT; n = in.read(unwanted)) {
            sum += n;
        }
    }

    private static String address(InetSocketAddress client) {
        return client.getAddress().getHostAddress();
    }
}

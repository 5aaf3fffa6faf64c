package io.matriarch.agent.rest;

import io.matriarch.model.config.RestSettings.VerifyClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A request of the API to itself, by the way that load balancers take: a new connection to the address that is listened
 * on, TLS, {@code GET /primary}. An agent whose API is dead while it renews its lease is the worst of both.
 */
final class SelfTest {

    /** For each step; health checks of load balancers give up earlier. */
    static final Duration LIMIT = Duration.ofSeconds(3);

    private static final byte[] REQUEST =
            "GET /primary HTTP/1.0\r\nUser-Agent: self-test\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] EXPECTED = "HTTP/1.0 ".getBytes(StandardCharsets.US_ASCII);

    private SelfTest() {}

    /** Null when there was an answer, whatever it says; else what happened instead. */
    static @Nullable String failure(InetSocketAddress address, Service.Rules rules) {
        ServerTls tls = rules.tls();
        try (var plain = new Socket()) {
            plain.setSoTimeout((int) LIMIT.toMillis());
            plain.connect(address, (int) LIMIT.toMillis());
            if (tls == null) {
                return ask(plain);
            }
            String host = address.getAddress().getHostAddress();
            try (var secure = (SSLSocket)
                    tls.asClient().getSocketFactory().createSocket(plain, host, address.getPort(), true)) {
                return shakeHandsAndAsk(secure, rules.settings().verifyClient() == VerifyClient.REQUIRED);
            }
        } catch (IOException e) {
            return String.valueOf(e);
        }
    }

    private static @Nullable String ask(Socket socket) throws IOException {
        socket.getOutputStream().write(REQUEST);
        byte[] start = socket.getInputStream().readNBytes(EXPECTED.length);
        String text = new String(start, StandardCharsets.US_ASCII);
        return text.equals(new String(EXPECTED, StandardCharsets.US_ASCII)) ? null : "the answer begins with: " + text;
    }

    /**
     * Where clients must have a certificate we show the server's own, which need not be good for that. A refusal comes from
     * the server too, so it is alive: as an alert in the handshake, or, in TLS 1.3, as the end of the connection after it.
     */
    private static @Nullable String shakeHandsAndAsk(SSLSocket socket, boolean mayBeRefused) throws IOException {
        try {
            socket.startHandshake();
        } catch (SSLHandshakeException e) {
            boolean refused = mayBeRefused && String.valueOf(e.getMessage()).contains("Received fatal alert");
            return refused ? null : String.valueOf(e);
        }
        try {
            return ask(socket);
        } catch (SocketException | SSLException e) {
            return mayBeRefused ? null : String.valueOf(e);
        }
    }
}

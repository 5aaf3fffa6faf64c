package io.matriarch.agent.rest;

import io.matriarch.model.config.RestSettings.VerifyClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
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
                return ask(secure);
            } catch (SSLHandshakeException e) {
                return isRefusal(e, rules) ? null : String.valueOf(e);
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
     * The server's own certificate need not be good for a client. The alert that says so came from the server, which is
     * what the test wants to know.
     */
    private static boolean isRefusal(SSLHandshakeException e, Service.Rules rules) {
        return rules.settings().verifyClient() != VerifyClient.NONE
                && String.valueOf(e.getMessage()).contains("Received fatal alert");
    }
}

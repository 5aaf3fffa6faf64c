package io.matriarch.agent.rest;

import io.matriarch.model.config.RestSettings.VerifyClient;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import javax.net.ssl.SSLException;
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
        try (var plain = new Ear()) {
            plain.setSoTimeout((int) LIMIT.toMillis());
            plain.connect(address, (int) LIMIT.toMillis());
            if (tls == null) {
                return ask(plain);
            }
            String host = address.getAddress().getHostAddress();
            try (var secure =
                    (SSLSocket) tls.asClient().getSocketFactory().createSocket(plain, host, address.getPort(), true)) {
                return ask(secure);
            } catch (SocketException | SSLException e) {
                boolean refused = rules.settings().verifyClient() == VerifyClient.REQUIRED && plain.heard;
                return refused ? null : String.valueOf(e);
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
     * A socket that knows whether the other side said anything. Where clients must have a certificate we show the server's
     * own, which need not be good for that; a refusal after its first words comes from a server that is alive.
     */
    private static final class Ear extends Socket {
        private boolean heard;

        @Override
        public InputStream getInputStream() throws IOException {
            return new FilterInputStream(super.getInputStream()) {
                @Override
                public int read(byte[] bytes, int offset, int length) throws IOException {
                    int n = super.read(bytes, offset, length);
                    heard |= n > 0;
                    return n;
                }
            };
        }
    }
}

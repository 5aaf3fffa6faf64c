package io.matriarch.agent.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.agent.page.LivePage;
import io.matriarch.http.TlsTrust;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.RestSettings;
import io.matriarch.model.config.RestSettings.VerifyClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** More clients than there are places for, none of whom means well: whoever asks a question still has an answer. */
class CrowdedServerTest {

    private static final int CROWD = 3 * Connections.LIMIT;
    private static final int CHECKS = 20;

    @TempDir
    static Path directory;

    private final FakeNode node = new FakeNode();
    private final List<Socket> crowd = new ArrayList<>();
    private final RestServer server = new RestServer(
            node,
            new SilentPeers(),
            () -> Optional.of(Samples.primary()),
            new LivePage(TimeSource.system()),
            TimeSource.system());

    @AfterEach
    void stop() throws IOException {
        for (Socket socket : crowd) {
            socket.close();
        }
        server.close();
    }

    private interface Trouble {
        void make(Socket socket, int i) throws IOException;
    }

    private void gather(int count, Trouble trouble) throws IOException {
        for (int i = 0; i < count; i++) {
            Socket socket = RawClient.open(server.port());
            crowd.add(socket);
            try {
                trouble.make(socket, i);
            } catch (IOException _) {
                // it had to make room already
            }
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        MonotonicTime limit = TimeSource.system().now().plus(Duration.ofSeconds(20));
        while (!condition.getAsBoolean()) {
            assertTrue(TimeSource.system().now().isBefore(limit), "in vain");
            TimeSource.system().sleep(Duration.ofMillis(10));
        }
    }

    @Test
    void silentAndSlowClientsMakeRoom() throws Exception {
        server.start(Samples.http());
        gather(
                CROWD,
                (socket, i) -> RawClient.write(
                        socket,
                        switch (i % 4) {
                            case 0 -> "";
                            case 1 -> "GET /primary HTTP/1.1\r\nHost: te";
                            case 2 -> "PATCH /config HTTP/1.1\r\nContent-Length: 100\r\n\r\n{\"ttl\"";
                            default -> "\r\n\r\n";
                        }));
        for (int i = 0; i < CHECKS; i++) {
            assertEquals(200, RawClient.status(RawClient.request(server.port(), "GET", "/primary")));
            assertEquals(200, RawClient.status(RawClient.request(server.port(), "OPTIONS", "/leader")));
        }
        assertEquals("202 reload scheduled", RawClient.brief(RawClient.post(server.port(), "/reload", "")));
        assertTrue(server.facts().open() <= Connections.LIMIT, "bounded");
        assertTrue(server.facts().evicted() >= CROWD - Connections.LIMIT, "the oldest made room");
    }

    @Test
    void handshakesThatNeverEndMakeRoom() throws Exception {
        RestSettings settings = tls();
        server.start(settings);
        SSLSocketFactory client = trustingClient();
        gather(CROWD, (socket, i) -> {
            switch (i % 3) {
                case 0 -> {
                    // says nothing
                }
                // the beginning of a TLS record that announces more than ever comes
                case 1 -> socket.getOutputStream().write(new byte[] {0x16, 3, 1, 2, 0, 1, 0});
                // a handshake that is answered and left alone
                default -> sayHello(client, socket);
            }
        });
        for (int i = 0; i < CHECKS; i++) {
            try (Socket socket = client.createSocket(RawClient.open(server.port()), "127.0.0.1", server.port(), true)) {
                RawClient.write(socket, "GET /primary HTTP/1.1\r\nHost: test\r\n\r\n");
                assertEquals(200, RawClient.status(RawClient.readAll(socket)));
            }
        }
        assertTrue(server.facts().open() <= Connections.LIMIT, "bounded");
    }

    /** The first message of a client that then never reads what the server says to it. */
    private static void sayHello(SSLSocketFactory client, Socket socket) throws IOException {
        var secure = (SSLSocket) client.createSocket(new OneWay(socket), "127.0.0.1", socket.getPort(), false);
        try {
            secure.startHandshake();
        } catch (IOException _) {
            // there is nothing to read
        }
    }

    @Test
    void thoseWhoDoNotReadMakeRoom() throws Exception {
        server.start(Samples.http());
        gather(CROWD, (socket, _) -> RawClient.write(socket, "GET /patroni HTTP/1.1\r\nHost: test\r\n\r\n"));
        for (int i = 0; i < CHECKS; i++) {
            assertEquals(200, RawClient.status(RawClient.request(server.port(), "GET", "/primary")));
        }
        assertTrue(server.facts().open() <= Connections.LIMIT, "bounded");
    }

    /** The server hangs, and everybody waits for it: the oldest question makes room, a restart never does. */
    @Test
    void questionsMakeRoomControlsDoNot() throws Exception {
        var hang = new CountDownLatch(1);
        var slow = new RestServer(
                node,
                new SilentPeers(),
                () -> {
                    awaitQuietly(hang);
                    return Optional.empty();
                },
                new LivePage(TimeSource.system()),
                TimeSource.system());
        try (slow) {
            slow.start(Samples.http());
            node.onRestart = () -> awaitQuietly(hang);
            try (Socket restart = RawClient.open(slow.port())) {
                RawClient.write(restart, "POST /restart HTTP/1.1\r\nHost: test\r\n\r\n");
                await(() -> !node.asked.isEmpty());
                for (int i = 0; i < CROWD; i++) {
                    Socket socket = RawClient.open(slow.port());
                    crowd.add(socket);
                    RawClient.write(socket, "GET /patroni HTTP/1.1\r\nHost: test\r\n\r\n");
                }
                for (int i = 0; i < CHECKS; i++) {
                    assertEquals(200, RawClient.status(RawClient.request(slow.port(), "GET", "/primary")));
                }
                hang.countDown();
                assertEquals("200 restarted successfully", RawClient.brief(RawClient.readAll(restart)));
            }
        } finally {
            hang.countDown();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void whoeverTakesTooLongIsCutOff() throws Exception {
        var clock = new ShiftedTime();
        try (var timed = new RestServer(
                node, new SilentPeers(), () -> Optional.of(Samples.primary()), new LivePage(clock), clock)) {
            timed.start(Samples.http());
            try (Socket silent = RawClient.open(timed.port())) {
                RawClient.write(silent, "GET /prim");
                await(() -> timed.facts().open() == 1);
                clock.advance(Duration.ofSeconds(11));
                assertEquals("", RawClient.readAll(silent));
                await(() -> timed.facts().open() == 0);
            }
        }
    }

    private static RestSettings tls() throws Exception {
        String certificate = new Certificates(directory).issue("server", "IP:127.0.0.1");
        return Samples.settings(null, List.of(), new Samples.Tls(certificate, null, VerifyClient.NONE));
    }

    private static SSLSocketFactory trustingClient() throws Exception {
        var context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {TlsTrust.anybody()}, new SecureRandom());
        return context.getSocketFactory();
    }

    /** A socket whose other side seems to have nothing more to say. */
    private static final class OneWay extends Socket {
        private final Socket socket;

        OneWay(Socket socket) {
            this.socket = socket;
        }

        @Override
        public InputStream getInputStream() {
            return InputStream.nullInputStream();
        }

        @Override
        public OutputStream getOutputStream() throws IOException {
            return socket.getOutputStream();
        }

        @Override
        public boolean isConnected() {
            return true;
        }

        @Override
        public @Nullable InetAddress getInetAddress() {
            return socket.getInetAddress();
        }

        @Override
        public int getPort() {
            return socket.getPort();
        }
    }

    /** The clock of the machine, and what a test adds. */
    private static final class ShiftedTime implements TimeSource {
        private volatile Duration shift = Duration.ZERO;

        void advance(Duration by) {
            shift = shift.plus(by);
        }

        @Override
        public MonotonicTime now() {
            return TimeSource.system().now().plus(shift);
        }

        @Override
        public Instant wallClock() {
            return TimeSource.system().wallClock();
        }

        @Override
        public void sleep(Duration duration) throws InterruptedException {
            TimeSource.system().sleep(duration);
        }
    }
}

package io.matriarch.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.http.RestResult.Answer;
import io.matriarch.http.RestResult.Failed;
import io.matriarch.model.config.BasicAuth;
import io.matriarch.model.config.ClientSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against a server that says exactly what a test wants, or nothing. */
class RestClientTest {

    private static final Duration AMPLE = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(300);

    /** What the server does with a connection whose request was read. */
    private interface Script {
        void play(Socket socket, OutputStream out) throws IOException, InterruptedException;
    }

    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final RestClient client = client(null);
    private volatile Script script = (_, out) -> answer(out, 200, "fine");
    private ServerSocket server;
    private Thread acceptor;

    private static RestClient client(@Nullable BasicAuth auth) {
        return new RestClient(new ClientSettings(auth, true, null, null, null, null), true);
    }

    @BeforeEach
    void listen() throws IOException {
        server = new ServerSocket(0, 20, InetAddress.getLoopbackAddress());
        acceptor = Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try (Socket socket = server.accept()) {
                    requests.add(readRequest(socket));
                    script.play(socket, socket.getOutputStream());
                } catch (IOException _) {
                    // The client went away, or the test is over.
                } catch (InterruptedException _) {
                    return;
                }
            }
        });
    }

    @AfterEach
    void close() throws IOException, InterruptedException {
        server.close();
        acceptor.interrupt();
        acceptor.join();
    }

    /** Head and body, lines joined by a bar. */
    private static String readRequest(Socket socket) throws IOException {
        var reader = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        var lines = new ArrayList<String>();
        int length = 0;
        String line = reader.readLine();
        while (line != null && !line.isEmpty()) {
            lines.add(line);
            if (line.regionMatches(true, 0, "Content-Length:", 0, 15)) {
                length = Integer.parseInt(line.substring(15).strip());
            }
            line = reader.readLine();
        }
        char[] body = new char[length];
        int read = 0;
        while (read < length) {
            read += reader.read(body, read, length - read);
        }
        lines.add(new String(body));
        return String.join("|", lines);
    }

    private static void answer(OutputStream out, int code, String body) throws IOException {
        out.write(("HTTP/1.0 " + code + " X\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.UTF_8));
    }

    /** The answer without its headers. */
    private RestResult call(String method, @Nullable String body, Duration deadline) {
        RestResult result = client.send(new RestCall(method, url(), body, deadline));
        return result instanceof Answer(int status, String text, var _) ? new Answer(status, text) : result;
    }

    private String url() {
        return "http://127.0.0.1:" + server.getLocalPort() + "/patroni";
    }

    @Test
    void anyCodeIsAnAnswerWithItsText() {
        assertEquals(new Answer(200, "fine"), call("GET", null, AMPLE));
        script = (_, out) -> answer(out, 503, "restart failed");
        assertEquals(new Answer(503, "restart failed"), call("POST", "{}", AMPLE));
        script = (_, out) -> answer(out, 401, "not authenticated");
        assertEquals(new Answer(401, "not authenticated"), call("POST", "{}", AMPLE));
        script = (_, out) -> answer(out, 503, "");
        assertEquals(new Answer(503, ""), call("GET", null, AMPLE));
    }

    @Test
    void everyMethodCarriesItsBody() {
        for (String method : List.of("POST", "PUT", "PATCH", "DELETE")) {
            call(method, "{\"pause\": true}", AMPLE);
            assertTrue(requests.getLast().startsWith(method + " /patroni HTTP/1.1|"), requests.getLast());
            assertTrue(requests.getLast().endsWith("|{\"pause\": true}"), requests.getLast());
        }
    }

    @Test
    void credentialsAreSentAtOnceAlsoWithGet() {
        RestClient known = client(new BasicAuth("admin", "s3crét"));
        known.send(RestCall.get(url(), AMPLE));
        String expected = Base64.getEncoder().encodeToString("admin:s3crét".getBytes(StandardCharsets.UTF_8));
        assertTrue(requests.getLast().contains("Authorization: Basic " + expected), requests.getLast());
        known.send(new RestCall("PATCH", url(), "{}", AMPLE));
        assertTrue(requests.getLast().contains("Authorization: Basic " + expected), requests.getLast());
    }

    @Test
    @Timeout(15)
    void silenceEndsAtTheDeadline() {
        script = (_, _) -> Thread.sleep(60_000);
        assertTrue(assertInstanceOf(Failed.class, call("GET", null, SHORT)).sent());
    }

    @Test
    @Timeout(15)
    void anAnswerThatTricklesEndsAtTheDeadline() {
        // Each read succeeds well within its own limit; only a limit on the whole ends this.
        script = (_, out) -> {
            out.write("HTTP/1.0 200 OK\r\nContent-Length: 100000\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            for (int i = 0; i < 1000; i++) {
                out.write('x');
                out.flush();
                Thread.sleep(50);
            }
        };
        assertInstanceOf(Failed.class, call("GET", null, SHORT));
    }

    @Test
    void aPostWhoseConnectionBreaksIsNotRepeated() {
        script = (_, _) -> {};
        Failed failed = assertInstanceOf(Failed.class, call("POST", "{}", AMPLE));
        assertTrue(failed.sent());
        assertEquals(1, requests.size());
        assertInstanceOf(Failed.class, call("PATCH", "{}", AMPLE));
        assertEquals(2, requests.size());
    }

    @Test
    void aRefusedConnectionWasSurelyNotSent() throws IOException {
        server.close();
        assertFalse(assertInstanceOf(Failed.class, call("GET", null, AMPLE)).sent());
        assertFalse(assertInstanceOf(Failed.class, call("POST", "{}", AMPLE)).sent());
        assertFalse(assertInstanceOf(Failed.class, call("PATCH", "{}", AMPLE)).sent());
    }

    @Test
    void badUrlsAreFailuresNotExceptions() {
        for (String url : List.of("", "nonsense", "ftp://x/y", "http://", "http://a b/")) {
            assertInstanceOf(Failed.class, client.send(RestCall.get(url, AMPLE)), url);
        }
    }

    @Test
    void anEndlessAnswerIsCut() {
        script = (_, out) -> {
            out.write("HTTP/1.0 200 OK\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            byte[] block = new byte[1 << 16];
            for (int i = 0; i < 1000; i++) {
                out.write(block);
            }
        };
        assertTrue(assertInstanceOf(Failed.class, call("GET", null, AMPLE))
                .reason()
                .contains("longer than"));
    }

    /** A server that would keep connections but loses them must not make every second request fail. */
    @Test
    void eachRequestHasAConnectionOfItsOwn() {
        script = (_, out) ->
                out.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine".getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < 4; i++) {
            assertEquals(new Answer(200, "fine"), call("POST", null, AMPLE));
        }
    }
}

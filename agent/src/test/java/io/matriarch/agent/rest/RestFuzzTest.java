package io.matriarch.agent.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.agent.page.LivePage;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.BasicAuth;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Bytes that no honest client sends: request lines, headers and bodies, cut and mixed by chance from a fixed seed. None
 * may cause an error of the server, a stack trace or the loss of a later answer, and the password stays secret.
 */
class RestFuzzTest {

    private static final int ROUNDS = 1500;
    private static final String PASSWORD = "open-sesame-4711";
    private static final String CREDENTIALS = "Authorization: Basic dTpvcGVuLXNlc2FtZS00NzEx"; // u:password

    private static final String[] PATHS = {
        "/config", "/restart", "/switchover", "/failover", "/reinitialize", "/failsafe", "/citus", "/mpp", "/reload",
        "/sigterm", "/replica?lag=", "/replica?lag=%zz&tag_=1", "/%", "/%00", "//", "/..//config", "/config/../x", "*",
        "http://h/config", "/\u00e4", "/a?b?c=d&&=&=x&tag_a", "/readiness?lag=99999999999999999999&mode=x", ""
    };
    private static final String[] METHODS = {
        "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "BREW", "get", "", "\u0000"
    };
    private static final String[] BODIES = {
        "{}",
        "[]",
        "null",
        "1",
        "\"x\"",
        "{",
        "}",
        "{\"a\"}",
        "{\"leader\": {}}",
        "{\"leader\": [], \"candidate\": 1}",
        "{\"leader\":\"nobody\",\"candidate\":\"n2\"}",
        "{\"leader\":\"nobody\",\"scheduled_at\":\"soon\"}",
        "{\"leader\":\"nobody\",\"scheduled_at\":{\"a\":1}}",
        "{\"schedule\": []}",
        "{\"schedule\":\"9999999-01-01\"}",
        "{\"timeout\": -1}",
        "{\"timeout\": \"1e999\"}",
        "{\"timeout\": 1e400}",
        "{\"role\": null}",
        "{\"role\": \"king\"}",
        "{\"postgres_version\": 15}",
        "{\"postgres_version\": {}}",
        "{\"restart_pending\": {}}",
        "{\"force\": \"x\"}",
        "{\"ttl\": {\"ttl\": {}}}",
        "{\"ttl\": 1e999}",
        "\u0000\u0001",
        "{\"\ud83d\ude00\": \"\\ud800\"}",
        "{\"name\":1,\"conn_url\":[],\"api_url\":{},\"slots\":7}"
    };
    private static final String[] HEADERS = {
        "Content-Length: -1",
        "Content-Length: x",
        "Content-Length: 99999999999999999999",
        "Content-Length: 5, 5",
        "Transfer-Encoding: chunked",
        "Authorization: Basic",
        "Authorization: Basic ****",
        "Authorization: \u0000",
        "Expect: 100-continue",
        "Connection: keep-alive",
        ": nothing",
        "X",
        "Host:",
        "Cookie: " + "a".repeat(9000)
    };

    private final List<String> errors = new CopyOnWriteArrayList<>();
    private final Logger log = Logger.getLogger("patroni.api");
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord record) {
            if (record.getLevel().intValue() >= Level.SEVERE.intValue()) {
                errors.add(record.getMessage() + " " + record.getThrown());
            }
        }

        @Override
        public void flush() {
            // nothing is kept
        }

        @Override
        public void close() {
            // nothing is open
        }
    };
    private final RestServer server = new RestServer(
            new FakeNode(),
            new SilentPeers(),
            () -> Optional.of(Samples.primary()),
            new LivePage(TimeSource.system()),
            TimeSource.system());

    @BeforeEach
    void start() throws RestServerException {
        log.addHandler(handler);
        server.start(Samples.settings(new BasicAuth("u", PASSWORD), List.of(), null));
    }

    @AfterEach
    void stop() {
        server.close();
        log.removeHandler(handler);
    }

    @Test
    void noInputCausesAnErrorOfTheServer() throws IOException {
        var random = new Random(4711);
        for (int round = 0; round < ROUNDS; round++) {
            String request = request(random);
            String answer = send(request);
            String shown = "round " + round + ":\n" + request + "\n--\n" + answer;
            assertFalse(answer.contains("\tat ") || answer.contains(PASSWORD), shown);
            if (!answer.isEmpty()) {
                int status = RawClient.status(answer);
                boolean healthCheck =
                        request.startsWith("GET") || request.startsWith("HEAD") || request.startsWith("OPTIONS");
                assertTrue(
                        status < 500 || status == 501 || (healthCheck && status <= 503) || isPlanned(request, status),
                        shown);
            }
            assertEquals(List.of(), errors, shown);
        }
        assertEquals(200, RawClient.status(RawClient.request(server.port(), "GET", "/primary")));
    }

    /** What the contract asks for: failsafe mode is off, and this node leads. */
    private static boolean isPlanned(String request, int status) {
        return (status == 502 && request.contains("failsafe")) || (status == 503 && request.contains("reinitialize"));
    }

    private static String request(Random random) {
        String body = random.nextInt(4) == 0 ? deep(random) : pick(BODIES, random);
        var text = new StringBuilder();
        text.append(pick(METHODS, random))
                .append(' ')
                .append(pick(PATHS, random))
                .append(' ');
        text.append(random.nextInt(8) == 0 ? "HTTP/9.9" : "HTTP/1.1").append("\r\n");
        if (random.nextInt(3) > 0) {
            text.append(CREDENTIALS).append("\r\n");
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            text.append(pick(HEADERS, random)).append("\r\n");
        }
        if (random.nextInt(4) > 0) {
            text.append("Content-Length: ")
                    .append(body.getBytes(StandardCharsets.UTF_8).length)
                    .append("\r\n");
        }
        text.append("\r\n").append(body);
        if (random.nextInt(5) == 0) {
            text.setLength(random.nextInt(text.length() + 1));
        }
        if (random.nextInt(5) == 0 && !text.isEmpty()) {
            text.setCharAt(random.nextInt(text.length()), (char) random.nextInt(256));
        }
        return text.toString();
    }

    private static String deep(Random random) {
        int depth = random.nextInt(3000);
        return "{\"a\":".repeat(depth) + "1" + "}".repeat(random.nextBoolean() ? depth : depth / 2);
    }

    private static String pick(String[] from, Random random) {
        return from[random.nextInt(from.length)];
    }

    /** Sends everything, says that nothing more comes, and reads what comes back; a reset is no answer. */
    private String send(String request) throws IOException {
        try (Socket socket = RawClient.open(server.port())) {
            try {
                RawClient.write(socket, request);
                socket.shutdownOutput();
                return RawClient.readAll(socket);
            } catch (IOException _) {
                return "";
            }
        }
    }
}

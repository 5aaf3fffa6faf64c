package io.matriarch.agent.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.agent.node.NodeStatus;
import io.matriarch.agent.page.LivePage;
import io.matriarch.agent.page.Surroundings;
import io.matriarch.model.JournalEntry;
import io.matriarch.model.LeaderKey;
import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import io.matriarch.model.TimeSource;
import io.matriarch.postgres.LocalFacts.Slot;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page and its stream on a real socket. */
class PageTest {

    private static final int ALLOWED_BYTES = 200_000;
    private static final int LISTENERS = 128;

    /** The clock of the machine; pauses between frames are left out. */
    private static final TimeSource QUICK = new TimeSource() {
        @Override
        public MonotonicTime now() {
            return TimeSource.system().now();
        }

        @Override
        public Instant wallClock() {
            return TimeSource.system().wallClock();
        }

        @Override
        public void sleep(Duration duration) {}
    };

    @TempDir
    static Path directory;

    private final FakeNode node = new FakeNode();
    private final LivePage page = new LivePage(QUICK);
    private final RestServer server =
            new RestServer(node, new SilentPeers(), () -> Optional.of(Samples.primary()), page, TimeSource.system());
    private int port;

    @BeforeEach
    void start() throws RestServerException {
        server.start(Samples.http());
        page.start(node);
        port = server.port();
    }

    @AfterEach
    void stop() {
        page.close();
        server.close();
    }

    private String get(String path, String... headers) throws IOException {
        return RawClient.request(port, "GET", path, headers);
    }

    // ---- files

    @Test
    void thePageRunsOnlyWhatTheAgentServes() throws IOException {
        String answer = get("/ui/");
        assertEquals(200, RawClient.status(answer));
        assertTrue(answer.contains("Content-Type: text/html; charset=utf-8"), answer);
        String policy = header(answer, "Content-Security-Policy");
        assertTrue(policy.startsWith("default-src 'none'; script-src 'self'; style-src 'self';"), policy);
        assertFalse(policy.contains("unsafe"), policy);
        assertEquals("nosniff", header(answer, "X-Content-Type-Options"));
        String html = RawClient.body(answer);
        assertFalse(
                Pattern.compile("<script(?![^>]*\\ssrc=)|\\son\\w+=|\\sstyle=|<style")
                        .matcher(html)
                        .find(),
                html);
        assertFalse(html.contains("//"), "nothing from elsewhere");
    }

    /** Also the guard of the list of files: what one of them names is there. */
    @Test
    void allFilesAreThereAndSmall() throws IOException {
        var names = new ArrayList<>(List.of("index.html"));
        int bytes = 0;
        for (int i = 0; i < names.size(); i++) {
            String answer = get("/ui/" + names.get(i));
            assertEquals(200, RawClient.status(answer), names.get(i));
            bytes += RawClient.body(answer).getBytes(StandardCharsets.UTF_8).length;
            Matcher named = Pattern.compile("(?:href|src)=\"([\\w.]+)\"|from '\\./([\\w.]+)'")
                    .matcher(RawClient.body(answer));
            while (!names.get(i).startsWith("uPlot") && named.find()) {
                String name = named.group(1) == null ? named.group(2) : named.group(1);
                if (!names.contains(name)) {
                    names.add(name);
                }
            }
        }
        assertTrue(
                names.containsAll(List.of("page.js", "curves.js", "page.css", "uPlot.iife.min.js", "uPlot.LICENSE")));
        assertTrue(bytes < ALLOWED_BYTES, names + " have " + bytes + " bytes");
    }

    @Test
    void whatTheBrowserHasIsNotSentAgain() throws IOException {
        String tag = header(get("/ui/page.css"), "ETag");
        String again = get("/ui/page.css", "If-None-Match: \"other\", " + tag);
        assertEquals(304, RawClient.status(again));
        assertEquals("", RawClient.body(again));
        assertEquals(200, RawClient.status(get("/ui/page.css", "If-None-Match: \"other\"")));
    }

    @Test
    void otherNamesAreNotServed() throws IOException {
        for (String path : List.of("/ui/LivePage.class", "/ui/../rest/Router.class", "/ui/%2e%2e/x", "/ui/none")) {
            assertEquals(404, RawClient.status(get(path)), path);
        }
        assertEquals("ui/", header(get("/ui"), "Location"));
        assertEquals(501, RawClient.status(RawClient.post(port, "/ui/", "{}")));
    }

    private static String header(String answer, String name) {
        return answer.lines()
                .filter(line -> line.startsWith(name + ": "))
                .map(line -> line.substring(name.length() + 2))
                .findFirst()
                .orElse("");
    }

    // ---- the stream

    /** A client that reads frame by frame. It speaks HTTP/1.0 and so gets the stream without chunks. */
    private final class Listener implements AutoCloseable {
        private final Socket socket = new Socket();
        private final BufferedReader lines;
        final String status;

        Listener(String... headers) throws IOException {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            socket.setSoTimeout(20_000);
            RawClient.write(socket, "GET /events HTTP/1.0\r\nHost: test\r\n" + String.join("", headers) + "\r\n");
            lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            status = lines.readLine();
        }

        /** The document of the next frame of this kind. */
        JsonObject await(String event) throws IOException {
            while (true) {
                String line = next();
                if (line.equals("event: " + event)) {
                    return Samples.json(next().substring("data: ".length()));
                }
            }
        }

        String awaitLine(String start) throws IOException {
            String line = next();
            while (!line.startsWith(start)) {
                line = next();
            }
            return line;
        }

        private String next() throws IOException {
            String line = lines.readLine();
            if (line == null) {
                throw new IOException("the stream has ended");
            }
            return line;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private void publish(NodeStatus status) {
        node.status = status;
        page.published(node.status());
    }

    private void publish() {
        publish(new Samples.Node().build());
    }

    @Test
    void aListenerGetsThePresentThenWhatChanges() throws IOException {
        publish();
        try (var first = new Listener()) {
            assertEquals("HTTP/1.0 200 OK", first.status);
            first.awaitLine("Content-Type: text/event-stream");
            assertEquals("retry: 3000", first.awaitLine("retry"));
            JsonObject cluster = first.await("cluster");
            assertEquals("n1", cluster.getAsJsonObject("lease").get("holder").getAsString());
            JsonObject n2 = cluster.getAsJsonArray("members").get(1).getAsJsonObject();
            assertEquals("n1", n2.get("follows").getAsString());
            assertEquals("http://10.0.0.2:8008/ui/", n2.get("page").getAsString());
            assertEquals(96, n2.get("lag").getAsInt());
            assertTrue(cluster.getAsJsonObject("if_the_leader_dies")
                    .get("summary")
                    .getAsString()
                    .startsWith("n2 takes over"));
            assertEquals(0, first.await("past").getAsJsonArray("happenings").size());
            first.await("curves");

            var next = new Samples.Node();
            next.view = Samples.view().withLeader(new LeaderKey("n2", true, new Revision(4)));
            publish(next.build());
            assertEquals(
                    "n2",
                    first.await("cluster")
                            .getAsJsonObject("lease")
                            .get("holder")
                            .getAsString());
            String id = first.awaitLine("id: ");
            assertTrue(texts(first.await("past")).contains("n2 leads in place of n1"));

            try (var second = new Listener("Last-Event-ID: " + id.substring(4) + "\r\n")) {
                JsonObject past = second.await("past");
                assertFalse(past.get("complete").getAsBoolean());
                assertEquals(0, past.getAsJsonArray("happenings").size());
            }
            try (var stranger = new Listener("Last-Event-ID: of-another-process.7\r\n")) {
                JsonObject past = stranger.await("past");
                assertTrue(past.get("complete").getAsBoolean());
                assertTrue(texts(past).contains("n2 leads in place of n1"));
            }
        }
    }

    private static List<String> texts(JsonObject past) {
        return past.getAsJsonArray("happenings").asList().stream()
                .map(JsonElement::getAsJsonObject)
                .map(o -> o.get("text").getAsString())
                .toList();
    }

    /** A second agent of the same node, with what the first one left on disk. */
    @Test
    void thePastGoesOnWhereThePredecessorEnded() throws IOException {
        var entry = new JournalEntry(
                Instant.parse("2026-11-26T03:00:00Z"),
                "n1",
                "NO_RACE",
                "This node may not take the lock.",
                false,
                "following a different leader because i am not the healthiest node",
                "",
                List.of("Wal position of n2 is ahead of my wal position"),
                0,
                0);
        var routine = new JournalEntry(
                entry.at(),
                "n1",
                "LEAD",
                "",
                false,
                "no action. I am (n1), the leader with the lock",
                "",
                List.of(),
                0,
                0);
        page.begin(
                new Surroundings("embedded", List.of("n1", "n2", "w"), directory),
                entry.toJson() + "\n" + routine.toJson() + "\n" + "{\"at\":\"cut off");
        publish();
        try (var listener = new Listener()) {
            JsonObject cluster = listener.await("cluster");
            assertEquals(
                    "[\"n1\",\"n2\",\"w\"]",
                    cluster.getAsJsonObject("store").get("voters").toString());
            JsonArray past = listener.await("past").getAsJsonArray("happenings");
            assertEquals(1, past.size());
            JsonObject first = past.get(0).getAsJsonObject();
            assertEquals("refusal", first.get("kind").getAsString());
            assertEquals("This node may not take the lock.", first.get("rule").getAsString());
            assertEquals(
                    "[\"Wal position of n2 is ahead of my wal position\"]",
                    first.get("reasons").toString());
        }
    }

    @Test
    void roomOnDiskAndInSlotsIsShown() throws IOException {
        page.begin(new Surroundings("etcd3", List.of(), directory), "");
        try (var listener = new Listener()) {
            JsonObject cluster = null;
            while (cluster == null || cluster.getAsJsonArray("disks").isEmpty()) {
                publish(withSlot(4096));
                cluster = listener.await("cluster");
            }
            JsonObject disk = cluster.getAsJsonArray("disks").get(0).getAsJsonObject();
            assertEquals("data", disk.get("holds").getAsString());
            assertTrue(
                    disk.get("size_bytes").getAsLong() >= disk.get("free_bytes").getAsLong());
            JsonObject slot = cluster.getAsJsonArray("slots").get(0).getAsJsonObject();
            assertEquals(96, slot.get("held_bytes").getAsInt());
            assertEquals(4096, slot.get("safe_bytes").getAsInt());
            assertFalse(slot.has("lost_in_ms"), "nothing is known of the rate");
        }
    }

    private static NodeStatus withSlot(long safeWalBytes) {
        var slot = new Slot(
                "n2",
                "physical",
                null,
                null,
                true,
                new Lsn(0x5000000),
                Lsn.NONE,
                null,
                "extended",
                false,
                false,
                safeWalBytes);
        var changed = new Samples.Node();
        changed.snapshot = Optional.of(Samples.primary(slot));
        return changed.build();
    }

    @Test
    void whoeverDoesNotReadIsDroppedAndNobodyWaitsForIt() throws IOException {
        publish();
        try (Socket lazy = RawClient.open(port);
                var eager = new Listener()) {
            RawClient.write(lazy, "GET /events HTTP/1.1\r\nHost: test\r\n\r\n");
            assertEquals('H', lazy.getInputStream().read());
            eager.await("cluster");
            String filling = "x".repeat(1 << 16);
            int rounds = 300; // 20 MB: more than the kernel takes for the lazy one, then its queue
            for (int i = 0; i < rounds; i++) {
                publish(withResult(i + filling));
                eager.await("cluster");
            }
            assertTrue(bytesLeft(lazy) < rounds * filling.length(), "it got everything");
            assertEquals(200, RawClient.status(get("/primary")));
        }
    }

    /** What a connection that the server has given up still has to read; all that was sent if it has not. */
    private static int bytesLeft(Socket socket) throws IOException {
        byte[] buffer = new byte[1 << 16];
        int sum = 0;
        try {
            for (int n = 0;
                    n >= 0 && sum < 300 << 16;
                    n = socket.getInputStream().read(buffer)) {
                sum += n;
            }
        } catch (SocketException _) {
            // cut off in the middle
        }
        return sum;
    }

    private static NodeStatus withResult(String result) {
        var changed = new Samples.Node();
        changed.lastResult = result;
        return changed.build();
    }

    @Test
    void manyMayListenButNotAll() throws IOException, InterruptedException {
        publish();
        var listeners = new ArrayList<Listener>();
        try {
            for (int i = 0; i < LISTENERS; i++) {
                var listener = new Listener();
                listener.await("cluster");
                listeners.add(listener);
            }
            assertEquals(503, RawClient.status(get("/events")));
            assertEquals(200, RawClient.status(get("/primary")));
            publish(withResult("next"));
            for (Listener listener : listeners) {
                listener.await("cluster");
            }
            listeners.removeFirst().close();
            awaitAPlace();
        } finally {
            for (Listener listener : listeners) {
                listener.close();
            }
        }
    }

    /** That a listener has gone is noticed when the next frames are written. */
    private void awaitAPlace() throws IOException, InterruptedException {
        MonotonicTime limit = QUICK.now().plus(Duration.ofSeconds(20));
        while (QUICK.now().isBefore(limit)) {
            publish();
            try (var listener = new Listener()) {
                if (listener.status.contains("200")) {
                    return;
                }
            }
            TimeSource.system().sleep(Duration.ofMillis(20));
        }
        throw new AssertionError("no place became free");
    }

    @Test
    void theStreamEndsWithTheServer() throws IOException {
        publish();
        try (var listener = new Listener()) {
            listener.await("cluster");
            page.close();
            IOException end = assertThrows(IOException.class, () -> listener.await("cluster"));
            assertFalse(end instanceof SocketTimeoutException, "it was left open");
            assertTrue(
                    end instanceof SocketException || "the stream has ended".equals(end.getMessage()), end::toString);
        }
    }
}

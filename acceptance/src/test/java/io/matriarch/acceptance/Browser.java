package io.matriarch.acceptance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** One tab of a headless Chromium, spoken to over its debugging protocol. */
final class Browser implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Path directory;
    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final AtomicInteger calls = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonObject>> waiting = new ConcurrentHashMap<>();
    /** What the page complained about: exceptions, refused scripts and styles. */
    final List<String> complaints = new CopyOnWriteArrayList<>();

    static boolean isInstalled() {
        return Stream.of(System.getenv("PATH").split(":")).anyMatch(d -> Files.isExecutable(Path.of(d, "chromium")));
    }

    Browser() throws Exception {
        directory = Files.createTempDirectory("browser");
        process = new ProcessBuilder(List.of(
                        "chromium",
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--hide-scrollbars",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + directory,
                        "about:blank"))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        try {
            Path portFile = directory.resolve("DevToolsActivePort");
            Await.until(
                    "Chromium listens",
                    LIMIT,
                    () -> Files.readAllLines(portFile).size() > 1);
            socket = http.newWebSocketBuilder()
                    .connectTimeout(LIMIT)
                    .buildAsync(tab(Files.readAllLines(portFile).getFirst()), new Listener())
                    .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            for (String domain : List.of("Page", "Runtime", "Log", "Accessibility")) {
                call(domain + ".enable", new JsonObject());
            }
        } catch (Exception | Error e) {
            end();
            throw e;
        }
    }

    private static URI tab(String port) throws IOException {
        var connection = (HttpURLConnection)
                URI.create("http://127.0.0.1:" + port + "/json").toURL().openConnection();
        connection.setReadTimeout(5000);
        try (var body = connection.getInputStream()) {
            for (JsonElement tab : JsonParser.parseString(new String(body.readAllBytes(), StandardCharsets.UTF_8))
                    .getAsJsonArray()) {
                if (tab.getAsJsonObject().get("type").getAsString().equals("page")) {
                    return URI.create(
                            tab.getAsJsonObject().get("webSocketDebuggerUrl").getAsString());
                }
            }
        }
        throw new IOException("Chromium has no tab");
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                take(JsonParser.parseString(text.toString()).getAsJsonObject());
                text.setLength(0);
            }
            from.request(1);
            return CompletableFuture.completedStage(null);
        }
    }

    private void take(JsonObject message) {
        if (message.has("id")) {
            CompletableFuture<JsonObject> answer =
                    waiting.remove(message.get("id").getAsInt());
            if (answer != null) {
                answer.complete(message);
            }
            return;
        }
        String method = message.get("method").getAsString();
        // A lost connection is logged too; that is what some tests are about.
        boolean network = message.toString().contains("\"source\":\"network\"");
        // The accessibility checker looks at pixels, and Chromium has advice for it.
        boolean advice = message.toString().contains("\"source\":\"rendering\"");
        if (method.equals("Runtime.exceptionThrown") || (method.equals("Log.entryAdded") && !network && !advice)) {
            complaints.add(message.get("params").toString());
        }
    }

    private JsonObject call(String method, JsonObject parameters) throws Exception {
        int id = calls.incrementAndGet();
        var request = new JsonObject();
        request.addProperty("id", id);
        request.addProperty("method", method);
        request.add("params", parameters);
        var answer = new CompletableFuture<JsonObject>();
        waiting.put(id, answer);
        socket.sendText(request.toString(), true).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        JsonObject message = answer.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        if (!message.has("result")) {
            throw new IOException(method + ": " + message);
        }
        return message.getAsJsonObject("result");
    }

    void open(String url) throws Exception {
        call("Page.navigate", object("url", new JsonPrimitive(url)));
    }

    private static JsonObject object(String name, JsonElement value) {
        var o = new JsonObject();
        o.add(name, value);
        return o;
    }

    /** The text that an expression of the page's language gives. */
    String evaluate(String expression) throws Exception {
        JsonObject result = call(
                        "Runtime.evaluate", object("expression", new JsonPrimitive("String(" + expression + ")")))
                .getAsJsonObject("result");
        return result.has("value") ? result.get("value").getAsString() : result.toString();
    }

    /** The same for a promise, once it is kept. */
    String settle(String promise) throws Exception {
        JsonObject o = object("expression", new JsonPrimitive(promise));
        o.addProperty("awaitPromise", true);
        o.addProperty("returnByValue", true);
        JsonObject result = call("Runtime.evaluate", o);
        if (result.has("exceptionDetails")) {
            throw new IOException(result.get("exceptionDetails").toString());
        }
        return result.getAsJsonObject("result").get("value").getAsString();
    }

    /** The visible text of the first element that matches. */
    String text(String selector) throws Exception {
        return evaluate("document.querySelector('" + selector + "')?.innerText");
    }

    void awaitText(String selector, String part) {
        Await.until(
                selector + " says \"" + part + "\"",
                TestCluster.FAILOVER,
                () -> text(selector).contains(part),
                this::describe);
    }

    String describe() {
        try {
            return complaints + "\n" + evaluate("document.body.innerText");
        } catch (Exception e) {
            return e.toString();
        }
    }

    /** Names of all elements of this role as a screen reader would say them. */
    List<String> spoken(String role) throws Exception {
        var names = new ArrayList<String>();
        for (JsonElement node :
                call("Accessibility.getFullAXTree", new JsonObject()).getAsJsonArray("nodes")) {
            JsonObject o = node.getAsJsonObject();
            boolean ignored = o.has("ignored") && o.get("ignored").getAsBoolean();
            if (!ignored && value(o, "role").equals(role)) {
                names.add(value(o, "name"));
            }
        }
        return names;
    }

    private static String value(JsonObject node, String property) {
        return node.has(property) && node.getAsJsonObject(property).has("value")
                ? node.getAsJsonObject(property).get("value").getAsString()
                : "";
    }

    /** How wide the window is, and in which colours the reader wants the page. */
    void look(int width, String colours) throws Exception {
        var size = new JsonObject();
        size.addProperty("width", width);
        size.addProperty("height", 900);
        size.addProperty("deviceScaleFactor", 1);
        size.addProperty("mobile", false);
        call("Emulation.setDeviceMetricsOverride", size);
        call(
                "Emulation.setEmulatedMedia",
                JsonParser.parseString(
                                "{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"" + colours + "\"}]}")
                        .getAsJsonObject());
    }

    /** What the accessibility checker axe-core finds wrong with the page as it is now: rule and element. */
    List<String> barriers() throws Exception {
        if (!evaluate("typeof axe").equals("object")) {
            call("Runtime.evaluate", object("expression", new JsonPrimitive(Axe.SOURCE)));
        }
        String found = settle("axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify("
                + "r.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.html + ' ' + n.failureSummary))))");
        return JsonParser.parseString(found).getAsJsonArray().asList().stream()
                .map(JsonElement::getAsString)
                .toList();
    }

    /** A picture of the whole page. */
    void screenshot(Path file) throws Exception {
        JsonObject picture = call("Page.captureScreenshot", object("captureBeyondViewport", new JsonPrimitive(true)));
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, Base64.getDecoder().decode(picture.get("data").getAsString()));
    }

    private void end() {
        List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
        all.add(process.toHandle());
        all.forEach(ProcessHandle::destroyForcibly);
        all.forEach(p -> Await.until("process " + p.pid() + " is gone", LIMIT, () -> !p.isAlive()));
        Machine.delete(directory);
        http.close();
    }

    @Override
    public void close() {
        socket.abort();
        end();
    }
}

package io.matriarch.ctl.patroni;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** The REST API of a member that answers as told and remembers what it was asked. */
public final class FakeMember implements AutoCloseable {

    private record Reply(int status, String body) {}

    private final HttpServer server;
    private final Map<String, Reply> replies = new ConcurrentHashMap<>();
    private volatile String authorization = "";
    private final List<String> requests = new CopyOnWriteArrayList<>();

    public FakeMember() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.start();
    }

    /** @param request for instance {@code POST /restart} */
    public FakeMember answers(String request, int status, String body) {
        replies.put(request, new Reply(status, body));
        return this;
    }

    /** Refuses whoever does not send this header. */
    public FakeMember wants(String header) {
        authorization = header;
        return this;
    }

    /** Method, path and body of each request, in their order. */
    public List<String> requests() {
        return requests;
    }

    public String apiUrl() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/patroni";
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String request = exchange.getRequestMethod() + " " + exchange.getRequestURI();
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            requests.add(body.isEmpty() ? request : request + " " + body);
            boolean known = authorization.isEmpty()
                    || authorization.equals(exchange.getRequestHeaders().getFirst("Authorization"));
            Reply reply = known
                    ? replies.getOrDefault(request, new Reply(404, "no such endpoint"))
                    : new Reply(401, "no auth header received");
            byte[] bytes = reply.body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(reply.status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}

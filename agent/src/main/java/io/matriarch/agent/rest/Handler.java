package io.matriarch.agent.rest;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpsExchange;
import io.matriarch.model.PublishedVersion;
import io.matriarch.model.config.RestSettings;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** Between the JDK's server and the router: requests in, answers out in the form of contract rest-api.md 1. */
final class Handler implements HttpHandler {

    private static final Logger LOG = System.getLogger("patroni.api");

    private final Router router;
    private volatile Rules rules;

    /** Settings and what was made of them, exchanged together. */
    private record Rules(RestSettings settings, Protection protection) {
        static Rules of(RestSettings settings) {
            return new Rules(settings, Protection.load(settings));
        }
    }

    Handler(Router router, RestSettings settings) {
        this.router = router;
        this.rules = Rules.of(settings);
    }

    RestSettings settings() {
        return rules.settings;
    }

    void adopt(RestSettings settings) {
        rules = Rules.of(settings);
    }

    @Override
    public void handle(HttpExchange exchange) {
        long start = System.nanoTime();
        Rules current = rules;
        InetSocketAddress client = exchange.getRemoteAddress();
        try (exchange) {
            Reply reply = router.answer(request(exchange), current.protection);
            if (reply instanceof Reply.Hangup(Exception cause)) {
                LOG.log(
                        Level.WARNING,
                        "Exception happened during processing of request from " + address(client) + ":"
                                + client.getPort(),
                        cause);
                return;
            }
            send(exchange, reply, current.settings);
            LOG.log(
                    Level.DEBUG,
                    () -> "API thread: " + address(client) + " - - \"" + requestLine(exchange) + "\" " + reply.status()
                            + " - latency: " + (System.nanoTime() - start) / 1_000_000 + " ms");
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "The client " + address(client) + " went away", e);
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "Request failed: " + requestLine(exchange), e);
        }
    }

    private static String address(InetSocketAddress client) {
        return client.getAddress().getHostAddress();
    }

    private static String requestLine(HttpExchange exchange) {
        return exchange.getRequestMethod() + " " + exchange.getRequestURI() + " " + exchange.getProtocol();
    }

    private static Request request(HttpExchange exchange) {
        Headers headers = exchange.getRequestHeaders();
        String path = exchange.getRequestURI().getRawPath();
        return new Request(
                exchange.getRequestMethod(),
                path == null ? "" : path,
                Query.parse(exchange.getRequestURI().getRawQuery()),
                exchange.getRemoteAddress().getAddress(),
                hasClientCertificate(exchange),
                headers.getFirst("Authorization"),
                contentLength(headers.getFirst("Content-Length")),
                headers,
                exchange.getRequestBody());
    }

    private static @Nullable Long contentLength(@Nullable String header) {
        try {
            return header == null ? null : Long.valueOf(header.strip());
        } catch (NumberFormatException _) {
            return null;
        }
    }

    private static boolean hasClientCertificate(HttpExchange exchange) {
        if (!(exchange instanceof HttpsExchange https)) {
            return false;
        }
        try {
            return https.getSSLSession().getPeerCertificates().length > 0;
        } catch (SSLPeerUnverifiedException _) {
            return false;
        }
    }

    private static void send(HttpExchange exchange, Reply reply, RestSettings settings) throws IOException {
        Headers headers = exchange.getResponseHeaders();
        headers.set("Connection", "close");
        headers.set("Server", serverName(settings));
        switch (reply) {
            case Reply.StatusOnly(int code) -> exchange.sendResponseHeaders(code, -1);
            case Reply.ErrorPage(int code) -> {
                headers.set("Content-Type", "text/html;charset=utf-8");
                write(exchange, code, ErrorPages.page(code, exchange.getRequestMethod()));
            }
            case Reply.Body(int code, String type, String content, var special) -> {
                special.forEach(headers::set);
                headers.set("Content-Type", type);
                settings.httpExtraHeaders().forEach(headers::set);
                if (settings.isTls()) {
                    settings.httpsExtraHeaders().forEach(headers::set);
                }
                write(exchange, code, content);
            }
            case Reply.Stream(var events) -> {
                headers.set("Content-Type", "text/event-stream");
                headers.set("Cache-Control", "no-store");
                headers.set("X-Accel-Buffering", "no"); // a proxy must not collect frames
                try (events) {
                    exchange.sendResponseHeaders(200, 0);
                    events.writeTo(exchange.getResponseBody());
                }
            }
            case Reply.Hangup _ -> throw new IllegalStateException("there is nothing to send");
        }
    }

    private static void write(HttpExchange exchange, int code, String content) throws IOException {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(code, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        // Closing first waits for the rest of an unread body: the client should have its answer by then.
        exchange.getResponseBody().flush();
    }

    private static String serverName(RestSettings settings) {
        return switch (settings.serverTokens()) {
            case "productonly" -> "Patroni";
            case "minimal" -> "Patroni/" + PublishedVersion.TEXT;
            default -> "Matriarch";
        };
    }
}

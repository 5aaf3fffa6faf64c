package io.matriarch.agent.rest;

import io.matriarch.agent.node.NodeControl;
import io.matriarch.agent.peers.Peers;
import io.matriarch.http.RestResult;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.RestSettings;
import io.matriarch.postgres.LocalFacts.Snapshot;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The REST API of a node without sockets, for a simulated network: what {@link RestServer} would answer. */
public final class RestApi {

    private final Router router;
    private final Protection protection;

    /**
     * The API of one node.
     *
     * @param peers whom to ask before a switchover
     * @param query asks PostgreSQL on a connection of its own; may block
     */
    public RestApi(
            NodeControl node,
            Peers peers,
            Supplier<Optional<Snapshot>> query,
            RestSettings settings,
            TimeSource time,
            Threads threads) {
        this.router =
                Router.of(node, peers, query, Optional.empty(), () -> OwnFacts.ConnectionFacts.NONE, time, threads);
        this.protection = Protection.load(settings);
    }

    /** Answers one request; blocks as long as it takes. */
    public RestResult answer(String method, URI url, @Nullable String body) {
        var fields = new TreeMap<String, List<String>>(String.CASE_INSENSITIVE_ORDER);
        if (body != null) {
            fields.put("Content-Length", List.of(Integer.toString(body.getBytes(StandardCharsets.UTF_8).length)));
        }
        byte[] bytes = body == null ? new byte[0] : body.getBytes(StandardCharsets.UTF_8);
        var request = new Request(
                method,
                url.getPath(),
                Query.parse(url.getRawQuery()),
                InetAddress.getLoopbackAddress(),
                false,
                new Headers(fields),
                new ByteArrayInputStream(bytes),
                () -> {});
        try {
            return switch (router.answer(request, protection)) {
                case Reply.Body(int code, var _, String content, var headers) ->
                    new RestResult.Answer(code, content, headers);
                case Reply.StatusOnly(int code) -> new RestResult.Answer(code, "");
                case Reply.Stream _ -> throw new IllegalStateException("nobody listens here");
                case Reply.ErrorPage(int code) -> new RestResult.Answer(code, ErrorPages.page(code, method));
                case Reply.Hangup _ -> new RestResult.Failed("the server closed the connection", true);
            };
        } catch (IOException e) {
            throw new UncheckedIOException("a body in memory", e);
        }
    }
}

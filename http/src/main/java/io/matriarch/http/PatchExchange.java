package io.matriarch.http;

import io.matriarch.http.RestResult.Answer;
import io.matriarch.http.RestResult.Failed;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A request with a method that HttpURLConnection does not know: {@code PATCH}. Only tools send it, so that the weight
 * of java.net.http (0.45 s at a cold start) is paid where nobody minds.
 */
final class PatchExchange implements Exchange {

    private final HttpClient client;
    private final HttpRequest request;
    private volatile @Nullable CompletableFuture<HttpResponse<String>> running;

    private PatchExchange(HttpClient client, HttpRequest request) {
        this.client = client;
        this.request = request;
    }

    static PatchExchange open(RestCall call, @Nullable String authorization, @Nullable SSLContext context) {
        var client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(call.connectWithin())
                .followRedirects(HttpClient.Redirect.NEVER);
        if (context != null) {
            client.sslContext(context);
        }
        String body = call.body();
        var request = HttpRequest.newBuilder(URI.create(call.url()))
                .method(call.method(), body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .header("Content-Type", "application/json");
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        return new PatchExchange(client.build(), request.build());
    }

    @Override
    public RestResult run(long nanos) {
        try {
            var sent = client.sendAsync(request, BodyHandlers.ofString());
            running = sent;
            var response = sent.get(nanos, TimeUnit.NANOSECONDS);
            return new Answer(response.statusCode(), response.body());
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            boolean refused = cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException;
            return new Failed(String.valueOf(cause), !refused);
        } catch (TimeoutException | CancellationException _) {
            return new Failed("no answer before the deadline", true);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return new Failed("interrupted", true);
        } finally {
            cut();
            client.shutdownNow();
        }
    }

    @Override
    public boolean mayBeSent() {
        return running != null;
    }

    @Override
    public void cut() {
        var sent = running;
        if (sent != null) {
            sent.cancel(true);
        }
    }
}

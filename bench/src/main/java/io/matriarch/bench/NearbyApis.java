package io.matriarch.bench;

import io.matriarch.agent.rest.RestApi;
import io.matriarch.http.RestCall;
import io.matriarch.http.RestCaller;
import io.matriarch.http.RestResult;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The REST APIs of all agents of this JVM, called without sockets. */
final class NearbyApis implements RestCaller {

    private final Map<String, RestApi> open = new ConcurrentHashMap<>();

    void open(String host, RestApi api) {
        open.put(host, api);
    }

    void close(String host) {
        open.remove(host);
    }

    @Override
    public Pending start(RestCall call) {
        var url = URI.create(call.url());
        RestApi api = open.get(url.getHost());
        if (api == null) {
            return () -> new RestResult.Failed("Connection refused", false);
        }
        // On a thread of its own, as a server would: the caller goes on meanwhile, and no longer than it wants to.
        var answer = new CompletableFuture<RestResult>();
        Thread.ofVirtual().start(() -> {
            try {
                answer.complete(api.answer(call.method(), url, call.body()));
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        long end = System.nanoTime() + call.deadline().toNanos();
        return () -> {
            try {
                return answer.get(Math.max(end - System.nanoTime(), 0), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                return new RestResult.Failed("no answer before the deadline", true);
            } catch (ExecutionException e) {
                return new RestResult.Failed(e.toString(), true);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return new RestResult.Failed("interrupted", true);
            }
        };
    }
}

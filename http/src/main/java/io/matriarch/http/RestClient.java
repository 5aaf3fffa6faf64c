package io.matriarch.http;

import io.matriarch.http.RestResult.Failed;
import io.matriarch.model.config.BasicAuth;
import io.matriarch.model.config.ClientSettings;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Calls the REST APIs of members with the credentials and certificates of contract config.md 2.5. Safe for any thread.
 *
 * <p>The deadline of a call is hard: the caller waits no longer, the connection is cut, and a thread that hangs where
 * nothing can be cut (name resolution) is left to itself. Such threads are platform threads from a small pool of
 * daemons, because a name lookup would block a carrier of virtual threads, and with it everything else on them.
 */
public final class RestClient implements RestCaller {

    /** More than a cluster has members; calls beyond it wait for a thread until their deadline. */
    private static final int THREADS = 16;

    private static final int WAITING_CALLS = 256;

    private final ClientSettings settings;
    private final boolean insecure;
    private final @Nullable String authorization;
    private final ExecutorService threads;
    private @Nullable SSLContext context;

    /**
     * A client for the given settings. Certificates are read when the first {@code https} URL is called.
     *
     * @param insecure do not verify servers; with a client certificate only their host names are not checked
     */
    public RestClient(ClientSettings settings, boolean insecure) {
        this.settings = settings;
        this.insecure = insecure;
        this.authorization = settings.authentication() == null ? null : basic(settings.authentication());
        var pool = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                5,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(WAITING_CALLS),
                Thread.ofPlatform().daemon().name("rest-client-", 0).factory());
        pool.allowCoreThreadTimeOut(true);
        this.threads = pool;
    }

    /** The value of the {@code Authorization} header. */
    static String basic(BasicAuth auth) {
        String pair = auth.username() + ":" + auth.password();
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Pending start(RestCall call) {
        var exchange = new AtomicReference<@Nullable Exchange>();
        long end = System.nanoTime() + call.deadline().toNanos();
        var result = new CompletableFuture<RestResult>();
        try {
            threads.execute(() -> {
                long left = end - System.nanoTime();
                if (left <= 0 || result.isDone()) {
                    return;
                }
                try {
                    Exchange opened = open(call);
                    exchange.set(opened);
                    result.complete(opened.run(left));
                } catch (TlsException | IOException | URISyntaxException | IllegalArgumentException e) {
                    result.complete(new Failed(UrlConnectionExchange.describe(e), false));
                } finally {
                    result.complete(new Failed("internal error", true));
                }
            });
        } catch (RejectedExecutionException _) {
            result.complete(new Failed("too many requests are waiting", false));
        }
        return new Underway(exchange, result, end);
    }

    private Exchange open(RestCall call) throws TlsException, IOException, URISyntaxException {
        SSLContext tls = call.url().regionMatches(true, 0, "https:", 0, 6) ? context() : null;
        return call.method().equals("PATCH")
                ? PatchExchange.open(call, authorization, tls)
                : UrlConnectionExchange.open(call, authorization, tls);
    }

    private static final class Underway implements Pending {
        private final AtomicReference<@Nullable Exchange> exchange;
        private final CompletableFuture<RestResult> result;
        private final long end;

        Underway(AtomicReference<@Nullable Exchange> exchange, CompletableFuture<RestResult> result, long end) {
            this.exchange = exchange;
            this.result = result;
            this.end = end;
        }

        @Override
        public RestResult await() {
            try {
                return result.get(Math.max(end - System.nanoTime(), 0), TimeUnit.NANOSECONDS);
            } catch (TimeoutException _) {
                return cut("no answer before the deadline");
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                return cut("interrupted");
            } catch (ExecutionException e) {
                return new Failed(String.valueOf(e.getCause()), true);
            }
        }

        @Override
        public Optional<RestResult> within(Duration limit) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                return Optional.of(await());
            }
            try {
                return Optional.of(result.get(Math.min(left, limit.toNanos()), TimeUnit.NANOSECONDS));
            } catch (TimeoutException _) {
                return Optional.empty();
            } catch (InterruptedException | ExecutionException _) {
                return Optional.of(await());
            }
        }

        private RestResult cut(String reason) {
            Exchange running = exchange.get();
            var failed = new Failed(reason, running != null && running.mayBeSent());
            result.complete(failed);
            if (running != null) {
                running.cut();
            }
            return result.getNow(failed);
        }
    }

    private synchronized SSLContext context() throws TlsException {
        SSLContext ready = context;
        if (ready != null) {
            return ready;
        }
        try {
            KeyManager[] keys = settings.certfile() == null
                    ? null
                    : TlsIdentity.load(settings.certfile(), settings.keyfile(), settings.keyfilePassword())
                            .keyManagers();
            var created = SSLContext.getInstance("TLS");
            created.init(keys, new TrustManager[] {trust(keys != null)}, null);
            context = created;
            return created;
        } catch (GeneralSecurityException e) {
            throw new TlsException("TLS cannot be set up: " + e.getMessage(), e);
        }
    }

    /** Contract config.md 2.5, "Certificate rules". */
    private X509ExtendedTrustManager trust(boolean clientCertificate) throws TlsException {
        if (insecure && !clientCertificate) {
            return TlsTrust.anybody();
        }
        X509ExtendedTrustManager chain =
                settings.cacert() == null ? TlsTrust.jdkDefault() : TlsTrust.authorities(settings.cacert());
        return insecure ? TlsTrust.ignoringHostName(chain) : chain;
    }
}

package io.matriarch.store.etcd;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpRetryException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Carries one HTTP request and returns within its limit, whatever name servers, networks and servers do.
 *
 * <p>The limits of {@link HttpURLConnection} cover a single read, and name resolution has none. So each request runs on
 * a thread of a small pool while the caller waits no longer than the limit; a request that is late is cut off there,
 * and ends by its own read limit. When the pool is full of such requests, new ones fail at once.
 */
final class HttpTransport implements EtcdTransport {

    static {
        // Otherwise the JDK may send a POST twice by itself: an "unknown" that nobody sees.
        System.setProperty("sun.net.http.retryPost", "false");
    }

    /** One for the cycle, one for REST, one for the watch, and as many that hang. */
    private static final int MOST_THREADS = 6;

    /** A whole cluster of large keys is far below; etcd itself allows 1.5 MB a request. */
    private static final int MOST_BYTES = 16 << 20;

    private static final AtomicInteger THREAD_NUMBER = new AtomicInteger();

    private final @Nullable SSLContext tls;
    private final ThreadPoolExecutor pool = new ThreadPoolExecutor(
            0,
            MOST_THREADS,
            30,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> Thread.ofPlatform()
                    .daemon()
                    .name("etcd-request-" + THREAD_NUMBER.incrementAndGet())
                    .unstarted(task));

    HttpTransport(@Nullable SSLContext tls) {
        this.tls = tls;
    }

    @Override
    public Answer send(Exchange exchange, Duration connectLimit, Duration limit) throws EtcdUnreachable {
        var request = new Request(exchange, connectLimit, limit, limit);
        return within(limit, request, () -> {
            try (InputStream in = request.open()) {
                return new Answer(request.status(), request.readAll(in));
            }
        });
    }

    @Override
    public InputStream open(Exchange exchange, Duration connectLimit, Duration limit, Duration silence)
            throws EtcdUnreachable {
        var request = new Request(exchange, connectLimit, limit, silence);
        return within(limit, request, request::open);
    }

    @Override
    public <T> T within(Duration limit, Callable<T> task) throws EtcdUnreachable {
        return within(limit, null, task);
    }

    @Override
    public void close() {
        pool.shutdownNow();
    }

    private <T> T within(Duration limit, @Nullable Request request, Callable<T> task) throws EtcdUnreachable {
        Future<T> running;
        try {
            running = pool.submit(task);
        } catch (RejectedExecutionException e) {
            throw new EtcdUnreachable("too many requests are still waiting for an answer", false, e);
        }
        try {
            return running.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new EtcdUnreachable(cause.toString(), request != null && request.sent, cause);
        } catch (TimeoutException e) {
            boolean sent = request != null && request.sent;
            abandon(running, request);
            throw new EtcdUnreachable("no answer within " + limit.toMillis() + " ms", sent, e);
        } catch (InterruptedException e) {
            boolean sent = request != null && request.sent;
            abandon(running, request);
            Thread.currentThread().interrupt();
            throw new EtcdUnreachable("interrupted", sent, e);
        }
    }

    private static void abandon(Future<?> running, @Nullable Request request) {
        running.cancel(true);
        if (request != null) {
            request.disconnectUnlessReading();
        }
    }

    /** One request on its way; lives on a thread of the pool, watched by the caller. */
    private final class Request {

        private final Exchange exchange;
        private final Duration connectLimit;
        private final long endNanos;
        private final Duration silence;
        private volatile @Nullable HttpURLConnection connection;
        private volatile boolean sent;
        private volatile boolean reading;

        Request(Exchange exchange, Duration connectLimit, Duration limit, Duration silence) {
            this.exchange = exchange;
            this.connectLimit = connectLimit;
            this.endNanos = System.nanoTime() + limit.toNanos();
            this.silence = silence;
        }

        InputStream open() throws IOException {
            HttpURLConnection http = (HttpURLConnection) exchange.url().toURL().openConnection(Proxy.NO_PROXY);
            connection = http;
            if (http instanceof HttpsURLConnection https && tls != null) {
                https.setSSLSocketFactory(tls.getSocketFactory());
            }
            http.setConnectTimeout((int) connectLimit.toMillis());
            http.setReadTimeout((int) silence.toMillis());
            http.setUseCaches(false);
            http.setInstanceFollowRedirects(false);
            if (exchange.token() != null) {
                http.setRequestProperty("Authorization", exchange.token());
            }
            if (exchange.body() == null) {
                http.connect();
            } else {
                byte[] body = exchange.body().getBytes(StandardCharsets.UTF_8);
                http.setDoOutput(true);
                http.setRequestProperty("Content-Type", "application/json");
                http.setFixedLengthStreamingMode(body.length);
                http.connect();
                if (Thread.currentThread().isInterrupted()) {
                    throw new IOException("given up before it was sent");
                }
                sent = true;
                http.getOutputStream().write(body);
            }
            sent = true;
            InputStream in = status() < 400 ? http.getInputStream() : http.getErrorStream();
            reading = true;
            return in == null ? InputStream.nullInputStream() : in;
        }

        int status() throws IOException {
            HttpURLConnection http = connection;
            if (http == null) {
                throw new IOException("not connected");
            }
            try {
                return http.getResponseCode();
            } catch (HttpRetryException e) {
                // How a streamed POST reports 401: the JDK would like to send it again with a password.
                return e.responseCode();
            }
        }

        String readAll(InputStream in) throws IOException {
            var bytes = new ByteArrayOutputStream(1024);
            var buffer = new byte[8192];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                bytes.write(buffer, 0, n);
                if (bytes.size() > MOST_BYTES) {
                    throw new IOException("the answer is longer than " + MOST_BYTES + " bytes");
                }
                if (System.nanoTime() - endNanos > 0) {
                    throw new IOException("the answer came too slowly");
                }
            }
            return bytes.toString(StandardCharsets.UTF_8);
        }

        /** While the body is read, disconnecting would wait for the reader; its own limit ends it then. */
        void disconnectUnlessReading() {
            HttpURLConnection http = connection;
            if (http != null && !reading) {
                http.disconnect();
            }
        }
    }
}

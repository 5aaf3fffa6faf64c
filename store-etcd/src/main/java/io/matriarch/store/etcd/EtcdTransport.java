package io.matriarch.store.etcd;

import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Carries HTTP requests to etcd and returns within their limits, whatever happens; a port, for a simulated network. */
public interface EtcdTransport extends AutoCloseable {

    /** An answer: HTTP status and body. */
    record Answer(int status, String body) {}

    /** What to send; without body it is a GET. */
    record Exchange(
            URI url, @Nullable String body, @Nullable String token) {}

    /** Sends and reads the whole answer. */
    Answer send(Exchange exchange, Duration connectLimit, Duration limit) throws EtcdUnreachable;

    /**
     * Sends and returns the body as a stream, each read of which is limited by {@code silence}: it ends with a {@link
     * SocketTimeoutException} then.
     */
    InputStream open(Exchange exchange, Duration connectLimit, Duration limit, Duration silence) throws EtcdUnreachable;

    /** Runs any blocking task, for instance a DNS query, within the limit. */
    <T> T within(Duration limit, Callable<T> task) throws EtcdUnreachable;

    /** Cuts what is under way. */
    @Override
    void close();
}

package io.matriarch.agent.rest;

import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * All connections of the API, each with a virtual thread. Their number is bounded, and nobody is turned away for the sake
 * of those who say nothing: when all places are taken, the oldest connection that has not sent a complete request makes
 * room (decision 0013). An honest client has sent its request within milliseconds, so it is never the oldest.
 */
final class Connections {

    /** 128 listeners, 32 control requests, and enough for a burst of checks; each costs some kB, with TLS some ten. */
    static final int LIMIT = 512;

    private static final Duration SWEEP_PERIOD = Duration.ofMillis(500);

    private final ConcurrentSkipListMap<Long, Connection> open = new ConcurrentSkipListMap<>();
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicLong evicted = new AtomicLong();
    private final Consumer<Connection> service;
    private final Executor threads;
    private final TimeSource time;
    private MonotonicTime swept;

    /** @param service answers one client; runs on a thread of its own and closes the socket */
    Connections(Consumer<Connection> service, Executor threads, TimeSource time) {
        this.service = service;
        this.threads = threads;
        this.time = time;
        this.swept = time.now();
    }

    /** Takes a client in; by the thread that accepts. */
    void admit(Socket socket) {
        var connection = new Connection(socket, time);
        if (open.size() >= LIMIT && !makeRoom()) {
            connection.cut();
            return;
        }
        long number = accepted.incrementAndGet();
        open.put(number, connection);
        try {
            threads.execute(() -> {
                try {
                    service.accept(connection);
                } finally {
                    open.remove(number);
                }
            });
        } catch (RejectedExecutionException _) {
            open.remove(number);
            connection.cut();
        }
    }

    /** Ends the connection that can best be spared; false: there is none. */
    boolean makeRoom() {
        return evict(Connection::isIdle) || evict(Connection::isRepeatable);
    }

    private boolean evict(Predicate<Connection> spare) {
        for (Map.Entry<Long, Connection> entry : open.entrySet()) {
            if (spare.test(entry.getValue())) {
                open.remove(entry.getKey());
                entry.getValue().cut();
                evicted.incrementAndGet();
                return true;
            }
        }
        return false;
    }

    /** Ends those whose time is over; by the thread that accepts, as often as it likes. */
    void sweep() {
        MonotonicTime now = time.now();
        if (now.since(swept).compareTo(SWEEP_PERIOD) < 0) {
            return;
        }
        swept = now;
        open.values().stream().filter(connection -> connection.isLate(now)).forEach(Connection::cut);
    }

    int count() {
        return open.size();
    }

    /** How many made room for others since the start. */
    long evicted() {
        return evicted.get();
    }

    void cutAll() {
        open.values().forEach(Connection::cut);
    }
}

package io.matriarch.agent.rest;

import io.matriarch.model.Bell;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import io.matriarch.postgres.LocalFacts.Snapshot;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Fresh values from PostgreSQL for many requests at once: one query is under way at a time, everybody waits for that
 * one, and its answer serves those who come shortly after. Nobody waits longer than allowed; a server that hangs costs
 * one thread, not one for each request.
 */
final class LiveSample {

    private static final Logger LOG = System.getLogger("patroni.api");
    /** So old may a sample be that counts as fresh; a load balancer with many checks causes ten queries a second. */
    private static final Duration FRESH = Duration.ofMillis(100);
    /** What a health check waits: it has to answer within 50 ms whatever the server does. */
    private static final Duration SHORT_WAIT = Duration.ofMillis(30);
    /** What those wait who need the position; peers give up after 2 s. */
    static final Duration LONG_WAIT = Duration.ofSeconds(1);

    private final Supplier<Optional<Snapshot>> query;
    private final TimeSource time;
    private final Threads threads;
    private @Nullable Flight flight;
    private @Nullable Landed landed;

    /** A query under way; its answer and who waits for it are guarded by the sample. */
    private static final class Flight {
        final MonotonicTime startedAt;
        final List<Bell> waiting = new ArrayList<>();

        @Nullable
        Landed landed;

        Flight(MonotonicTime startedAt) {
            this.startedAt = startedAt;
        }
    }

    private record Landed(Optional<Snapshot> answer, MonotonicTime at) {}

    LiveSample(Supplier<Optional<Snapshot>> query, TimeSource time, Threads threads) {
        this.query = query;
        this.time = time;
        this.threads = threads;
    }

    /** The server's answer within a second, else empty. */
    Optional<Snapshot> fresh() {
        return await(current(), LONG_WAIT).orElse(Optional.empty());
    }

    /**
     * The newest answer that can be had at once: a fresh one if the server is quick, else what the cycle saw last. Not the answer to an
     * earlier request: it may be as old as that, and tell another role; nor one from before a promotion that the cycle has seen. Empty while
     * the server has not answered for longer than {@link #LONG_WAIT}.
     */
    Optional<Snapshot> recent(Supplier<Optional<Snapshot>> lastOfTheCycle) {
        Flight current = current();
        Optional<Optional<Snapshot>> answer = await(current, SHORT_WAIT);
        Optional<Snapshot> ofTheCycle = lastOfTheCycle.get(); // after waiting, for the cycle goes on meanwhile
        if (answer.isPresent()) {
            return isFromBeforePromotion(answer.get(), ofTheCycle) ? ofTheCycle : answer.get();
        }
        return time.now().since(current.startedAt).compareTo(LONG_WAIT) >= 0 ? Optional.empty() : ofTheCycle;
    }

    /** A server comes out of recovery once in its life, so of two answers of one life the one in recovery is the older. */
    private static boolean isFromBeforePromotion(Optional<Snapshot> answer, Optional<Snapshot> ofTheCycle) {
        return answer.isPresent()
                && ofTheCycle.isPresent()
                && answer.get().inRecovery()
                && !ofTheCycle.get().inRecovery()
                && answer.get().postmasterStartTime().isEqual(ofTheCycle.get().postmasterStartTime());
    }

    private synchronized Flight current() {
        MonotonicTime now = time.now();
        if (flight != null) {
            return flight;
        }
        if (landed != null && now.since(landed.at).compareTo(FRESH) < 0) {
            var past = new Flight(landed.at);
            past.landed = landed;
            return past;
        }
        var started = new Flight(now);
        flight = started;
        threads.start("rest-query", () -> land(started));
        return started;
    }

    private void land(Flight started) {
        Optional<Snapshot> answer = Optional.empty();
        try {
            answer = query.get();
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "get_postgresql_status", e);
        } finally {
            synchronized (this) {
                landed = new Landed(answer, time.now());
                flight = null;
                started.landed = landed;
                started.waiting.forEach(Bell::ring);
            }
        }
    }

    private Optional<Optional<Snapshot>> await(Flight flight, Duration limit) {
        Bell bell;
        synchronized (this) {
            if (flight.landed != null) {
                return Optional.of(flight.landed.answer);
            }
            bell = threads.newBell();
            flight.waiting.add(bell);
        }
        try {
            bell.await(limit);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            flight.waiting.remove(bell);
            Landed late = flight.landed;
            return late == null ? Optional.empty() : Optional.of(late.answer);
        }
    }
}

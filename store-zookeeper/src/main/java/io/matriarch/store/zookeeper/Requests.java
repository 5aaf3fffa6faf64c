package io.matriarch.store.zookeeper;

import io.matriarch.model.Timing;
import io.matriarch.model.TimeSource;
import io.matriarch.store.StoreUnavailableException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.zookeeper.KeeperException.Code;

/**
 * Sends requests and waits for answers within a budget. A server that keeps silent for a third of the budget loses the
 * connection, because the client itself would wait for two thirds of the session time-out before it tries another one.
 */
final class Requests {

    private static final Duration SHORTEST_ATTEMPT = Duration.ofMillis(500);
    private static final int ATTEMPTS = 3;
    private static final Duration PAUSE = Duration.ofMillis(100);

    /** Something to send; called again for each attempt. */
    interface Request<T> {
        CompletableFuture<Reply<T>> on(ZooKeeperSession session);
    }

    private final Sessions sessions;
    private final TimeSource time;
    private volatile Duration budget;

    Requests(Sessions sessions, Timing timing, TimeSource time) {
        this.sessions = sessions;
        this.time = time;
        this.budget = timing.retryTimeout();
    }

    void applyTiming(Timing timing) {
        budget = timing.retryTimeout();
    }

    Sessions sessions() {
        return sessions;
    }

    /** The end of a call that begins now. */
    Deadline deadline() {
        return Deadline.in(budget, time);
    }

    /** Sends once, as soon as there is a connection: for writes that must not be repeated blindly. */
    <T> Reply<T> once(Deadline deadline, Request<T> request) {
        try {
            return on(sessions.connected(deadline), deadline, request);
        } catch (StoreUnavailableException e) {
            return new Reply<>(Code.CONNECTIONLOSS, null, time.now());
        }
    }

    /** Sends once on this session. */
    <T> Reply<T> on(ZooKeeperSession session, Deadline deadline, Request<T> request) {
        return await(session, deadline, request.on(session));
    }

    /** Sends until a server answers or the deadline is over: for reads, and for writes that may be repeated. */
    <T> Reply<T> untilAnswered(Deadline deadline, Request<T> request) {
        while (true) {
            Reply<T> reply = once(deadline, request);
            if (!reply.isLost() || deadline.isOver() || !pause(deadline)) {
                return reply;
            }
        }
    }

    /** Waits for an answer to something sent on this session. */
    <T> Reply<T> await(ZooKeeperSession session, Deadline deadline, CompletableFuture<Reply<T>> pending) {
        Duration patience = budget.dividedBy(ATTEMPTS);
        if (patience.compareTo(SHORTEST_ATTEMPT) < 0) {
            patience = SHORTEST_ATTEMPT;
        }
        boolean whole = patience.compareTo(deadline.remaining()) <= 0;
        Duration wait = whole ? patience : deadline.remaining();
        try {
            return pending.get(wait.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            if (whole) {
                session.dropConnection();
            }
            return new Reply<>(Code.OPERATIONTIMEOUT, null, time.now());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Reply<>(Code.OPERATIONTIMEOUT, null, time.now());
        } catch (ExecutionException e) {
            throw new IllegalStateException("an answer cannot fail", e);
        }
    }

    /** A short rest between attempts; false when interrupted. */
    boolean pause(Deadline deadline) {
        Duration left = deadline.remaining();
        try {
            time.sleep(left.compareTo(PAUSE) < 0 ? left : PAUSE);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}

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

    private static final Duration SHORTEST_PATIENCE = Duration.ofSeconds(1);
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
        int connection = session.connection();
        return await(session, connection, deadline, request.on(session));
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

    /** Waits for an answer to something sent on this connection of the session. */
    <T> Reply<T> await(
            ZooKeeperSession session, int connection, Deadline deadline, CompletableFuture<Reply<T>> pending) {
        Duration patience = patience();
        Duration left = deadline.remaining();
        boolean inTime = patience.compareTo(left) <= 0;
        try {
            return pending.get((inTime ? patience : left).toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            if (inTime) {
                session.dropConnection(connection);
            }
            return new Reply<>(Code.OPERATIONTIMEOUT, null, time.now());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Reply<>(Code.OPERATIONTIMEOUT, null, time.now());
        } catch (ExecutionException e) {
            throw new IllegalStateException("an answer cannot fail", e);
        }
    }

    /** A third of the budget, but not so short that a busy server seems dead, and never the whole budget. */
    private Duration patience() {
        Duration third = budget.dividedBy(ATTEMPTS);
        Duration most = third.multipliedBy(ATTEMPTS - 1L);
        Duration shortest = most.compareTo(SHORTEST_PATIENCE) < 0 ? most : SHORTEST_PATIENCE;
        return third.compareTo(shortest) < 0 ? shortest : third;
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

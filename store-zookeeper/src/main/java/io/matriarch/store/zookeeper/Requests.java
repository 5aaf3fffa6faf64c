package io.matriarch.store.zookeeper;

import io.matriarch.model.Bell;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.StoreUnavailableException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
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
    private final Threads threads;
    private final TimeSource time;
    private volatile Duration budget;

    Requests(Sessions sessions, Timing timing, Threads threads, TimeSource time) {
        this.sessions = sessions;
        this.threads = threads;
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
        Bell answered = threads.newBell();
        var _ = pending.whenComplete((_, _) -> answered.ring());
        try {
            answered.await(inTime ? patience : left);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (pending.isDone()) {
            return pending.resultNow();
        }
        if (inTime && !Thread.currentThread().isInterrupted()) {
            session.dropConnection(connection);
        }
        return new Reply<>(Code.OPERATIONTIMEOUT, null, time.now());
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

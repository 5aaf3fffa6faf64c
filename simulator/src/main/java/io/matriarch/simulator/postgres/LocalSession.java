package io.matriarch.simulator.postgres;

import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The agent's connections: to the server beside it, and to others over the network. No call outlives the limits that
 * the real ones have: three seconds to connect, two for a statement, three until a silent socket is given up.
 */
final class LocalSession {

    private static final Duration STATEMENT_LIMIT = Duration.ofSeconds(2);
    private static final Duration SOCKET_LIMIT = Duration.ofSeconds(3);
    private static final Duration PROBE_LIMIT = Duration.ofSeconds(1);
    private static final Duration LOOK = Duration.ofMillis(100);
    private static final Duration REFUSED = Duration.ofNanos(200_000);

    /** What {@code pg_isready} would say. */
    enum Readiness {
        ACCEPTING,
        REJECTING,
        NO_RESPONSE
    }

    private final PostgresHost host;
    private final TimeSource time;
    /** Whether the last question was answered, so that there is a connection that may have died since. */
    private boolean connected;

    LocalSession(PostgresHost host, TimeSource time) {
        this.host = host;
        this.time = time;
    }

    /** Waits; false: the caller was interrupted. */
    boolean pause(Duration duration) {
        try {
            time.sleep(duration);
            return true;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Asks the local server; a connection that turns out to be dead is replaced once. */
    <T> Optional<T> local(Function<Server, T> question) {
        int attempts = connected ? 2 : 1;
        for (int attempt = 0; attempt < attempts; attempt++) {
            Server server = host.server();
            if (server == null || !server.isListening()) {
                pause(REFUSED);
                break;
            }
            if (answers(server, SOCKET_LIMIT)) {
                Duration takes = statement(server);
                if (takes.compareTo(STATEMENT_LIMIT) >= 0) {
                    pause(STATEMENT_LIMIT);
                    return Optional.empty();
                }
                pause(takes);
                if (server.isAccepting() && answers(server, SOCKET_LIMIT.minus(takes)) && server.isAccepting()) {
                    connected = true;
                    return Optional.of(question.apply(server));
                }
            }
        }
        connected = false;
        return Optional.empty();
    }

    private Duration statement(Server server) {
        return server.draw(server.traits().times().query()).plus(server.host.queryDelay());
    }

    /** Waits for a server that stands still; false: it still does. */
    private boolean answers(Server server, Duration limit) {
        MonotonicTime end = time.now().plus(limit);
        while (server.isAlive() && server.isFrozen()) {
            if (!time.now().isBefore(end) || !pause(LOOK)) {
                return false;
            }
        }
        return server.isAlive();
    }

    Readiness probe() {
        Server server = host.server();
        if (server == null || !server.isListening()) {
            pause(REFUSED);
            return Readiness.NO_RESPONSE;
        }
        if (!answers(server, PROBE_LIMIT)) {
            return Readiness.NO_RESPONSE;
        }
        pause(REFUSED);
        return server.isAccepting() ? Readiness.ACCEPTING : Readiness.REJECTING;
    }

    /** Asks the server of another host. */
    <T> Optional<T> remote(String address, Function<Server, T> question) {
        MonotonicTime end = time.now().plus(SOCKET_LIMIT);
        PostgresHost there = host.world().find(address);
        while (there != null) {
            Optional<Duration> way = roundTrip(there);
            if (way.isPresent()) {
                pause(way.get());
                Server server = there.server();
                if (server == null || !server.isListening()) {
                    return Optional.empty();
                }
                return ask(there, server, end, question);
            }
            if (!time.now().isBefore(end) || !pause(LOOK)) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    private <T> Optional<T> ask(PostgresHost there, Server server, MonotonicTime end, Function<Server, T> question) {
        Duration takes = statement(server);
        if (takes.compareTo(STATEMENT_LIMIT) >= 0) {
            pause(STATEMENT_LIMIT);
            return Optional.empty();
        }
        pause(takes);
        while (server.isAlive()) {
            Optional<Duration> way = server.isFrozen() ? Optional.empty() : roundTrip(there);
            if (way.isPresent()) {
                if (!server.isAccepting()) {
                    return Optional.empty();
                }
                T answer = question.apply(server);
                pause(way.get());
                return Optional.of(answer);
            }
            if (!time.now().isBefore(end.plus(SOCKET_LIMIT)) || !pause(LOOK)) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    private Optional<Duration> roundTrip(@Nullable PostgresHost there) {
        if (there == null || !there.isPowered()) {
            return Optional.empty();
        }
        Links links = host.world().links();
        Optional<Duration> out = links.latency(host.address(), there.address());
        Optional<Duration> back = links.latency(there.address(), host.address());
        return out.flatMap(o -> back.map(o::plus));
    }
}

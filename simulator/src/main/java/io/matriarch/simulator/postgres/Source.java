package io.matriarch.simulator.postgres;

import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The server that a program reads from, over connections that break with it, or when nothing gets through for too long. */
final class Source {

    private static final Duration LOOK = Duration.ofMillis(250);

    private final PostgresHost reader;
    private final WorkingProgram program;
    private final PostgresHost host;
    private final Server server;
    private final Duration patience;
    private MonotonicTime lastContact;

    private Source(PostgresHost reader, WorkingProgram program, PostgresHost host, Server server, Duration patience) {
        this.reader = reader;
        this.program = program;
        this.host = host;
        this.server = server;
        this.patience = patience;
        this.lastContact = reader.world().queue().now();
    }

    /**
     * Connects; null: it cannot be reached, or takes no sessions.
     *
     * @param patience how long the connections survive a cut network
     */
    static @Nullable Source connect(PostgresHost reader, WorkingProgram program, String address, Duration patience) {
        PostgresHost host = reader.world().find(address);
        Server server = host == null || !host.isPowered() ? null : host.server();
        if (host == null || server == null || !server.isAccepting() || server.isFrozen()) {
            return null;
        }
        return isConnected(reader, host) ? new Source(reader, program, host, server, patience) : null;
    }

    private static boolean isConnected(PostgresHost a, PostgresHost b) {
        Links links = a.world().links();
        return links.latency(a.address(), b.address()).isPresent()
                && links.latency(b.address(), a.address()).isPresent();
    }

    Server server() {
        return server;
    }

    /** Works for some time as long as the source plays along; then {@code done}, else {@code broken}. */
    void work(Duration left, Runnable done, Runnable broken) {
        if (!server.isAccepting() || !host.isPowered()) {
            broken.run();
            return;
        }
        MonotonicTime now = reader.world().queue().now();
        boolean contact = !server.isFrozen() && isConnected(reader, host);
        if (!contact && now.since(lastContact).compareTo(patience) > 0) {
            broken.run();
            return;
        }
        if (contact) {
            lastContact = now;
            if (!left.isPositive()) {
                done.run();
                return;
            }
        }
        Duration step = contact && left.compareTo(LOOK) < 0 ? left : LOOK;
        program.later(step, () -> work(contact ? left.minus(step) : left, done, broken));
    }
}

package io.matriarch.agent.rest;

import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;

/** One client: its socket, what it is about, and until when. Told by its own thread, looked at by that which accepts. */
final class Connection {

    /** What happens on a connection, and how long it may take. */
    enum Phase {
        /** The request is not complete: the client owes us something. The limit counts from the first moment. */
        ASKING(Duration.ofSeconds(10)),
        /** A question is being answered. */
        ANSWERING(Duration.ofSeconds(30)),
        /** Something is being done for the client: a restart may take long. */
        CONTROLLING(Duration.ofHours(1)),
        /** The client reads its answer. */
        SENDING(Duration.ofSeconds(10)),
        /** The client listens to events. A stream has its own end, a little earlier. */
        STREAMING(Duration.ofHours(1)),
        /** The client has its answer; what it still sends is thrown away. */
        LEAVING(Duration.ofSeconds(2));

        private final Duration limit;

        Phase(Duration limit) {
            this.limit = limit;
        }
    }

    private final Socket socket;
    private final InetSocketAddress client;
    private final TimeSource time;
    private volatile Phase phase = Phase.ASKING;
    private volatile MonotonicTime end;

    Connection(Socket socket, TimeSource time) {
        this.socket = socket;
        this.client = (InetSocketAddress) socket.getRemoteSocketAddress();
        this.time = time;
        this.end = time.now().plus(Phase.ASKING.limit);
    }

    Socket socket() {
        return socket;
    }

    InetSocketAddress client() {
        return client;
    }

    void enter(Phase next) {
        phase = next;
        end = time.now().plus(next.limit);
    }

    boolean isLate(MonotonicTime now) {
        return !now.isBefore(end);
    }

    /** Whether nothing is lost for an honest client when others need the place. */
    boolean isIdle() {
        return switch (phase) {
            case ASKING, SENDING, LEAVING -> true;
            case ANSWERING, CONTROLLING, STREAMING -> false;
        };
    }

    /** Whether it may be ended when all are busy: the client can ask again. */
    boolean isRepeatable() {
        return phase == Phase.ANSWERING;
    }

    /** Ends it from another thread; its own wakes from whatever it waits for. */
    void cut() {
        try {
            socket.close();
        } catch (IOException _) {
            // it is gone either way
        }
    }
}

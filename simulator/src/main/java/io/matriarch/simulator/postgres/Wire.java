package io.matriarch.simulator.postgres;

import io.matriarch.model.MonotonicTime;
import io.matriarch.simulator.EventQueue;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A TCP connection between two processes. What is sent arrives in order; what is lost is sent again, at longer and
 * longer intervals, until the kernel gives up. A process that ends closes its side, which the other one learns when the
 * network lets it; a host without power says nothing, until it is back and refuses what it does not know.
 */
final class Wire {

    private static final Duration FIRST_RETRANSMISSION = Duration.ofMillis(200);
    private static final Duration LONGEST_RETRANSMISSION = Duration.ofMinutes(2);

    /** {@code net.ipv4.tcp_retries2} = 15. */
    private static final Duration GIVE_UP = Duration.ofSeconds(924);

    /** One of the two ends, as its process sees it. */
    interface End {
        /** The address of its host. */
        String address();

        /** Whether the host has power: without, nothing that arrives is answered. */
        boolean isPowered();

        /** Runs something in the process: later when it is frozen, never when it has ended. */
        void receive(String what, Runnable arrival);

        /** The connection is gone. */
        void closed(String why);
    }

    private record Packet(String what, long bytes, Runnable arrival) {}

    /** One direction. */
    private final class Channel {

        final Side from;
        final ArrayDeque<Packet> queue = new ArrayDeque<>();
        MonotonicTime lastArrival;

        @Nullable
        MonotonicTime lostSince;

        Duration pause = FIRST_RETRANSMISSION;
        boolean retrying;

        Channel(Side from) {
            this.from = from;
            this.lastArrival = queueOfEvents.now();
        }

        void send(Packet packet) {
            queue.add(packet);
            if (!retrying) {
                attempt();
            }
        }

        private void attempt() {
            retrying = false;
            if (queue.isEmpty()) {
                return;
            }
            Side to = from.other();
            Optional<Duration> latency =
                    end(to).isPowered() ? links.latency(end(from).address(), end(to).address()) : Optional.empty();
            MonotonicTime now = queueOfEvents.now();
            if (latency.isEmpty()) {
                retry(now);
                return;
            }
            lostSince = null;
            pause = FIRST_RETRANSMISSION;
            List<Packet> sent = new ArrayList<>(queue);
            queue.clear();
            long bytes = sent.stream().mapToLong(Packet::bytes).sum();
            MonotonicTime begin = lastArrival.isBefore(now) ? now : lastArrival;
            MonotonicTime arrival =
                    begin.plus(latency.get()).plus(Duration.ofNanos(bytes * 1_000_000_000L / bytesPerSecond));
            lastArrival = arrival;
            queueOfEvents.after(arrival.since(now), sent.getFirst().what(), () -> sent.forEach(this::arrive));
        }

        private void arrive(Packet packet) {
            Side to = from.other();
            if (isOpen(to)) {
                end(to).receive(packet.what(), () -> {
                    if (isOpen(to)) {
                        packet.arrival().run();
                    }
                });
            } else if (end(to).isPowered() && isOpen(from)) {
                // nobody has this connection there: RST
                channel(to).send(new Packet("reset", 0, () -> broken(from, "connection reset by peer")));
            }
        }

        private void retry(MonotonicTime now) {
            if (lostSince == null) {
                lostSince = now;
            }
            if (now.since(lostSince).compareTo(GIVE_UP) >= 0) {
                queue.clear();
                broken(from, "connection timed out");
                return;
            }
            retrying = true;
            queueOfEvents.after(pause, "retransmission", this::attempt);
            Duration longer = pause.multipliedBy(2);
            pause = longer.compareTo(LONGEST_RETRANSMISSION) > 0 ? LONGEST_RETRANSMISSION : longer;
        }
    }

    /** Who is meant. */
    enum Side {
        CLIENT,
        SERVER;

        Side other() {
            return this == CLIENT ? SERVER : CLIENT;
        }
    }

    private final EventQueue queueOfEvents;
    private final Links links;
    private final long bytesPerSecond;
    private final End client;
    private final End server;
    private final Channel fromClient;
    private final Channel fromServer;
    private boolean clientOpen = true;
    private boolean serverOpen = true;

    Wire(EventQueue queueOfEvents, Links links, long bytesPerSecond, End client, End server) {
        this.queueOfEvents = queueOfEvents;
        this.links = links;
        this.bytesPerSecond = bytesPerSecond;
        this.client = client;
        this.server = server;
        this.fromClient = new Channel(Side.CLIENT);
        this.fromServer = new Channel(Side.SERVER);
    }

    private End end(Side side) {
        return side == Side.CLIENT ? client : server;
    }

    private Channel channel(Side from) {
        return from == Side.CLIENT ? fromClient : fromServer;
    }

    boolean isOpen(Side side) {
        return side == Side.CLIENT ? clientOpen : serverOpen;
    }

    private void shut(Side side) {
        if (side == Side.CLIENT) {
            clientOpen = false;
        } else {
            serverOpen = false;
        }
    }

    /** Sends a message; {@code arrival} runs in the process at the other end. */
    void send(Side from, String what, long bytes, Runnable arrival) {
        if (isOpen(from)) {
            channel(from).send(new Packet(what, bytes, arrival));
        }
    }

    /** The process at this end closes the connection, or has ended. */
    void close(Side side, String why) {
        if (isOpen(side)) {
            shut(side);
            Side other = side.other();
            channel(side).send(new Packet("end of connection", 0, () -> broken(other, why)));
        }
    }

    /** The host at this end lost power. */
    void vanish(Side side) {
        shut(side);
        channel(side).queue.clear();
    }

    private void broken(Side side, String why) {
        if (isOpen(side)) {
            shut(side);
            end(side).closed(why);
        }
    }
}

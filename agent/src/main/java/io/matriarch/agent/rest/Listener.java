package io.matriarch.agent.rest;

import io.matriarch.model.TimeSource;
import io.matriarch.model.config.HostPort;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.List;

/**
 * One open socket and the thread that accepts: a platform thread, so that it needs no turn among those of the clients. It
 * waits for nobody but the kernel.
 */
final class Listener implements AutoCloseable {

    private static final Logger LOG = System.getLogger("patroni.api");
    private static final Duration LOOKUP_LIMIT = Duration.ofSeconds(5);
    /** How long the port may need to become free after the former listener was closed. */
    private static final Duration REBIND_LIMIT = Duration.ofSeconds(2);

    private static final Duration REBIND_PAUSE = Duration.ofMillis(20);
    /** So long the thread waits for a client before it looks at the others. */
    private static final Duration ACCEPT_WAIT = Duration.ofMillis(500);
    /** After the kernel refused to hand out a connection, for instance because no file descriptor is left. */
    private static final Duration ERROR_PAUSE = Duration.ofMillis(50);
    /** The default of {@code request_queue_size} is 5: too short for a burst, and then checks wait for a second. */
    private static final int SHORTEST_QUEUE = 128;

    private final ServerSocket socket;
    private final Connections connections;
    private final TimeSource time;
    private final Thread thread;
    private volatile boolean closed;

    private Listener(ServerSocket socket, Connections connections, TimeSource time) {
        this.socket = socket;
        this.connections = connections;
        this.time = time;
        this.thread = Thread.ofPlatform().name("rest-accept").daemon().unstarted(this::run);
    }

    static Listener open(HostPort listen, int queue, Connections connections, TimeSource time)
            throws RestServerException {
        var listener = new Listener(bind(listen, queue, time), connections, time);
        listener.thread.start();
        return listener;
    }

    private static ServerSocket bind(HostPort listen, int queue, TimeSource time) throws RestServerException {
        var giveUp = time.now().plus(REBIND_LIMIT);
        while (true) {
            try {
                return create(address(listen), Math.max(queue, SHORTEST_QUEUE));
            } catch (BindException e) {
                if (!time.now().isBefore(giveUp)) {
                    throw cannotListen(listen, e);
                }
            } catch (IOException e) {
                throw cannotListen(listen, e);
            }
            try {
                time.sleep(REBIND_PAUSE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw cannotListen(listen, e);
            }
        }
    }

    private static RestServerException cannotListen(HostPort listen, Exception cause) {
        return new RestServerException(
                "Couldn't start a service on '" + listen + "', please check your `restapi.listen` configuration",
                cause);
    }

    private static ServerSocket create(InetSocketAddress address, int queue) throws IOException {
        var socket = new ServerSocket();
        try {
            socket.setReuseAddress(true);
            socket.setSoTimeout((int) ACCEPT_WAIT.toMillis());
            socket.bind(address, queue);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** The first address of the host, IPv6 preferred where it works; everything for an empty host or {@code *}. */
    private static InetSocketAddress address(HostPort listen) throws UnknownHostException {
        if (listen.host().isEmpty() || listen.host().equals("*")) {
            return new InetSocketAddress(listen.port());
        }
        List<InetAddress> addresses = Resolver.resolve(listen.host(), LOOKUP_LIMIT);
        InetAddress first = addresses.stream()
                .filter(a -> a instanceof Inet6Address == hasIpv6())
                .findFirst()
                .orElse(addresses.getFirst());
        return new InetSocketAddress(first, listen.port());
    }

    private static boolean hasIpv6() {
        try (var _ = ServerSocketChannel.open(StandardProtocolFamily.INET6)) {
            return true;
        } catch (IOException | UnsupportedOperationException _) {
            return false;
        }
    }

    private void run() {
        while (!closed) {
            try {
                Socket client = socket.accept();
                connections.admit(client);
            } catch (SocketTimeoutException _) {
                // nobody came; time to look at those who are here
            } catch (IOException | RuntimeException e) {
                if (!closed) {
                    LOG.log(Level.WARNING, "The REST API could not accept a connection: {0}", e.toString());
                    connections.makeRoom();
                    pause();
                }
            }
            connections.sweep();
        }
    }

    private void pause() {
        try {
            time.sleep(ERROR_PAUSE);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            closed = true;
        }
    }

    /** Where a client on this host reaches it. */
    InetSocketAddress address() {
        InetAddress bound = socket.getInetAddress();
        return new InetSocketAddress(
                bound.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : bound, socket.getLocalPort());
    }

    /** Frees the port; connections go on. */
    @Override
    public void close() {
        closed = true;
        try {
            socket.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "closing the listener", e);
        }
    }
}

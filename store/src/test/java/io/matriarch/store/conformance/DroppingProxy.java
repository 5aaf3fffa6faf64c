package io.matriarch.store.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A TCP proxy on a free local port that passes bytes on, swallows the answers, hangs, or is dead. */
public final class DroppingProxy implements AutoCloseable {

    private enum Mode {
        PASS,
        DROP_ANSWERS,
        HANG,
        CUT
    }

    private final InetSocketAddress target;
    private final ServerSocket listener;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile Mode mode = Mode.PASS;

    public DroppingProxy(String host, int port) {
        target = new InetSocketAddress(host, port);
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().name("proxy-accept").start(this::accept);
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** Passes everything on again; connections that swallowed bytes are closed, since they can never recover. */
    public void restore() {
        if (mode != Mode.PASS) {
            closeConnections();
            enter(Mode.PASS);
        }
    }

    /** Requests arrive, answers vanish. */
    public void dropAnswers() {
        enter(Mode.DROP_ANSWERS);
    }

    /** Connections stay open and new ones are accepted, but no byte moves. */
    public void hang() {
        enter(Mode.HANG);
    }

    /** Closes all connections, and new ones at once. */
    public void cut() {
        enter(Mode.CUT);
        closeConnections();
    }

    @Override
    public void close() {
        cut();
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void enter(Mode newMode) {
        lock.lock();
        try {
            mode = newMode;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                if (mode == Mode.CUT) {
                    client.close();
                    continue;
                }
                sockets.add(client);
                Thread.ofVirtual().name("proxy-connection").start(() -> serve(client));
            } catch (IOException e) {
                // the listener was closed, or one client went away while it was accepted
            }
        }
    }

    private void serve(Socket client) {
        try (client;
                var server = new Socket()) {
            sockets.add(server);
            server.connect(target, 2000);
            Thread answers = Thread.ofVirtual().name("proxy-answers").start(() -> pump(server, client, true));
            pump(client, server, false);
            answers.join();
        } catch (IOException e) {
            // the target is down: the client sees a closed connection
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            sockets.remove(client);
        }
    }

    /** Passes bytes on until one end closes; then closes both, since closing a socket's stream closes the socket. */
    private void pump(Socket from, Socket to, boolean answers) {
        var buffer = new byte[16384];
        try (InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                waitWhileHanging(from);
                if (!answers || mode != Mode.DROP_ANSWERS) {
                    out.write(buffer, 0, n);
                    out.flush();
                }
            }
        } catch (IOException e) {
            // either end closed its connection
        } finally {
            sockets.remove(from);
        }
    }

    private void waitWhileHanging(Socket connection) {
        lock.lock();
        try {
            while (mode == Mode.HANG && !connection.isClosed()) {
                changed.await(100, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private void closeConnections() {
        for (Socket socket : sockets) {
            try {
                socket.close();
            } catch (IOException e) {
                // it is gone either way
            }
        }
        sockets.clear();
    }
}

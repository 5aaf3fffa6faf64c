package io.matriarch.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;

/**
 * Lets pgjdbc, which knows TCP only, speak through a Unix socket. It is public because the driver makes it by name
 * (connection properties {@code socketFactory} and {@code socketFactoryArg}).
 *
 * <p>A channel in blocking mode has no read time-out; hence a selector waits and the channel never blocks.
 */
public final class UnixSocketFactory extends SocketFactory {

    private final String path;

    /** @param path of the socket, for instance {@code /var/run/postgresql/.s.PGSQL.5432} */
    public UnixSocketFactory(String path) {
        super();
        this.path = path;
    }

    /** Not connected; the address that it is asked to connect to later plays no part. */
    @Override
    public Socket createSocket() throws IOException {
        return new UnixSocket(UnixDomainSocketAddress.of(path));
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        Socket socket = createSocket();
        socket.connect(UnixDomainSocketAddress.of(path));
        return socket;
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return createSocket(host, port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return createSocket("", port);
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort)
            throws IOException {
        return createSocket("", port);
    }

    private static final class UnixSocket extends Socket {

        /** The kernel may be slow to take what we write only when the server is stopped in its tracks. */
        private static final int WRITE_LIMIT_MILLIS = 10_000;

        private final UnixDomainSocketAddress address;
        private final SocketChannel channel;
        private final Selector readable;
        private final Selector writable;
        private volatile int readLimitMillis;

        UnixSocket(UnixDomainSocketAddress address) throws IOException {
            super();
            this.address = address;
            this.channel = SocketChannel.open(java.net.StandardProtocolFamily.UNIX);
            this.readable = Selector.open();
            this.writable = Selector.open();
        }

        @Override
        public void connect(SocketAddress ignored) throws IOException {
            connect(ignored, 0);
        }

        /** Connecting to a local socket does not wait for the server; a full backlog is an error. */
        @Override
        public void connect(SocketAddress ignored, int timeout) throws IOException {
            channel.configureBlocking(false);
            if (!channel.connect(address)) {
                throw new SocketException("The server does not take connections on " + address);
            }
            channel.register(readable, SelectionKey.OP_READ);
            channel.register(writable, SelectionKey.OP_WRITE);
        }

        private static void await(Selector selector, int limitMillis) throws IOException {
            try {
                long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limitMillis);
                long left = limitMillis;
                while (selector.select(_ -> {}, limitMillis == 0 ? 0 : left) == 0) {
                    left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                    if (limitMillis > 0 && left <= 0) {
                        throw new SocketTimeoutException("no answer within " + limitMillis + " ms");
                    }
                    if (!selector.isOpen() || Thread.currentThread().isInterrupted()) {
                        throw new SocketException("The connection was closed");
                    }
                }
            } catch (ClosedSelectorException e) {
                throw (SocketException) new SocketException("The connection was closed").initCause(e);
            }
        }

        @Override
        public InputStream getInputStream() {
            return new InputStream() {
                @Override
                public int read() throws IOException {
                    var one = new byte[1];
                    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
                }

                @Override
                public int read(byte[] bytes, int offset, int length) throws IOException {
                    if (length == 0) {
                        return 0;
                    }
                    var buffer = ByteBuffer.wrap(bytes, offset, length);
                    int n = channel.read(buffer);
                    while (n == 0) {
                        await(readable, readLimitMillis);
                        n = channel.read(buffer);
                    }
                    return n;
                }

                @Override
                public void close() throws IOException {
                    UnixSocket.this.close();
                }
            };
        }

        @Override
        public OutputStream getOutputStream() {
            return new OutputStream() {
                @Override
                public void write(int b) throws IOException {
                    write(new byte[] {(byte) b}, 0, 1);
                }

                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    var buffer = ByteBuffer.wrap(bytes, offset, length);
                    while (buffer.hasRemaining()) {
                        if (channel.write(buffer) == 0) {
                            await(writable, WRITE_LIMIT_MILLIS);
                        }
                    }
                }

                @Override
                public void close() throws IOException {
                    UnixSocket.this.close();
                }
            };
        }

        @Override
        public void setSoTimeout(int millis) {
            readLimitMillis = millis;
        }

        @Override
        public int getSoTimeout() {
            return readLimitMillis;
        }

        @Override
        public boolean isConnected() {
            return channel.isConnected();
        }

        @Override
        public boolean isBound() {
            return channel.isConnected();
        }

        @Override
        public boolean isClosed() {
            return !channel.isOpen();
        }

        @Override
        public void setTcpNoDelay(boolean on) {
            // there is nothing that would delay
        }

        @Override
        public void setKeepAlive(boolean on) {
            // the kernel tells at once when the other end is gone
        }

        @Override
        public void setSendBufferSize(int size) {
            // the default of the host serves
        }

        @Override
        public int getSendBufferSize() {
            return 8192;
        }

        @Override
        public void setReceiveBufferSize(int size) {
            // the default of the host serves
        }

        @Override
        public int getReceiveBufferSize() {
            return 8192;
        }

        @Override
        public void shutdownInput() throws IOException {
            channel.shutdownInput();
        }

        @Override
        public void shutdownOutput() throws IOException {
            channel.shutdownOutput();
        }

        @Override
        public String toString() {
            return address.toString();
        }

        @Override
        public synchronized void close() throws IOException {
            channel.close();
            readable.close();
            writable.close();
        }
    }
}

package io.matriarch.agent.rest;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.matriarch.http.TlsException;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.HostPort;
import io.matriarch.model.config.RestSettings;
import java.io.IOException;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** One open socket with the server behind it. Settings that do not touch the socket can be exchanged. */
final class Listener {

    private static final Duration LOOKUP_LIMIT = Duration.ofSeconds(5);
    /** How long the port may need to become free after the former listener was closed. */
    private static final Duration REBIND_LIMIT = Duration.ofSeconds(2);

    private static final Duration REBIND_PAUSE = Duration.ofMillis(20);
    /** Requests under way may end on the former listener; a switchover takes tens of seconds. */
    private static final int CLOSE_GRACE_SECONDS = 120;

    static {
        // The JDK's server has these limits, but most are off unless set before its first class loads.
        limit("sun.net.httpserver.maxReqTime", "10"); // seconds to send a request, body included
        limit("sun.net.httpserver.maxRspTime", "3600"); // seconds for an answer: a restart may take that long
        limit("sun.net.httpserver.idleInterval", "10"); // seconds a connection may say nothing
        limit("sun.net.httpserver.maxIdleConnections", "0"); // every answer closes its connection
        limit("jdk.httpserver.maxConnections", "512");
        limit("sun.net.httpserver.nodelay", "true");
    }

    private static void limit(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    private final HttpServer server;
    private final Handler handler;
    private final @Nullable ServerTls tls;

    Listener(RestSettings settings, @Nullable ServerTls tls, Router router, Executor threads, TimeSource time)
            throws RestServerException {
        this.tls = tls;
        this.handler = new Handler(router, settings);
        this.server = bind(settings, tls, time);
        server.setExecutor(threads);
        server.createContext("/", handler);
        server.start();
    }

    private static HttpServer bind(RestSettings settings, @Nullable ServerTls tls, TimeSource time)
            throws RestServerException {
        HostPort listen = settings.listen();
        var giveUp = time.now().plus(REBIND_LIMIT);
        while (true) {
            try {
                return create(address(listen), settings.requestQueueSize(), tls);
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

    private static HttpServer create(InetSocketAddress address, int backlog, @Nullable ServerTls tls)
            throws IOException {
        if (tls == null) {
            return HttpServer.create(address, backlog);
        }
        HttpsServer https = HttpsServer.create(address, backlog);
        https.setHttpsConfigurator(new HttpsConfigurator(tls.context()) {
            @Override
            public void configure(HttpsParameters parameters) {
                parameters.setSSLParameters(tls.parameters());
            }
        });
        return https;
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

    int port() {
        return server.getAddress().getPort();
    }

    boolean needsReopening(RestSettings wanted) throws TlsException {
        RestSettings now = handler.settings();
        return !now.listen().equals(wanted.listen())
                || !Objects.equals(now.certfile(), wanted.certfile())
                || !Objects.equals(now.keyfile(), wanted.keyfile())
                || !Objects.equals(now.keyfilePassword(), wanted.keyfilePassword())
                || !Objects.equals(now.cafile(), wanted.cafile())
                || !Objects.equals(now.ciphers(), wanted.ciphers())
                || now.verifyClient() != wanted.verifyClient()
                || isRenewed(wanted.certfile());
    }

    private boolean isRenewed(@Nullable String certfile) throws TlsException {
        return tls != null
                && certfile != null
                && !ServerTls.serialOnDisk(certfile).equals(tls.serial());
    }

    /** Takes over settings that leave the socket as it is. */
    void adopt(RestSettings settings) {
        handler.adopt(settings);
    }

    /** The same listener once more, after {@link #close}. */
    Listener reopen(Router router, Executor threads, TimeSource time) throws RestServerException {
        return new Listener(handler.settings(), tls, router, threads, time);
    }

    /** Frees the port at once and lets requests under way end in the background. */
    void close(Executor threads) {
        threads.execute(() -> server.stop(CLOSE_GRACE_SECONDS));
    }

    /** Frees the port and cuts every connection. */
    void stop() {
        server.stop(0);
    }
}

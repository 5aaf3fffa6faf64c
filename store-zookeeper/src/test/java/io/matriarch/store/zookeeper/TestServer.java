package io.matriarch.store.zookeeper;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.server.ZooKeeperServerMain;

/** A standalone ZooKeeper server in a JVM of its own, as somebody else would run it. */
final class TestServer {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int FIRST_SESSION_MILLIS = 1000;

    private final Path dir;
    private final int port;
    private Process process;

    TestServer() throws IOException, InterruptedException {
        dir = Files.createTempDirectory("matriarch-zookeeper");
        try (var probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = probe.getLocalPort();
        }
        Files.write(
                dir.resolve("zoo.cfg"),
                List.of(
                        "tickTime=200",
                        "dataDir=" + dir.resolve("data"),
                        "clientPort=" + port,
                        "clientPortAddress=127.0.0.1",
                        "minSessionTimeout=500",
                        "maxSessionTimeout=60000",
                        "admin.enableServer=false"));
        process = launch();
        warmUp();
    }

    /**
     * A server that has opened its port but is not ready leaves the first request for a session without answer; a client tries
     * again after two thirds of the session's timeout only.
     */
    private void warmUp() throws IOException, InterruptedException {
        var connected = new CountDownLatch(1);
        var client = new ZooKeeper("127.0.0.1:" + port, FIRST_SESSION_MILLIS, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
            }
        });
        try {
            if (!connected.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new IOException("ZooKeeper does not answer: " + Files.readString(dir.resolve("log")));
            }
            for (int i = 0; i < 20; i++) {
                client.create("/warm", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
                client.delete("/warm", -1);
            }
        } catch (KeeperException e) {
            throw new IOException(e);
        } finally {
            client.close();
        }
    }

    private Process launch() throws IOException, InterruptedException {
        Process started = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-Xmx64m",
                        // Nothing here loses power, and a disk that others keep busy outlasts the limits of requests.
                        "-Dzookeeper.forceSync=no",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ZooKeeperServerMain.class.getName(),
                        dir.resolve("zoo.cfg").toString())
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(dir.resolve("log").toFile()))
                .start();
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!accepts()) {
            if (System.nanoTime() > end || !started.isAlive()) {
                started.destroyForcibly();
                throw new IOException("ZooKeeper did not start: " + Files.readString(dir.resolve("log")));
            }
            Thread.sleep(20);
        }
        return started;
    }

    private boolean accepts() {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 500);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    int port() {
        return port;
    }

    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor(10, TimeUnit.SECONDS);
    }

    void restart() throws IOException, InterruptedException {
        kill();
        process = launch();
    }

    /** All data are gone: it has seen less than its clients. */
    void wipe() throws IOException, InterruptedException {
        kill();
        deleteBelow(dir.resolve("data"));
        process = launch();
    }

    void stop() throws IOException, InterruptedException {
        kill();
        deleteBelow(dir);
    }

    private static void deleteBelow(Path root) throws IOException {
        try (var files = Files.walk(root)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}

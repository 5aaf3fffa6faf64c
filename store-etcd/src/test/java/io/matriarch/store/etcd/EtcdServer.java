package io.matriarch.store.etcd;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Real etcd processes on free local ports, for tests. */
final class EtcdServer implements AutoCloseable {

    private final Path directory;
    private final List<String> command;
    private final int port;
    private Process process;

    private EtcdServer(Path directory, List<String> command, int port) throws IOException {
        this.directory = directory;
        this.command = command;
        this.port = port;
        this.process = launch();
    }

    /** One server, ready to answer; the options come after the usual ones. */
    static EtcdServer start(Path directory, String scheme, String... options) throws Exception {
        return cluster(directory, 1, scheme, options).getFirst();
    }

    /** A cluster of servers, ready to answer. */
    static List<EtcdServer> cluster(Path directory, int size, String scheme, String... options) throws Exception {
        int[] clients = freePorts(size);
        int[] peers = freePorts(size);
        String initial = IntStream.range(0, size)
                .mapToObj(i -> "e" + i + "=http://127.0.0.1:" + peers[i])
                .collect(Collectors.joining(","));
        var servers = new ArrayList<EtcdServer>();
        for (int i = 0; i < size; i++) {
            Path own = Files.createDirectories(directory.resolve("e" + i));
            String client = scheme + "://127.0.0.1:" + clients[i];
            String peer = "http://127.0.0.1:" + peers[i];
            var command = new ArrayList<>(List.of(
                    program(),
                    "--name=e" + i,
                    "--data-dir=" + own.resolve("data"),
                    "--listen-client-urls=" + client,
                    "--advertise-client-urls=" + client,
                    "--listen-peer-urls=" + peer,
                    "--initial-advertise-peer-urls=" + peer,
                    "--initial-cluster=" + initial,
                    "--heartbeat-interval=50",
                    "--election-timeout=300"));
            command.addAll(Arrays.asList(options));
            servers.add(new EtcdServer(own, command, clients[i]));
        }
        for (EtcdServer server : servers) {
            server.awaitPort();
        }
        return servers;
    }

    int port() {
        return port;
    }

    /** Stops the process in its tracks: connections stay open, nothing answers. */
    void freeze() throws Exception {
        signal("STOP");
    }

    void thaw() throws Exception {
        signal("CONT");
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }

    void restart() throws Exception {
        process = launch();
        awaitPort();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Runs a command-line client against this server and fails unless it succeeds. */
    void control(String... arguments) throws Exception {
        var control = new ArrayList<>(List.of("etcdctl", "--endpoints=127.0.0.1:" + port));
        control.addAll(Arrays.asList(arguments));
        run(Map.of("ETCDCTL_API", "3"), control);
    }

    /** Ends every lease, as an administrator might. */
    void revokeAllLeases() throws Exception {
        run(
                Map.of("ETCDCTL_API", "3", "ETCDCTL_ENDPOINTS", "127.0.0.1:" + port),
                List.of("sh", "-c", "etcdctl lease list | grep -v found | xargs -n 1 etcdctl lease revoke"));
    }

    static void run(Map<String, String> environment, List<String> command) throws Exception {
        Path output = Files.createTempFile("command", ".log");
        try {
            var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
            builder.environment().putAll(environment);
            Process run = builder.start();
            if (!run.waitFor(30, TimeUnit.SECONDS) || run.exitValue() != 0) {
                run.destroyForcibly();
                throw new IllegalStateException(command + " failed: " + Files.readString(output));
            }
        } finally {
            Files.delete(output);
        }
    }

    private void signal(String name) throws Exception {
        run(Map.of(), List.of("kill", "-" + name, Long.toString(process.pid())));
    }

    private Process launch() throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("log").toFile()))
                .start();
    }

    private void awaitPort() throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (System.nanoTime() < end) {
            if (!process.isAlive()) {
                throw new IllegalStateException("etcd ended: " + Files.readString(directory.resolve("log")));
            }
            try (var _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return;
            } catch (IOException e) {
                Thread.sleep(50);
            }
        }
        throw new IllegalStateException("etcd does not listen: " + Files.readString(directory.resolve("log")));
    }

    private static String program() {
        return Arrays.stream((System.getenv("PATH") + ":/usr/bin:/usr/local/bin").split(":"))
                .map(folder -> Path.of(folder, "etcd"))
                .filter(Files::isExecutable)
                .findFirst()
                .map(Path::toString)
                .orElseThrow(() ->
                        new IllegalStateException("These tests need etcd: apt-get install -y etcd-server etcd-client"));
    }

    private static int[] freePorts(int count) {
        var sockets = new ArrayList<ServerSocket>();
        try {
            for (int i = 0; i < count; i++) {
                sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return sockets.stream().mapToInt(ServerSocket::getLocalPort).toArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            for (ServerSocket socket : sockets) {
                try {
                    socket.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }
}

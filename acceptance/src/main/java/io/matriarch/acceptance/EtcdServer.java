package io.matriarch.acceptance;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One real etcd. Can be stopped and started again with its data. */
public final class EtcdServer implements AutoCloseable {

    private final Path directory;
    private final String address;
    private final int port;
    private final int peerPort;
    private final boolean synced;
    private Process process;

    EtcdServer(Path directory, String address) {
        this(directory, address, false);
    }

    private EtcdServer(Path directory, String address, boolean synced) {
        this.directory = directory;
        this.address = address;
        this.synced = synced;
        this.port = Machine.freePort(address);
        this.peerPort = Machine.freePort(address);
        this.process = launch();
    }

    /** One that waits for the disk, as in production; tests do not. */
    public static EtcdServer synced(Path directory) {
        return new EtcdServer(directory, "127.0.0.1", true);
    }

    /** Where clients find it. */
    public String endpoint() {
        return address + ":" + port;
    }

    public int port() {
        return port;
    }

    public long pid() {
        return process.pid();
    }

    private Process launch() {
        String client = "http://" + endpoint();
        String peer = "http://" + address + ":" + peerPort;
        var command = new ArrayList<>(List.of(
                Machine.etcd(),
                "--name",
                "e0",
                "--data-dir",
                directory.toString(),
                "--listen-client-urls",
                client,
                "--advertise-client-urls",
                client,
                "--listen-peer-urls",
                peer,
                "--initial-advertise-peer-urls",
                peer,
                "--initial-cluster",
                "e0=" + peer));
        if (!synced) {
            command.add("--unsafe-no-fsync");
        }
        try {
            Process started = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(
                            directory.resolveSibling("etcd.log").toFile()))
                    .start();
            try {
                Await.until("etcd answers", Duration.ofSeconds(20), () -> isHealthy(client));
            } catch (AssertionError e) {
                started.destroyForcibly(); // nobody else knows of it
                throw e;
            }
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isHealthy(String client) throws IOException {
        var connection =
                (HttpURLConnection) URI.create(client + "/health").toURL().openConnection();
        connection.setConnectTimeout(500);
        connection.setReadTimeout(500);
        return connection.getResponseCode() == 200;
    }

    /** The value of a key; empty when there is none. */
    String value(String key) throws IOException {
        var connection = (HttpURLConnection)
                URI.create("http://" + endpoint() + "/v3/kv/range").toURL().openConnection();
        connection.setConnectTimeout(1000);
        connection.setReadTimeout(5000);
        connection.setDoOutput(true);
        String wanted = Base64.getEncoder().encodeToString(key.getBytes(StandardCharsets.UTF_8));
        connection.getOutputStream().write(("{\"key\":\"" + wanted + "\"}").getBytes(StandardCharsets.UTF_8));
        try (var body = connection.getInputStream()) {
            JsonObject answer = JsonParser.parseString(new String(body.readAllBytes(), StandardCharsets.UTF_8))
                    .getAsJsonObject();
            if (!answer.has("kvs")) {
                return "";
            }
            JsonObject found = answer.getAsJsonArray("kvs").get(0).getAsJsonObject();
            return new String(Base64.getDecoder().decode(found.get("value").getAsString()), StandardCharsets.UTF_8);
        }
    }

    public void stop() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    public void start() {
        process = launch();
    }

    /** It comes back without its data. */
    void wipe() {
        stop();
        Machine.delete(directory);
        start();
    }

    /** It accepts connections and answers nothing. */
    void freeze() {
        Signal.STOP.sendTo(process.pid());
    }

    void thaw() {
        Signal.CONT.sendTo(process.pid());
    }

    @Override
    public void close() {
        stop();
    }
}

package io.matriarch.acceptance;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One node: an agent process and the PostgreSQL that it runs. */
public final class TestNode {

    public final String name;
    public final String address;
    public final int postgresPort;
    public final int restPort;
    public final Path directory;
    private final List<String> prefix;
    private @Nullable Process agent;

    /**
     * A node that is not started.
     *
     * @param prefix command to run it inside a network namespace; empty: none
     */
    TestNode(String name, String address, Path directory, List<String> prefix) {
        this.name = name;
        this.address = address;
        this.directory = directory;
        this.prefix = prefix;
        String probe = prefix.isEmpty() ? address : "127.0.0.1";
        this.postgresPort = Machine.freePort(probe);
        this.restPort = Machine.freePort(probe);
    }

    public Path configuration() {
        return directory.resolve(name + ".yml");
    }

    public Path log() {
        return directory.resolve(name + ".log");
    }

    public Path data() {
        return directory.resolve(name);
    }

    /**
     * Starts its agent.
     *
     * @param program of the agent; its configuration follows
     * @param variables more than those of the tests themselves
     */
    void start(List<String> program, Map<String, String> variables) {
        var words = new ArrayList<>(program);
        words.add(configuration().toString());
        var command = new ArrayList<>(prefix);
        command.addAll(Machine.asUser(words));
        var builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
        builder.environment().putAll(variables);
        try {
            agent = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The agent's pid: launcher and JVM are one process, and so is a chain of exec before them. */
    public long agentPid() {
        if (agent == null) {
            throw new IllegalStateException(name + " was never started");
        }
        return agent.pid();
    }

    boolean isAgentAlive() {
        return agent != null && agent.isAlive();
    }

    /** Pid of the postmaster; empty when there is none. */
    public Optional<Long> postmasterPid() {
        try {
            List<String> lines = Files.readAllLines(data().resolve("postmaster.pid"));
            long pid = Long.parseLong(lines.getFirst().strip());
            return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).map(ProcessHandle::pid);
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    void killAgent() {
        Signal.KILL.sendTo(agentPid());
        awaitAgentEnd();
    }

    public void killPostmaster() {
        postmasterPid().ifPresent(Signal.KILL::sendTo);
    }

    /** As if the host lost power: nothing of this node is left running. */
    public void killEverything() {
        long postmaster = postmasterPid().orElse(-1L);
        Signal.KILL.sendTo(agentPid());
        if (postmaster > 0) {
            List<ProcessHandle> children = ProcessHandle.of(postmaster).stream()
                    .flatMap(ProcessHandle::descendants)
                    .toList();
            Signal.KILL.sendToAll(List.of(postmaster)); // it may just have ended by itself
            children.forEach(ProcessHandle::destroyForcibly);
        }
        awaitAgentEnd();
    }

    /** Asks the agent to stop and waits for it; PostgreSQL stops with it unless the cluster is paused. */
    public void stop() {
        Signal.TERM.sendTo(agentPid());
        awaitAgentEnd();
    }

    private void awaitAgentEnd() {
        try {
            Process process = agent;
            if (process != null && !process.waitFor(60, TimeUnit.SECONDS)) {
                throw new AssertionError("agent of " + name + " did not end\n" + tail(60));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    int exitCode() {
        Process process = agent;
        if (process == null || process.isAlive()) {
            throw new IllegalStateException("agent of " + name + " has not ended");
        }
        return process.exitValue();
    }

    /** Leaves nothing behind, whatever state the test ended in. */
    void destroy() {
        Process process = agent;
        if (process != null && process.isAlive()) {
            process.destroyForcibly();
            awaitAgentEnd();
        }
        postmasterPid().flatMap(ProcessHandle::of).ifPresent(postmaster -> {
            List<ProcessHandle> all = new ArrayList<>(postmaster.descendants().toList());
            all.add(postmaster);
            // KILL ends a stopped process too, and children may end by themselves meanwhile.
            all.forEach(ProcessHandle::destroyForcibly);
            all.forEach(
                    p -> Await.until("process " + p.pid() + " is gone", Duration.ofSeconds(10), () -> !p.isAlive()));
        });
    }

    // ---- asking it

    public int statusCode(String path) throws IOException {
        var connection = open(path);
        try {
            return connection.getResponseCode();
        } finally {
            connection.disconnect();
        }
    }

    public JsonObject json(String path) throws IOException {
        var connection = open(path);
        try {
            int code = connection.getResponseCode();
            try (var body = code < 400 ? connection.getInputStream() : connection.getErrorStream()) {
                String text = body == null ? "{}" : new String(body.readAllBytes(), StandardCharsets.UTF_8);
                return JsonParser.parseString(text).getAsJsonObject();
            }
        } finally {
            connection.disconnect();
        }
    }

    private HttpURLConnection open(String path) throws IOException {
        var url = URI.create("http://" + address + ":" + restPort + path).toURL();
        var connection = (HttpURLConnection) url.openConnection();
        connection.setConnectTimeout(1000);
        connection.setReadTimeout(5000);
        return connection;
    }

    public boolean isPrimary() {
        try {
            return statusCode("/primary") == 200
                    && json("/patroni").get("role").getAsString().equals("primary");
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }

    public Connection connect() throws SQLException {
        var properties = new Properties();
        properties.setProperty("user", "postgres");
        properties.setProperty("password", TestCluster.SUPERUSER_PASSWORD);
        properties.setProperty("connectTimeout", "2");
        properties.setProperty("socketTimeout", "5");
        properties.setProperty("loginTimeout", "3");
        return DriverManager.getConnection(
                "jdbc:postgresql://" + address + ":" + postgresPort + "/postgres", properties);
    }

    /** One value of one row as text. */
    public String query(String sql) throws SQLException {
        try (Connection connection = connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            return rows.next() && rows.getString(1) != null ? rows.getString(1) : "";
        }
    }

    public void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    public String tail(int lines) {
        try {
            List<String> all = Files.readAllLines(log());
            return "--- " + name + "\n" + String.join("\n", all.subList(Math.max(all.size() - lines, 0), all.size()));
        } catch (IOException e) {
            return "--- " + name + ": no log";
        }
    }
}

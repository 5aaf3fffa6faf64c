package io.matriarch.ctl.demo;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One node of the demo: the process of its agent, and what it left on disk. Used by one thread. */
final class DemoNode {

    /** The line in which an agent says what it decided, in its standard layout. */
    private static final Pattern LOG_LINE = Pattern.compile("\\d{4}-\\d\\d-\\d\\d \\S+ (?<level>[A-Z]+): (?<text>.*)");

    /** Enough for the last few cycles. */
    private static final int TAIL_BYTES = 16 * 1024;

    private final String name;
    private final Ports ports;
    private final Path directory;
    private @Nullable Process agent;

    DemoNode(String name, Ports ports, Path directory) {
        this.name = name;
        this.ports = ports;
        this.directory = directory;
    }

    String name() {
        return name;
    }

    Ports ports() {
        return ports;
    }

    Path directory() {
        return directory;
    }

    Path configuration() {
        return directory.resolve("patroni.yml");
    }

    Path log() {
        return directory.resolve("agent.log");
    }

    private Path data() {
        return directory.resolve("data");
    }

    void start(Account account, Path bin) throws DemoException {
        List<String> command = account.node(
                List.of(bin.resolve("patroni").toString(), configuration().toString()));
        try {
            var builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
            builder.environment().put("HOME", directory.toString());
            builder.environment()
                    .keySet()
                    .removeIf(variable -> variable.startsWith("PATRONI_") || variable.startsWith("PG"));
            agent = builder.start();
            agent.getOutputStream().close();
        } catch (IOException e) {
            throw new DemoException("cannot start " + name + ": " + e.getMessage(), e);
        }
    }

    boolean isRunning() {
        return agent != null && agent.isAlive();
    }

    /** Empty when it does not run. */
    Optional<Long> agentPid() {
        return Optional.ofNullable(agent).filter(Process::isAlive).map(Process::pid);
    }

    /** The running postmaster; empty when there is none. */
    Optional<ProcessHandle> postmaster() {
        try (var lines = Files.lines(data().resolve("postmaster.pid"))) {
            return lines.findFirst()
                    .filter(line -> line.matches("\\d+"))
                    .flatMap(pid -> ProcessHandle.of(Long.parseLong(pid)))
                    .filter(process -> process.info()
                            .command()
                            .map(c -> c.endsWith("/postgres"))
                            .orElse(true))
                    .filter(ProcessHandle::isAlive);
        } catch (IOException | RuntimeException _) {
            return Optional.empty();
        }
    }

    /** As if the host lost power: agent and PostgreSQL end at once, and nothing is told to anybody. */
    void kill() throws InterruptedException {
        Optional<ProcessHandle> postmaster = postmaster();
        List<ProcessHandle> all = new ArrayList<>();
        postmaster.ifPresent(process -> {
            all.add(process);
            process.descendants().forEach(all::add);
        });
        if (agent != null) {
            agent.destroyForcibly();
        }
        all.forEach(ProcessHandle::destroyForcibly);
        if (agent != null) {
            agent.waitFor(5, TimeUnit.SECONDS);
        }
        for (int i = 0; i < 100 && all.stream().anyMatch(ProcessHandle::isAlive); i++) {
            Thread.sleep(Duration.ofMillis(20));
        }
    }

    /** Asks the agent to stop; it stops PostgreSQL first. */
    void askToStop() {
        if (agent != null) {
            agent.destroy();
        }
    }

    /** Waits until agent and PostgreSQL are gone; false when the limit passed first. */
    boolean awaitStop(Duration limit) throws InterruptedException {
        return agent == null
                || (agent.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)
                        && postmaster().isEmpty());
    }

    /** What the agent decided last, in its own words; empty when it said nothing yet. */
    String latestDecision() {
        String latest = "";
        for (String line : tail()) {
            Matcher matcher = LOG_LINE.matcher(line);
            if (matcher.matches() && isDecision(matcher.group("level"), matcher.group("text"))) {
                latest = matcher.group("text");
            }
        }
        return latest;
    }

    private static boolean isDecision(String level, String text) {
        boolean aboutTheCycle = text.startsWith("Lock owner:") || text.startsWith("Loop time exceeded");
        return !level.equals("DEBUG") && !aboutTheCycle && !text.isBlank();
    }

    /** The last lines of the agent's log. */
    List<String> tail() {
        try (var file = new RandomAccessFile(log().toFile(), "r")) {
            long start = Math.max(0, file.length() - TAIL_BYTES);
            file.seek(start);
            var bytes = new byte[(int) Math.min(TAIL_BYTES, file.length() - start)];
            file.readFully(bytes);
            List<String> lines =
                    new String(bytes, StandardCharsets.UTF_8).lines().toList();
            return start == 0 || lines.isEmpty() ? lines : lines.subList(1, lines.size());
        } catch (IOException _) {
            return List.of();
        }
    }
}

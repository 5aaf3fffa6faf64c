package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Program;
import io.matriarch.ctl.cli.Screen;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.ToolStore;
import io.matriarch.store.WriteOutcome;
import io.matriarch.store.memory.MemoryServer;
import io.matriarch.store.memory.MemoryStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** A cluster {@code demo} in the store's twin, and the tool beside it with a clock that only sleeping moves. */
public final class ToolWorld {

    /** What a call of the tool printed, and its exit code. */
    record Outcome(int code, String out, String err) {}

    final MemoryServer server;

    /** The groups of a Citus cluster, each in a place of its own. */
    final SortedMap<Integer, MemoryServer> groups = new TreeMap<>();

    final Clock time = new Clock();
    final Map<String, String> environment = new HashMap<>();
    private final Path configFile;

    /** Called with each sleep of the tool: what the cluster does meanwhile. */
    Runnable meanwhile = () -> {};

    /** Whether the store does not answer. */
    public boolean storeAway;

    /** After so many sleeps somebody presses Ctrl-C. */
    int patience = Integer.MAX_VALUE;

    public ToolWorld(Path directory) throws IOException {
        server = new MemoryServer(time);
        configFile = directory.resolve("patronictl.yaml");
        Files.writeString(configFile, "scope: demo\n");
        environment.put("HOME", directory.toString());
        environment.put("PATH", System.getenv().getOrDefault("PATH", ""));
    }

    public ToolWorld put(Key key, String value) {
        try (MemoryStore store = server.connect("", Timing.DEFAULT)) {
            store.put(key, value, Expectation.ANY);
        }
        return this;
    }

    public ToolWorld member(String name, String value) {
        server.connect(name, Timing.DEFAULT).publishMember(value);
        return this;
    }

    public ToolWorld leader(String name) {
        server.connect(name, Timing.DEFAULT).takeLeader();
        return this;
    }

    /** Runs {@code patronictl} with what a person types. */
    Outcome run(String typed, String... words) {
        return run(new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)), words);
    }

    /** As {@link #run(String, String...)}; something happens before the person types. */
    Outcome runWhile(Runnable happening, String typed, String... words) {
        return run(
                new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)) {
                    @Override
                    public synchronized int read(byte[] buffer, int offset, int length) {
                        happening.run();
                        return super.read(buffer, offset, length);
                    }
                },
                words);
    }

    private Outcome run(InputStream in, String... words) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var terminal = new Terminal(
                in,
                new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(err, false, StandardCharsets.UTF_8),
                Screen.NONE);
        int code = run(terminal, words);
        return new Outcome(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** Runs {@code patronictl} on a terminal; its exit code. */
    int run(Terminal terminal, String... words) {
        Session session = session(terminal);
        List<String> given = List.of(words);
        int code = Program.run(
                terminal,
                _ -> PatroniCommand.of(given.getFirst())
                        .orElseThrow()
                        .run("patronictl", given.subList(1, given.size()), session));
        Thread.interrupted(); // the tool is done; the next test must not feel the Ctrl-C of this one
        return code;
    }

    public Session session(Terminal terminal) {
        return Session.with(
                terminal,
                new CtlSettings.Options(configFile.toString(), null, false),
                environment,
                (path, _) -> open(path.base()),
                time);
    }

    /** The configuration of a node of a Citus cluster. */
    ToolWorld citus(int group) throws IOException {
        return configured("citus: {group: " + group + ", database: postgres}");
    }

    /** More of the configuration file. */
    ToolWorld configured(String yaml) throws IOException {
        Files.writeString(configFile, "scope: demo\n" + yaml + "\n");
        return this;
    }

    MemoryServer group(int number) {
        return groups.computeIfAbsent(number, _ -> new MemoryServer(time));
    }

    private ToolStore open(String path) throws CommandFailure {
        if (storeAway) {
            throw new CommandFailure("the store does not answer");
        }
        String last = path.substring(path.lastIndexOf('/') + 1);
        MemoryServer found = last.matches("\\d+") ? group(Integer.parseInt(last)) : server;
        return new Below(found.connect("", Timing.DEFAULT), found == server ? groups.keySet() : Set.of());
    }

    /** A store that knows of groups below its path. */
    private record Below(MemoryStore store, Set<Integer> numbers) implements ToolStore {
        @Override
        public SortedSet<Integer> groups() {
            return new TreeSet<>(numbers);
        }

        @Override
        public ClusterView load() throws StoreUnavailableException {
            return store.load();
        }

        @Override
        public WriteOutcome put(Key key, String value, Expectation expectation) {
            return store.put(key, value, expectation);
        }

        @Override
        public WriteOutcome delete(Key key, Expectation expectation) {
            return store.delete(key, expectation);
        }

        @Override
        public WriteOutcome removeCluster() {
            return store.removeCluster();
        }

        @Override
        public void close() {
            store.close();
        }
    }

    /** Stands still except when somebody sleeps. */
    final class Clock implements TimeSource {
        private Duration passed = Duration.ZERO;

        Duration passed() {
            return passed;
        }

        @Override
        public MonotonicTime now() {
            return new MonotonicTime(passed.toNanos());
        }

        @Override
        public Instant wallClock() {
            return Instant.parse("2026-11-25T10:20:30.123456Z").plus(passed);
        }

        @Override
        public void sleep(Duration duration) throws InterruptedException {
            if (patience-- <= 0) {
                throw new InterruptedException();
            }
            passed = passed.plus(duration);
            meanwhile.run();
        }
    }
}

package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Does what {@code docs/guide.md} says, on three hosts with the addresses and ports that it names. A comment {@code <!-- test: … -->}
 * before a block says where it is run; a line of shell that ends with {@code # → text} must print that text. Other than in the
 * text are paths of files, the version of PostgreSQL, and times, which are the shortest that are allowed. It takes minutes, and runs
 * with {@code -Dmatriarch.rounds=1} only.
 */
class GuideTest {

    private static final Pattern BLOCK = Pattern.compile("<!-- test: (.+?) -->\n```\\w+\n(.*?)```", Pattern.DOTALL);
    private static final Pattern EXPECTATION = Pattern.compile("(.*?)\\s+# → (.*)");
    private static final Duration LIMIT = Duration.ofSeconds(150);

    private record Block(String where, String text) {}

    /** How a script ended. */
    private record End(int code, String output) {}

    @Test
    void each_command_of_the_guide_does_what_it_says() throws Exception {
        Assumptions.assumeTrue(Rounds.areThorough(), "-Dmatriarch.rounds=1 runs it");
        Assumptions.assumeTrue(Machine.isRoot(), "network namespaces need root");
        try (var hosts = new Hosts()) {
            List<Block> blocks = blocks();
            assertTrue(blocks.size() > 10, "only " + blocks.size() + " blocks were found");
            var failures = new ArrayList<String>();
            for (Block block : blocks) {
                try {
                    follow(hosts, block);
                } catch (AssertionError e) {
                    failures.add(e.getMessage());
                }
            }
            assertEquals("", String.join("\n\n", failures), hosts::describe);
        }
    }

    private static List<Block> blocks() throws IOException {
        String text = Files.readString(Machine.checkout().resolve("docs/guide.md"));
        var blocks = new ArrayList<Block>();
        Matcher matcher = BLOCK.matcher(text);
        while (matcher.find()) {
            blocks.add(new Block(matcher.group(1), matcher.group(2)));
        }
        return blocks;
    }

    private static void follow(Hosts hosts, Block block) throws Exception {
        String[] words = block.where().split(", ");
        switch (words[0]) {
            case "on each node" -> {
                for (int i = 0; i < Hosts.COUNT; i++) {
                    String text = block.text()
                            .replaceFirst("node=1 address=\\S+", "node=" + (i + 1) + " address=" + hosts.address(i));
                    demand(block, hosts.run(i, text));
                }
            }
            case "agents" -> {
                for (int i = 0; i < Hosts.COUNT; i++) {
                    if (i > 0) {
                        hosts.copyConfiguration("node" + (i + 1) + ".yml", i);
                    }
                    demand(block, hosts.run(i, block.text()));
                }
            }
            case "file /etc/patroni/patroni.yml" -> hosts.configure(block.text());
            case "on node 1" -> {
                if (words.length > 1 && words[1].equals("patiently")) {
                    var last = new End[] {new End(-1, "")};
                    Await.until(
                            "success of: " + block.text(),
                            LIMIT,
                            () -> {
                                last[0] = hosts.run(0, script(block.text()));
                                return last[0].code() == 0;
                            },
                            () -> last[0] + "\n" + hosts.describe());
                } else {
                    demand(block, hosts.run(0, script(block.text())));
                }
            }
            case "on the leader" -> demand(block, hosts.run(hosts.leader(), script(block.text())));
            case "on a replica" -> demand(block, hosts.run((hosts.leader() + 1) % Hosts.COUNT, script(block.text())));
            default -> throw new AssertionError("the guide has a block for " + block.where());
        }
    }

    private static void demand(Block block, End end) {
        assertEquals(0, end.code(), () -> block.text() + "\nprinted\n" + end.output());
    }

    /** The same commands, each of which must succeed and print what the comment behind it says. */
    private static String script(String text) {
        var script = new StringBuilder();
        for (String line : text.split("\n")) {
            Matcher matcher = EXPECTATION.matcher(line);
            if (matcher.matches()) {
                String expected = matcher.group(2).replace("'", "'\\''");
                script.append("out=$( { ")
                        .append(matcher.group(1))
                        .append("; } 2>&1 ) || { echo \"$out\"; exit 1; }\n");
                script.append("echo \"$out\"; case $out in *'").append(expected).append("'*) ;; *) exit 1 ;; esac\n");
            } else {
                script.append(line).append('\n');
            }
        }
        return script.toString();
    }

    /** Three hosts: a network namespace and a directory each. */
    private static final class Hosts implements AutoCloseable {

        static final int COUNT = 3;

        private final Path directory = Machine.workspace();
        private final Path programs;
        private final Network network;
        private final String version =
                Machine.postgresBin().getParent().getFileName().toString();
        private final List<Path> agents = new ArrayList<>();
        private int scripts;

        Hosts() throws IOException {
            programs = TestCluster.install(directory);
            for (int i = 0; i < COUNT; i++) {
                for (String name : List.of("etc/patroni", "var/lib/postgresql", "run", "runtime")) {
                    Files.createDirectories(host(i).resolve(name));
                }
            }
            Files.createDirectories(work());
            Files.createDirectories(directory.resolve("backup"));
            Machine.give(directory);
            network = Network.apart(COUNT, "192.168.1");
        }

        private Path host(int number) {
            return directory.resolve("host" + (number + 1));
        }

        private Path work() {
            return directory.resolve("work");
        }

        String address(int number) {
            return network.address(number);
        }

        private Path configuration(int number) {
            return host(number).resolve("etc/patroni/patroni.yml");
        }

        void configure(String text) throws IOException {
            Path file = configuration(0);
            Files.writeString(
                    file,
                    local(0, text)
                            .replace("ttl: 30", "ttl: 20")
                            .replace("loop_wait: 10", "loop_wait: 1")
                            .replace("retry_timeout: 10", "retry_timeout: 3"));
            Machine.run(List.of("chmod", "0600", file.toString()));
            Machine.give(file);
        }

        /** A file that was made on the first host. */
        void copyConfiguration(String file, int number) throws IOException {
            String text = Files.readString(work().resolve(file));
            Files.writeString(configuration(number), text.replace(host(0) + "/", host(number) + "/"));
            Machine.run(List.of("chmod", "0600", configuration(number).toString()));
            Machine.give(configuration(number));
        }

        /** Paths of this host. */
        private String local(int number, String text) {
            return text.replace("/etc/patroni/", host(number) + "/etc/patroni/")
                    .replace("/var/lib/", host(number) + "/var/lib/")
                    .replace("/mnt/backup", directory + "/backup")
                    .replace("/usr/lib/postgresql/15/", "/usr/lib/postgresql/" + version + "/");
        }

        /** Runs a script as the user of PostgreSQL; it sees the variables that those before it have exported. */
        End run(int number, String script) throws IOException, InterruptedException {
            Path file = directory.resolve("script" + scripts++);
            Path output = Path.of(file + ".log");
            if (script.startsWith("patroni /")) {
                agents.add(output);
            }
            Files.writeString(file, """
                export PATH=%s/bin:/usr/bin:/bin:/usr/local/bin RUNTIME_DIRECTORY=%s/runtime HOME=%s
                cd %s
                [ ! -e state ] || . ./state
                set -ea
                %s
                set +a
                declare -p before PGHOST PGUSER PGPASSWORD >state 2>/dev/null || true
                """.formatted(programs, host(number), directory, work(), local(number, script)));
            var command = new ArrayList<>(network.prefix(number));
            // servers on the same port of two hosts have sockets of their own
            command.addAll(List.of(
                    "sh",
                    "-c",
                    "mount --bind \"$1\" /run/postgresql; shift; exec \"$@\"",
                    "sh",
                    host(number) + "/run"));
            command.addAll(Machine.asUser(List.of("bash", file.toString())));
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("does not end: " + script + "\n" + Files.readString(output));
            }
            return new End(process.exitValue(), Files.readString(output));
        }

        /** Waits until one leads. */
        int leader() {
            var found = new int[] {-1};
            Await.until(
                    "a leader",
                    LIMIT,
                    () -> {
                        for (int i = 0; i < COUNT && found[0] < 0; i++) {
                            if (run(i, "curl -fs -o /dev/null http://localhost:8008/primary")
                                            .code()
                                    == 0) {
                                found[0] = i;
                            }
                        }
                        return found[0] >= 0;
                    },
                    this::describe);
            return found[0];
        }

        /** The last lines of the agents. */
        String describe() {
            var text = new StringBuilder();
            for (Path file : agents) {
                try {
                    List<String> lines = Files.readAllLines(file);
                    text.append("--- ").append(file.getFileName()).append('\n');
                    lines.subList(Math.max(lines.size() - 40, 0), lines.size())
                            .forEach(line -> text.append(line).append('\n'));
                } catch (IOException e) {
                    text.append(e);
                }
            }
            return text.toString();
        }

        @Override
        public void close() {
            network.endProcesses();
            network.close();
            Machine.delete(directory);
        }
    }
}

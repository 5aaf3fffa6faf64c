package io.matriarch.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** The processes of this host as Linux shows them (proc(5)); {@code ProcessHandle} knows neither state nor identity. */
final class ProcessTable {

    /** What the kernel counts times in, for whoever reads {@code /proc}: a fixed part of its interface. */
    private static final long TICKS_PER_SECOND = 100;

    private static final Path PROC = Path.of("/proc");

    private ProcessTable() {}

    /**
     * One process.
     *
     * @param startTicks since boot
     */
    record Entry(long pid, long parent, char state, long startTicks) {

        /** Neither a zombie nor dead. */
        boolean isAlive() {
            return isAliveState(state);
        }
    }

    static boolean isAliveState(char state) {
        return state != 'Z' && state != 'X';
    }

    static Path statFile(long pid) {
        return PROC.resolve(pid + "/stat");
    }

    static Optional<Entry> entry(long pid) {
        try {
            return parseStat(Files.readString(statFile(pid), StandardCharsets.ISO_8859_1));
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    /** {@code 42 (name, which may hold anything) S 1 …}. */
    static Optional<Entry> parseStat(String stat) {
        int name = stat.lastIndexOf(')');
        String[] rest =
                name < 0 ? new String[0] : stat.substring(name + 1).strip().split(" ");
        if (rest.length < 20) {
            return Optional.empty();
        }
        try {
            long pid = Long.parseLong(stat.substring(0, stat.indexOf(' ')));
            return Optional.of(new Entry(pid, Long.parseLong(rest[1]), rest[0].charAt(0), Long.parseLong(rest[19])));
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    /** The state alone; the beginning of the line is enough. */
    static Optional<Character> parseState(String stat) {
        int state = stat.lastIndexOf(')') + 2;
        return state < 2 || state >= stat.length() ? Optional.empty() : Optional.of(stat.charAt(state));
    }

    static boolean isAlive(Postmaster postmaster) {
        return entry(postmaster.pid())
                .filter(entry -> entry.startTicks() == postmaster.startTicks() && entry.isAlive())
                .isPresent();
    }

    /** By the wall clock, as far as the kernel knows when it booted. */
    static Optional<Instant> startedAt(Entry entry) {
        try {
            for (String line : Files.readAllLines(PROC.resolve("stat"))) {
                if (line.startsWith("btime ")) {
                    long boot = Long.parseLong(line.substring("btime ".length()).strip());
                    return Optional.of(Instant.ofEpochSecond(boot + entry.startTicks() / TICKS_PER_SECOND));
                }
            }
        } catch (IOException | NumberFormatException _) {
            // not known
        }
        return Optional.empty();
    }

    /** Empty when it is not ours to look at. */
    static Optional<Path> executable(long pid) {
        return link(pid, "exe");
    }

    static Optional<Path> workingDirectory(long pid) {
        return link(pid, "cwd");
    }

    private static Optional<Path> link(long pid, String name) {
        try {
            return Optional.of(Files.readSymbolicLink(PROC.resolve(pid + "/" + name)));
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    /** What {@code ps} shows; PostgreSQL's children write there what they are. Empty when it is gone. */
    static String title(long pid) {
        try {
            return Files.readString(PROC.resolve(pid + "/cmdline"), StandardCharsets.ISO_8859_1)
                    .replace('\0', ' ')
                    .strip();
        } catch (IOException _) {
            return "";
        }
    }

    static List<Entry> childrenOf(long pid) {
        return all(process -> process.parent() == pid);
    }

    /** Those alive that {@code wanted} accepts. */
    static List<Entry> all(Predicate<Entry> wanted) {
        var found = new ArrayList<Entry>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                entry(Long.parseLong(process.getFileName().toString()))
                        .filter(entry -> entry.isAlive() && wanted.test(entry))
                        .ifPresent(found::add);
            }
        } catch (IOException _) {
            // without /proc there is nothing to see
        }
        return found;
    }
}

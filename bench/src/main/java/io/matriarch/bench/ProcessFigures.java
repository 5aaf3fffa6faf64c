package io.matriarch.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What Linux knows about a process (proc(5)). */
final class ProcessFigures {

    /** The unit of times in {@code /proc}, fixed in the kernel's interface. */
    private static final double TICKS_PER_SECOND = 100;

    /** Fields of {@code stat} counted from the state, which follows the name. */
    private static final int USER_TIME = 11;

    private static final int CHILDREN_USER_TIME = 13;

    private ProcessFigures() {}

    /** Resident and proportional memory in MB (10^6 bytes), and the number of threads. */
    record Memory(double residentMb, double proportionalMb, int threads) {}

    static Memory memory(long pid) {
        try {
            String rollup = Files.readString(file(pid, "smaps_rollup"));
            String status = Files.readString(file(pid, "status"));
            return new Memory(
                    number(rollup, "Rss:") * 1024 / 1e6,
                    number(rollup, "Pss:") * 1024 / 1e6,
                    Math.toIntExact(number(status, "Threads:")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** CPU seconds, user and system, since it started; without its children. */
    static double cpuSeconds(long pid) {
        return seconds(fields(pid).orElseThrow(), USER_TIME);
    }

    /** CPU seconds of all our children that have ended. */
    static double cpuSecondsOfEndedChildren() {
        return seconds(fields(ProcessHandle.current().pid()).orElseThrow(), CHILDREN_USER_TIME);
    }

    private static double seconds(String[] fields, int user) {
        return (Long.parseLong(fields[user]) + Long.parseLong(fields[user + 1])) / TICKS_PER_SECOND;
    }

    /** Ended, although its parent may not have taken notice yet. */
    static boolean isDead(long pid) {
        return fields(pid).filter(f -> !f[0].equals("Z") && !f[0].equals("X")).isEmpty();
    }

    /** Ended, and its parent has taken notice: the number is free again. */
    static boolean isReaped(long pid) {
        return fields(pid).isEmpty();
    }

    private static Optional<String[]> fields(long pid) {
        try {
            String stat = Files.readString(file(pid, "stat"), StandardCharsets.ISO_8859_1);
            return Optional.of(stat.substring(stat.lastIndexOf(')') + 2).split(" "));
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    private static Path file(long pid, String name) {
        return Path.of("/proc", Long.toString(pid), name);
    }

    private static long number(String text, String label) {
        String rest = text.substring(text.indexOf(label) + label.length()).strip();
        return Long.parseLong(rest.split("\\s+")[0]);
    }
}

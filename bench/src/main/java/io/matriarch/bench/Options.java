package io.matriarch.bench;

import io.matriarch.acceptance.TestCluster.Store;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The command line.
 *
 * @param only names of what to measure; empty: everything
 * @param logs where logs of the cluster go; null: nowhere
 * @param peer starts an agent of another make, whose configuration follows; null: there is none to compare with
 */
record Options(
        Set<String> only,
        int repeat,
        Store store,
        @Nullable Path logs,
        @Nullable String peer) {

    static final String COSTS = "costs";
    static final String COMMAND_LINE = "command-line";
    static final String COMMITS = "commits";
    static final String ARRIVALS = "arrivals";

    /** The arguments mean nothing. */
    static final class UsageException extends Exception {
        private static final long serialVersionUID = 1;

        UsageException(String message) {
            super(message);
        }
    }

    static Options parse(String[] arguments) throws UsageException {
        var options = new Options(Set.of(), 3, Store.ETCD, null, null);
        List<String> words = Arrays.asList(arguments);
        for (int i = 0; i < words.size(); i += 2) {
            String name = words.get(i);
            if (i + 1 == words.size()) {
                throw new UsageException(name + ": no such option, or it needs a value");
            }
            options = options.with(name, words.get(i + 1));
        }
        return options;
    }

    private Options with(String name, String value) throws UsageException {
        try {
            return switch (name) {
                case "--only" -> {
                    if (names().noneMatch(value::equals)) {
                        throw new UsageException("--only: one of " + names().collect(Collectors.joining(", ")));
                    }
                    var all = new HashSet<>(only);
                    all.add(value);
                    yield new Options(Set.copyOf(all), repeat, store, logs, peer);
                }
                case "--repeat" -> new Options(only, Math.max(1, Integer.parseInt(value)), store, logs, peer);
                case "--store" -> new Options(only, repeat, Store.valueOf(value.toUpperCase(Locale.ROOT)), logs, peer);
                case "--logs" -> new Options(only, repeat, store, Path.of(value).toAbsolutePath(), peer);
                case "--peer" -> new Options(only, repeat, store, logs, value);
                default -> throw new UsageException(name + ": no such option");
            };
        } catch (IllegalArgumentException e) {
            throw new UsageException(name + ": not a value: " + value);
        }
    }

    private static Stream<String> names() {
        return Stream.of(
                        Arrays.stream(Floor.values()).map(f -> f.option),
                        Arrays.stream(Fault.values()).map(f -> f.option),
                        Stream.of(COSTS, COMMAND_LINE, COMMITS, ARRIVALS))
                .flatMap(s -> s);
    }

    boolean wants(Fault fault) {
        // Nobody can stop the embedded store without the agents that it lives in.
        boolean possible = fault != Fault.STORE || store == Store.ETCD;
        return possible && (only.isEmpty() || only.contains(fault.option));
    }

    /** Floors that a wanted fault is compared with are measured too. */
    boolean wants(Floor floor) {
        return only.isEmpty()
                || only.contains(floor.option)
                || Arrays.stream(Fault.values()).anyMatch(fault -> wants(fault) && fault.floor == floor);
    }

    boolean wantsCosts() {
        return only.isEmpty() || only.contains(COSTS);
    }

    /** Part of {@link #COSTS}, which takes some minutes. */
    boolean wantsCommandLine() {
        return wantsCosts() || only.contains(COMMAND_LINE);
    }

    boolean wantsCommits() {
        return only.isEmpty() || only.contains(COMMITS);
    }

    boolean wantsArrivals() {
        return only.isEmpty() || only.contains(ARRIVALS);
    }

    static String help() {
        var text = new StringBuilder("""
            usage: bench/run [--only NAME]... [--repeat N] [--store etcd|embedded] [--logs DIRECTORY] [--peer COMMAND]

            Measures how long a client cannot write after a fault, beside what PostgreSQL itself needs, and what the
            programs cost. Prints a report in Markdown on standard output, its progress on standard error; judges
            nothing. Takes about twenty minutes and needs PostgreSQL and etcd. An idle machine gives the best figures; on
                a busy one "nice -n -15" (as root) and "TMPDIR=/dev/shm" keep the others out of the result.

              --only NAME        only this, and the floors that it is compared with; may be repeated
              --repeat N         repetitions of each (3)
              --store STORE      where the agents keep their lease (etcd)
              --logs DIRECTORY   keeps the logs of the cluster there
              --peer COMMAND     the same faults to a cluster whose agents this starts, for instance an installed Patroni:
                                 a line for the shell that the path of a configuration file (patroni.yml) follows

            Floors, on PostgreSQL without a manager:
            """);
        for (Floor floor : Floor.values()) {
            text.append("  %-18s %s%n".formatted(floor.option, floor.title.replace("`", "")));
        }
        text.append("\nFaults, on a cluster of three nodes:\n");
        for (Fault fault : Fault.values()) {
            text.append("  %-18s %s%n".formatted(fault.option, fault.title.replace("`", "")));
        }
        text.append("\nOther:\n  %-18s memory, CPU and start of the programs%n".formatted(COSTS));
        text.append("  %-18s of these only patronictl, beside a JVM that does nothing%n".formatted(COMMAND_LINE));
        text.append("  %-18s time and number of commits with 0, 1 and 2 synchronous standbys, beside plain PostgreSQL%n"
                .formatted(COMMITS));
        text.append("  %-18s a first node, a replica, a former primary, beside initdb and pg_basebackup%n"
                .formatted(ARRIVALS));
        return text.toString();
    }
}

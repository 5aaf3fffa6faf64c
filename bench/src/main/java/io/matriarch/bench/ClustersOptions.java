package io.matriarch.bench;

import io.matriarch.bench.Options.UsageException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The command line of {@link Clusters}.
 *
 * @param clusters the sizes, in the order in which they are measured
 * @param members of each cluster
 * @param seconds of each measurement
 * @param loopWait of all clusters, in seconds; the rest of the timing follows from it
 */
record ClustersOptions(List<Integer> clusters, int members, int seconds, int loopWait) {

    static final String HELP = """
        usage: bench/clusters [--clusters N,N,...] [--members N] [--seconds N] [--loop-wait N]

        Runs many clusters on one real etcd that waits for its disk: the agents are those of production, all in one JVM,
        and speak to etcd over HTTP; PostgreSQL is a stub whose position moves, as if clients wrote all the time. Prints a
        table in Markdown on standard output, its progress on standard error; judges nothing. Needs etcd, PostgreSQL
        (whose version it prints), and 2 GB of memory for a thousand agents.

          --clusters N,N,...   how many clusters at once, one measurement after the other (25,100,250,500)
          --members N          agents of each cluster (2)
          --seconds N          how long each size is measured, 10 to 3600 (60)
          --loop-wait N        seconds between two cycles of an agent, 1 to 60 (10)
        """;

    /** More would want more ports, threads and memory than anybody has tried. */
    private static final int MOST_AGENTS = 4000;

    private static final int WRONG = -1;

    static ClustersOptions parse(String[] arguments) throws UsageException {
        var options = new ClustersOptions(List.of(25, 100, 250, 500), 2, 60, 10);
        List<String> words = Arrays.asList(arguments);
        for (int i = 0; i < words.size(); i += 2) {
            String name = words.get(i);
            if (i + 1 == words.size()) {
                throw new UsageException(name + ": no such option, or it needs a value");
            }
            options = options.with(name, words.get(i + 1));
        }
        if (options.mostAgents() > MOST_AGENTS) {
            throw new UsageException("at most " + MOST_AGENTS + " agents, not " + options.mostAgents());
        }
        return options;
    }

    private ClustersOptions with(String name, String value) throws UsageException {
        return switch (name) {
            case "--clusters" -> {
                List<Integer> sizes = Stream.of(value.split(",", -1))
                        .map(size -> number(size, 1, MOST_AGENTS))
                        .toList();
                if (sizes.contains(WRONG)) {
                    throw new UsageException(
                            name + ": numbers from 1 to " + MOST_AGENTS + " with commas between, not " + value);
                }
                yield new ClustersOptions(sizes, members, seconds, loopWait);
            }
            case "--members" -> new ClustersOptions(clusters, number(name, value, 1, 50), seconds, loopWait);
            case "--seconds" -> new ClustersOptions(clusters, members, number(name, value, 10, 3600), loopWait);
            case "--loop-wait" -> new ClustersOptions(clusters, members, seconds, number(name, value, 1, 60));
            default -> throw new UsageException(name + ": no such option");
        };
    }

    private static int number(String option, String value, int least, int most) throws UsageException {
        int number = number(value, least, most);
        if (number == WRONG) {
            throw new UsageException(option + ": a number from " + least + " to " + most + ", not " + value);
        }
        return number;
    }

    private static int number(String value, int least, int most) {
        int number = value.matches("[0-9]{1,6}") ? Integer.parseInt(value) : WRONG;
        return number >= least && number <= most ? number : WRONG;
    }

    int mostAgents() {
        return clusters.stream().mapToInt(size -> size * members).max().orElse(0);
    }
}

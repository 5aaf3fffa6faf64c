package io.matriarch.ctl.demo;

import io.matriarch.ctl.load.RowWriter;
import io.matriarch.http.RestClient;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The demo without a person: rows are written, the primary's node dies, another one takes over, the old one returns, and
 * every acknowledged row must be on every server.
 */
final class Tour {

    private static final Duration FORMATION = Duration.ofMinutes(2);

    /** The lease (20 s), the store's own detection, promotion, and a slow machine. */
    private static final Duration FAILOVER = Duration.ofSeconds(90);

    private static final Duration RETURN = Duration.ofMinutes(2);
    private static final Duration WRITING_WAIT = Duration.ofSeconds(30);
    private static final String TABLE = "tour";
    private static final Duration BETWEEN_ROWS = Duration.ofMillis(10);
    private static final int ROWS_BEFORE = 200;
    private static final int ROWS_AFTER = 200;
    private static final Duration POLL = Duration.ofMillis(100);

    private final DemoCluster cluster;
    private final RestClient client;
    private final PrintStream out = System.out;
    private final long startedAt = System.nanoTime();

    Tour(DemoCluster cluster, RestClient client) {
        this.cluster = cluster;
        this.client = client;
    }

    /** The exit code: 0 when everything went as told. */
    int run() throws InterruptedException {
        try {
            tell();
            return 0;
        } catch (DemoException e) {
            say("FAILED: " + e.getMessage());
            for (DemoNode node : cluster.nodes()) {
                System.err.println("--- the last words of " + node.name());
                node.tail().stream().skip(Math.max(0, node.tail().size() - 25)).forEach(System.err::println);
            }
            return 1;
        }
    }

    private void tell() throws DemoException, InterruptedException {
        say("three nodes on 127.0.0.1, the store inside their agents, synchronous mode on");
        ClusterPicture before = await("a primary with two streaming standbys", FORMATION, this::isWhole);
        Duration formation = elapsed(startedAt);
        DemoNode first = cluster.node(before.leader().orElseThrow());
        say(first.name() + " is primary (timeline " + timeline(before, first) + "); the cluster is whole after "
                + seconds(formation));

        try (var writer = startWriter()) {
            awaitRows(writer, ROWS_BEFORE);
            say(writer.acknowledged().count() + " rows written and acknowledged; now " + first.name()
                    + " loses power: SIGKILL to its agent and its PostgreSQL");

            long killedAt = System.nanoTime();
            int rowsAtKill = writer.acknowledged().count();
            first.kill();
            ClusterPicture after = await(
                    "another primary",
                    FAILOVER,
                    picture -> picture.leader()
                            .filter(name -> !name.equals(first.name()))
                            .filter(name ->
                                    !timeline(picture, cluster.node(name)).equals(timeline(before, first)))
                            .isPresent());
            Duration takeover = elapsed(killedAt);
            DemoNode second = cluster.node(after.leader().orElseThrow());
            say(second.name() + " is primary after " + seconds(takeover) + " (timeline " + timeline(after, second)
                    + "); " + second.name() + " says: " + second.latestDecision());
            awaitRows(writer, rowsAtKill + ROWS_AFTER);
            Duration outage = writer.acknowledged().outageAfter(killedAt).longest();
            say("writing goes on; the longest time without an acknowledged row was " + seconds(outage));

            long returnedAt = System.nanoTime();
            say("power is back: starting the agent of " + first.name());
            cluster.start(first);
            ClusterPicture whole = await(first.name() + " to stream from " + second.name(), RETURN, this::isWhole);
            Duration returned = elapsed(returnedAt);
            say(first.name() + " follows " + whole.leader().orElse("?") + " as " + role(whole, first) + " after "
                    + seconds(returned));

            writer.stop();
            for (DemoNode node : cluster.nodes()) {
                awaitRowsOn(node, writer);
            }
            int rows = writer.acknowledged().count();
            say("all " + rows + " acknowledged rows are on all three servers");
            explain(first, second, formation, takeover, outage, returned, rows);
        }
    }

    private void explain(
            DemoNode first,
            DemoNode second,
            Duration formation,
            Duration takeover,
            Duration outage,
            Duration returned,
            int rows) {
        out.println();
        out.printf("  cluster made and whole      %8s%n", seconds(formation));
        out.printf("  new primary after the kill  %8s%n", seconds(takeover));
        out.printf("  outage for the writer       %8s%n", seconds(outage));
        out.printf("  old primary back in line    %8s%n", seconds(returned));
        out.printf("  acknowledged rows lost      %8s of %d%n", 0, rows);
        out.println();
        out.printf(
                "%s held a lease of 20 seconds in the store and died without giving it back. Nobody may take over"
                    + " while it%ncould still be alive, so most of the outage is the rest of that lease. When it had"
                    + " ended, the others%ncompared their positions; %s was the synchronous standby, so it had every"
                    + " row that any client was told%nis safe, took the lease and promoted itself. %s came back, saw"
                    + " that somebody else leads, undid what it%nalone had written, and follows. No person did"
                    + " anything.%n",
                first.name(), second.name(), first.name());
    }

    // ---- waiting

    private boolean isWhole(ClusterPicture picture) {
        return picture.isWhole(cluster.nodes().size());
    }

    private ClusterPicture await(String what, Duration limit, Predicate<ClusterPicture> condition)
            throws DemoException, InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        ClusterPicture picture = ClusterPicture.take(client, cluster.nodes());
        while (!condition.test(picture)) {
            if (cluster.nodes().stream().noneMatch(DemoNode::isRunning)) {
                throw new DemoException("all agents ended while we waited for " + what);
            }
            if (System.nanoTime() >= end) {
                throw new DemoException("waited " + limit.toSeconds() + " s for " + what + "; last seen: "
                        + (picture.members().isEmpty() ? "no agent answers" : picture.members()));
            }
            Thread.sleep(POLL);
            picture = ClusterPicture.take(client, cluster.nodes());
        }
        return picture;
    }

    private void awaitRows(RowWriter writer, int rows) throws DemoException, InterruptedException {
        long end = System.nanoTime() + WRITING_WAIT.toNanos();
        while (writer.acknowledged().count() < rows) {
            if (System.nanoTime() >= end) {
                throw new DemoException("only " + writer.acknowledged().count() + " rows were acknowledged, expected "
                        + rows + "; last error of the client: " + writer.lastError());
            }
            Thread.sleep(POLL);
        }
    }

    /** A replica may still replay its last rows. */
    private void awaitRowsOn(DemoNode node, RowWriter writer) throws DemoException, InterruptedException {
        long end = System.nanoTime() + WRITING_WAIT.toNanos();
        while (true) {
            String seen;
            try (Connection connection = cluster.sessions().open(DemoCluster.endpoint(node))) {
                Set<Long> missing = writer.missingOn(connection);
                if (missing.isEmpty()) {
                    return;
                }
                seen = missing.size() + " acknowledged rows are missing on " + node.name() + ", the first is "
                        + Collections.min(missing);
            } catch (SQLException e) {
                seen = node.name() + " cannot be read: " + e.getMessage();
            }
            if (System.nanoTime() >= end) {
                throw new DemoException(seen);
            }
            Thread.sleep(POLL);
        }
    }

    private RowWriter startWriter() throws DemoException {
        try {
            return RowWriter.start(cluster.sessions(), cluster.endpoints(), TABLE, BETWEEN_ROWS);
        } catch (SQLException e) {
            throw new DemoException("cannot write to the primary: " + e.getMessage(), e);
        }
    }

    // ---- words

    private void say(String text) {
        out.printf("%7.1f s  %s%n", elapsed(startedAt).toMillis() / 1000.0, text);
        out.flush();
    }

    private static Duration elapsed(long since) {
        return Duration.ofNanos(System.nanoTime() - since);
    }

    private static String seconds(Duration duration) {
        return "%.1f s".formatted(duration.toMillis() / 1000.0);
    }

    private static String timeline(ClusterPicture picture, DemoNode node) {
        var member = picture.members().get(node.name());
        return member == null ? "?" : member.timeline();
    }

    private static String role(ClusterPicture picture, DemoNode node) {
        var member = picture.members().get(node.name());
        return member == null ? "?" : member.role().replace('_', ' ');
    }
}

package io.matriarch.ctl.demo;

import io.matriarch.ctl.demo.ClusterPicture.MemberPicture;
import io.matriarch.http.RestClient;
import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The cluster on the terminal, drawn anew each second until the process is told to end. Without a terminal only changes
 * are printed. An agent that ended is started again after a while, as the service manager of a real host would do.
 */
final class LiveView {

    private static final Duration PERIOD = Duration.ofSeconds(1);
    /** Longer than the lease, so that one sees the others take over first. */
    private static final Duration RESTART_AFTER = Duration.ofSeconds(30);

    /** An agent that fails this often without ever running for a while will not get better by itself. */
    private static final int HOPELESS_STARTS = 5;

    private static final int EVENTS = 8;
    private static final String HOME_AND_CLEAR_BELOW = "\033[H\033[J";
    private static final String ALTERNATE_SCREEN = "\033[?1049h\033[?25l";
    private static final String NORMAL_SCREEN = "\033[?25h\033[?1049l";

    private final DemoCluster cluster;
    private final RestClient client;
    private final PrintStream out = System.out;
    private final boolean terminal = isTerminal();
    private final long startedAt = System.nanoTime();
    private final Deque<String> events = new ArrayDeque<>();
    private final Map<String, String> lastSeen = new HashMap<>();
    private final Map<DemoNode, Long> endedAt = new HashMap<>();
    private int quickEnds;
    private String lastPrinted = "";

    LiveView(DemoCluster cluster, RestClient client) {
        this.cluster = cluster;
        this.client = client;
    }

    /** Runs until the process ends, or until the agents cannot be started. */
    int run() throws InterruptedException, DemoException {
        if (terminal) {
            Runtime.getRuntime().addShutdownHook(new Thread(this::leaveScreen, "demo-screen"));
            out.print(ALTERNATE_SCREEN);
        }
        note("three agents started; they agree on who makes the first server");
        while (true) {
            ClusterPicture picture = ClusterPicture.take(client, cluster.nodes());
            compare(picture);
            restartEnded();
            show(draw(picture));
            Thread.sleep(PERIOD);
        }
    }

    private static boolean isTerminal() {
        return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    }

    private void leaveScreen() {
        out.print(NORMAL_SCREEN);
        out.println("Stopping the demo …");
        out.flush();
    }

    private void restartEnded() throws DemoException {
        for (DemoNode node : cluster.nodes()) {
            if (node.isRunning()) {
                endedAt.remove(node);
                continue;
            }
            Long since = endedAt.putIfAbsent(node, System.nanoTime());
            if (since == null) {
                note("the agent of " + node.name() + " ended; it is started again in " + RESTART_AFTER.toSeconds()
                        + " s");
                quickEnds = lastSeen.isEmpty() ? quickEnds + 1 : 0;
                if (quickEnds >= HOPELESS_STARTS) {
                    throw new DemoException("the agents do not start; the last words of " + node.name() + ":\n"
                            + String.join("\n", node.tail()));
                }
            } else if (System.nanoTime() - since >= RESTART_AFTER.toNanos()) {
                endedAt.remove(node);
                note("starting the agent of " + node.name());
                cluster.start(node);
            }
        }
    }

    /** Tells what is different from the last picture. */
    private void compare(ClusterPicture picture) {
        picture.members().forEach((name, member) -> {
            String now = title(member.role()) + ", " + member.state()
                    + (member.timeline().isEmpty() ? "" : ", timeline " + member.timeline());
            if (!now.equals(lastSeen.put(name, now))) {
                note(name + ": " + now);
            }
        });
        lastSeen.keySet().removeIf(name -> {
            boolean gone = !picture.members().isEmpty() && !picture.members().containsKey(name);
            if (gone) {
                note(name + " is no longer a member: its key in the store has expired");
            }
            return gone;
        });
    }

    private void note(String event) {
        events.addLast(clock() + "  " + event);
        if (events.size() > EVENTS) {
            events.removeFirst();
        }
        if (!terminal) {
            out.println(clock() + "  " + event);
        }
    }

    private String clock() {
        long seconds = (System.nanoTime() - startedAt) / 1_000_000_000L;
        return "%d:%02d".formatted(seconds / 60, seconds % 60);
    }

    private List<String> draw(ClusterPicture picture) {
        List<String> lines = new ArrayList<>();
        lines.add("Matriarch demo: three PostgreSQL servers, three agents, the store inside them      " + clock());
        lines.add("");
        String row = " %-7s %-13s %-18s %3s %9s %6s %8s %11s";
        lines.add(row.formatted("Member", "Role", "State", "TL", "Lag", "Port", "Agent", "PostgreSQL"));
        for (DemoNode node : cluster.nodes()) {
            MemberPicture member =
                    picture.members().getOrDefault(node.name(), new MemberPicture("", "not a member", "", ""));
            lines.add(row.formatted(
                    node.name(),
                    title(member.role()),
                    member.state(),
                    member.timeline(),
                    member.lag(),
                    node.ports().postgres(),
                    node.agentPid().map(pid -> "pid " + pid).orElse("-"),
                    node.postmaster().map(process -> "pid " + process.pid()).orElse("-")));
        }
        lines.add("");
        lines.add("Latest decisions");
        cluster.nodes().forEach(node -> lines.add(" " + node.name() + "  " + node.latestDecision()));
        lines.add("");
        lines.add("What happened");
        events.forEach(event -> lines.add(" " + event));
        lines.add("");
        lines.addAll(hints(picture));
        return lines;
    }

    private List<String> hints(ClusterPicture picture) {
        DemoNode leader =
                picture.leader().map(cluster::node).orElse(cluster.nodes().getFirst());
        Optional<Long> agent = leader.agentPid();
        Optional<Long> postmaster = leader.postmaster().map(ProcessHandle::pid);
        String ctl = cluster.bin().resolve("patronictl") + " -c " + leader.configuration();
        List<String> lines = new ArrayList<>();
        lines.add("Connect      psql \"" + cluster.conninfo() + "\"");
        lines.add("Look         http://127.0.0.1:" + leader.ports().rest() + "/ui/     the cluster in a browser");
        lines.add("Crash it     kill -9 " + postmaster.map(String::valueOf).orElse("…")
                + "          PostgreSQL of the primary: its agent restarts it in place");
        lines.add("Lose a node  kill -9 " + agent.map(String::valueOf).orElse("…") + " "
                + postmaster.map(String::valueOf).orElse("…") + "   the others take over when its lease ends (20 s)");
        lines.add("Freeze it    kill -STOP " + agent.map(String::valueOf).orElse("…")
                + "       the agent only: the fence stops its PostgreSQL in time");
        lines.add("Move it      " + ctl + " switchover");
        lines.add("Logs         " + leader.directory().resolveSibling("node*") + "/agent.log");
        lines.add("Stop         Ctrl-C takes everything down and removes every file");
        return lines;
    }

    private void show(List<String> lines) {
        if (terminal) {
            out.print(HOME_AND_CLEAR_BELOW + String.join("\r\n", lines) + "\r\n");
            out.flush();
            return;
        }
        String hints = lines.stream()
                .filter(line -> line.startsWith("Connect") || line.startsWith("Look"))
                .collect(Collectors.joining(System.lineSeparator()));
        if (!hints.equals(lastPrinted)) {
            lastPrinted = hints;
            out.println(hints);
        }
    }

    /** {@code sync_standby} as people read it: Sync Standby. */
    private static String title(String role) {
        var text = new StringBuilder();
        for (String word : role.split("_")) {
            if (!word.isEmpty()) {
                text.append(text.isEmpty() ? "" : " ")
                        .append(Character.toUpperCase(word.charAt(0)))
                        .append(word.substring(1));
            }
        }
        return text.toString();
    }
}

package io.matriarch.ctl.monitor;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.ctl.cli.Format;
import io.matriarch.ctl.cli.Screen;
import io.matriarch.ctl.cli.Table;
import io.matriarch.ctl.cli.Table.Column;
import io.matriarch.ctl.patroni.MemberColours;
import io.matriarch.model.Json;
import io.matriarch.model.Lsn;
import io.matriarch.model.PeerStatus;
import io.matriarch.model.PeerStatus.Reachable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether a cluster does its work, and whether it could go on without its leader.
 *
 * @param nodes sorted by name
 * @param failoverReason why somebody else should lead; null: nobody should
 * @param problems in the order in which a person should look at them
 */
record ClusterHealth(
        String cluster,
        @Nullable String leader,
        boolean paused,
        List<Node> nodes,
        @Nullable String failoverReason,
        List<Problem> problems,
        Limits limits) {

    /**
     * From how many bytes of lag on something is wrong.
     *
     * @param warningBytes null: from where on a member would not take over
     * @param criticalBytes null: never
     */
    record Limits(@Nullable Long warningBytes, @Nullable Long criticalBytes) {}

    /** Something that is wrong. */
    record Problem(Severity severity, String text) {}

    /**
     * One member.
     *
     * @param role as in {@code GET /cluster}
     * @param state as it says itself
     * @param timeline 0 when not known
     * @param lagBytes behind the leader; null: not known, or it is the leader
     * @param trouble why it did not answer; empty when it did
     */
    record Node(
            String name,
            String role,
            String state,
            int timeline,
            Lsn position,
            @Nullable Long lagBytes,
            boolean pendingRestart,
            String trouble) {

        boolean answers() {
            return trouble.isEmpty();
        }
    }

    ClusterHealth {
        nodes = List.copyOf(nodes);
        problems = List.copyOf(problems);
    }

    static ClusterHealth of(Observation seen, Limits limits) {
        return new Judge(seen, limits).judge();
    }

    Severity severity() {
        Severity worst = Severity.OK;
        for (Problem problem : problems) {
            worst = problem.severity.compareTo(worst) > 0 ? problem.severity : worst;
        }
        return worst;
    }

    /** Looks at everything once. */
    private static final class Judge {
        private final Observation seen;
        private final Limits limits;
        private final Map<String, PeerStatus> statuses;
        private final Map<String, Node> nodes = new TreeMap<>();
        private final List<Problem> problems = new ArrayList<>();

        Judge(Observation seen, Limits limits) {
            this.seen = seen;
            this.limits = limits;
            this.statuses = seen.answers().statuses();
        }

        ClusterHealth judge() {
            Lsn leaderPosition = statuses.get(String.valueOf(seen.leader())) instanceof Reachable leader
                    ? leader.position()
                    : Lsn.NONE;
            seen.roles().forEach((name, role) -> nodes.put(name, node(name, role, leaderPosition)));
            String failover = failoverReason();
            if (failover != null) {
                problems.add(new Problem(Severity.CRITICAL, failover));
            }
            primaries();
            boolean paused = seen.config().isPaused();
            if (paused) {
                problems.add(new Problem(
                        failover == null ? Severity.WARNING : Severity.CRITICAL,
                        "the cluster is paused: nobody takes over by itself"));
            }
            int able = 0;
            for (Node node : nodes.values()) {
                if (!node.name.equals(seen.leader())) {
                    able += replica(node) ? 1 : 0;
                }
            }
            if (nodes.size() < 2) {
                problems.add(new Problem(Severity.WARNING, "there is no replica"));
            } else if (able == 0) {
                problems.add(new Problem(Severity.CRITICAL, "no replica could take over"));
            }
            if (seen.config().isSynchronous() && seen.roles().values().stream().noneMatch(r -> r.endsWith("standby"))) {
                problems.add(new Problem(Severity.WARNING, "synchronous mode is on, but no standby is synchronous"));
            }
            return new ClusterHealth(
                    seen.cluster(),
                    seen.leader(),
                    paused,
                    List.copyOf(nodes.values()),
                    failover,
                    problems,
                    new Limits(warningBytes(), limits.criticalBytes));
        }

        private long warningBytes() {
            return limits.warningBytes == null ? seen.config().maximumLagOnFailover() : limits.warningBytes;
        }

        private Node node(String name, String role, Lsn leaderPosition) {
            JsonObject document = seen.answers().documents().get(name);
            if (document == null) {
                String trouble = seen.answers().troubles().getOrDefault(name, "it was not asked");
                return new Node(name, role, "not answering", 0, Lsn.NONE, null, false, trouble);
            }
            String state = Json.string(document, "replication_state")
                    .filter(text -> !text.isEmpty())
                    .or(() -> Json.string(document, "state"))
                    .orElse("");
            Lsn position = statuses.get(name) instanceof Reachable status ? status.position() : Lsn.NONE;
            boolean comparable = leaderPosition.isKnown() && position.isKnown() && !name.equals(seen.leader());
            return new Node(
                    name,
                    role,
                    state,
                    (int) Json.integer(document, "timeline").orElse(0L).longValue(),
                    position,
                    comparable ? leaderPosition.bytesAfter(position) : null,
                    Json.bool(document, "pending_restart").orElse(false),
                    "");
        }

        private @Nullable String failoverReason() {
            Node leader = seen.leader() == null ? null : nodes.get(seen.leader());
            if (seen.leader() == null) {
                return "nobody leads: nobody accepts writes";
            }
            if (leader == null) {
                return "the leader key is held by " + seen.leader() + ", which is no member";
            }
            if (!leader.answers()) {
                return "the leader " + leader.name + " does not answer: " + leader.trouble;
            }
            boolean works = leader.state.equals("running")
                    || leader.state.equals("streaming")
                    || leader.state.equals("in archive recovery"); // the last two: of a standby cluster
            return works ? null : "PostgreSQL of the leader " + leader.name + " is " + leader.state;
        }

        private void primaries() {
            var primaries = new StringJoiner(" and ");
            int count = 0;
            for (Map.Entry<String, PeerStatus> entry : statuses.entrySet()) {
                if (entry.getValue() instanceof Reachable status && status.isPrimary()) {
                    primaries.add(entry.getKey());
                    count++;
                }
            }
            if (count > 1) {
                problems.add(new Problem(Severity.CRITICAL, primaries + " all say that they are primary"));
            }
        }

        /** @return whether it could take over */
        private boolean replica(Node node) {
            if (!node.answers()) {
                problems.add(new Problem(Severity.WARNING, node.name + " does not answer: " + node.trouble));
                return false;
            }
            if (!node.state.equals("streaming") && !node.state.equals("in archive recovery")) {
                String what = node.state.equals("running") ? "runs, but does not stream" : "is " + node.state;
                problems.add(new Problem(Severity.WARNING, node.name + " " + what));
            }
            Node leader = nodes.get(String.valueOf(seen.leader()));
            if (leader != null && leader.timeline != 0 && node.timeline != 0 && node.timeline != leader.timeline) {
                problems.add(new Problem(
                        Severity.WARNING,
                        node.name + " is on timeline " + node.timeline + ", the leader on " + leader.timeline));
            }
            lag(node);
            boolean willing = statuses.get(node.name) instanceof Reachable status
                    && !status.tags().nofailover();
            boolean near =
                    node.lagBytes == null || node.lagBytes <= seen.config().maximumLagOnFailover();
            boolean runs = node.state.equals("streaming")
                    || node.state.equals("running")
                    || node.state.equals("in archive recovery");
            return willing && near && runs;
        }

        private void lag(Node node) {
            if (node.lagBytes == null) {
                return;
            }
            Long critical = limits.criticalBytes;
            if (critical != null && node.lagBytes > critical) {
                problems.add(new Problem(Severity.CRITICAL, node.name + " is " + node.lagBytes + " bytes behind"));
            } else if (node.lagBytes > warningBytes()) {
                problems.add(new Problem(Severity.WARNING, node.name + " is " + node.lagBytes + " bytes behind"));
            }
        }
    }

    /** One line for monitoring systems: status, words, and measured values behind the bar. */
    String line() {
        var out = new StringBuilder("MATRIARCH " + severity() + " - " + cluster + ": ");
        if (problems.isEmpty()) {
            long largest = 0;
            for (Node node : nodes) {
                largest = Math.max(largest, node.lagBytes == null ? 0 : node.lagBytes);
            }
            out.append(leader)
                    .append(" leads, ")
                    .append(nodes.size() - 1)
                    .append(nodes.size() == 2 ? " replica streams" : " replicas stream")
                    .append(", largest lag ")
                    .append(largest)
                    .append(" bytes; no failover is needed");
        } else {
            var texts = new StringJoiner("; ");
            problems.forEach(problem -> texts.add(problem.text.replace('|', '/').replace('\n', ' ')));
            out.append(texts).append(failoverReason == null ? "; no failover is needed" : "; a failover is needed");
        }
        out.append(" | members=").append(nodes.size());
        out.append(" answering=")
                .append(nodes.stream().filter(Node::answers).count())
                .append(" failover_needed=")
                .append(failoverReason == null ? 0 : 1);
        for (Node node : nodes) {
            if (node.lagBytes != null) {
                out.append(" 'lag_")
                        .append(node.name.replace("'", ""))
                        .append("'=")
                        .append(node.lagBytes)
                        .append("B;");
                out.append(limits.warningBytes == null ? "" : limits.warningBytes)
                        .append(';');
                out.append(limits.criticalBytes == null ? "" : limits.criticalBytes)
                        .append(";0");
            }
        }
        return out.toString();
    }

    /** The line, and below it what people want to see. */
    String text(Screen screen) {
        var table = new Table(
                List.of(
                        Column.left("Member"),
                        Column.left("Role"),
                        Column.left("State"),
                        Column.right("TL"),
                        Column.right("Position"),
                        Column.right("Lag")),
                MemberColours::of);
        for (Node node : nodes) {
            table.add(List.of(
                    Table.cell(node.name),
                    Table.cell(node.role.replace('_', ' ')),
                    Table.cell(node.state),
                    node.timeline == 0 ? JsonNull.INSTANCE : new JsonPrimitive(node.timeline),
                    Table.cell(node.position.isKnown() ? node.position.toString() : null),
                    node.lagBytes == null ? JsonNull.INSTANCE : new JsonPrimitive(node.lagBytes)));
        }
        String line = line();
        String word = severity().toString();
        int at = line.indexOf(word);
        var out = new StringBuilder(line.substring(0, at) + screen.paint(severity().colour, word)
                + line.substring(at + word.length()) + "\n");
        out.append(table.render(Format.PRETTY, null, screen));
        for (Problem problem : problems) {
            out.append(screen.paint(problem.severity.colour, problem.severity.toString()))
                    .append("  ")
                    .append(problem.text)
                    .append('\n');
        }
        return out.toString();
    }

    /** The same for programs, on one line. */
    String json() {
        var o = new JsonObject();
        o.addProperty("status", severity().toString());
        o.addProperty("code", severity().exitCode);
        o.addProperty("cluster", cluster);
        o.addProperty("leader", leader);
        o.addProperty("paused", paused);
        o.addProperty("failover_needed", failoverReason != null);
        o.addProperty("failover_reason", failoverReason);
        var members = new JsonArray();
        for (Node node : nodes) {
            var m = new JsonObject();
            m.addProperty("name", node.name);
            m.addProperty("role", node.role);
            m.addProperty("state", node.state);
            m.addProperty("timeline", node.timeline == 0 ? null : node.timeline);
            m.addProperty("lag", node.lagBytes);
            m.addProperty("xlog_location", node.position.isKnown() ? node.position.bytes() : null);
            m.addProperty("pending_restart", node.pendingRestart);
            m.addProperty("error", node.answers() ? null : node.trouble);
            members.add(m);
        }
        o.add("members", members);
        var list = new JsonArray();
        for (Problem problem : problems) {
            var p = new JsonObject();
            p.addProperty("severity", problem.severity.toString());
            p.addProperty("text", problem.text);
            list.add(p);
        }
        o.add("problems", list);
        return Json.spaced(o) + "\n";
    }
}

package io.matriarch.ctl.patroni;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.ctl.cli.Format;
import io.matriarch.ctl.cli.Table;
import io.matriarch.ctl.cli.Table.Column;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.model.ClusterSummary;
import io.matriarch.model.ClusterSummary.Position;
import io.matriarch.model.ClusterSummary.Row;
import io.matriarch.model.ClusterView;
import io.matriarch.model.ConnUrl;
import io.matriarch.model.FailoverRequest;
import io.matriarch.model.Json;
import io.matriarch.model.Member;
import io.matriarch.model.PythonText;
import io.matriarch.model.YamlWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The table of members that {@code list} and {@code topology} print, and most commands before they act (contract ctl.md 2). */
final class MemberTable {

    /** How members stand below each other. */
    enum Layout {
        LIST,
        TOPOLOGY
    }

    /** Columns that appear only when they say something about a member, or when everything is asked for. */
    private enum Extra {
        PENDING_RESTART("Pending restart", false),
        PENDING_RESTART_REASON("Pending restart reason", false),
        SCHEDULED_RESTART("Scheduled restart", false),
        TAGS("Tags", false),
        /** Ours: shown to those who ask for everything, and only when it says something. */
        HELD_WAL("WAL held by slots", true),
        /** Ours, too. */
        POST_CRASH_GATE("Post-crash gate", true);

        private final String title;
        private final boolean isOurs;

        Extra(String title, boolean isOurs) {
            this.title = title;
            this.isOurs = isOurs;
        }
    }

    /** A member, its group, and how deep it stands below the leader; -1 where that is not shown. */
    private record Line(Row row, Group group, int depth) {

        /** The name as people see it. */
        String label() {
            return depth < 0 ? row.name() : "  ".repeat(depth) + "+ " + row.name();
        }
    }

    /** One cluster, or one group of a Citus cluster. */
    private record Group(int number, ClusterView view, ClusterSummary summary) {}

    private static final double BYTES_PER_MEGABYTE = 1024.0 * 1024.0;
    private static final int LONGEST_REASON = 50;
    private static final int DEFAULT_PORT = 5432;

    /** Width of the words that stand below a scheduled switchover. */
    private static final int STATE_FIELD = 24;

    private final Groups cluster;
    private final List<Group> groups = new ArrayList<>();
    private final Layout layout;
    private final Format format;

    private MemberTable(Groups cluster, Layout layout, Format format) {
        this.cluster = cluster;
        cluster.views()
                .forEach(
                        (number, view) -> groups.add(new Group(number, view, ClusterSummary.of(cluster.name(), view))));
        this.layout = layout;
        this.format = format;
    }

    /** Prints the table that precedes an action. */
    static void print(Cluster cluster, ClusterView view, Terminal terminal) {
        print(Groups.of(cluster, view), terminal);
    }

    /** Prints the table that precedes an action. */
    static void print(Groups cluster, Terminal terminal) {
        print(cluster, terminal, Layout.LIST, Format.PRETTY, false);
    }

    /** @param extended also the columns that say nothing about any member */
    static void print(Groups cluster, Terminal terminal, Layout layout, Format format, boolean extended) {
        new MemberTable(cluster, layout, format).print(terminal, extended);
    }

    private void print(Terminal terminal, boolean extended) {
        List<Extra> extras = extras(extended);
        var table = new Table(columns(extras), MemberColours::of);
        boolean withPorts = needsPorts();
        for (Line line : lines()) {
            table.add(cells(line, withPorts, extras));
        }
        terminal.print(table.render(format, title(), terminal.screen()));
        if (format == Format.PRETTY) {
            printState(terminal);
        }
    }

    private String title() {
        if (cluster.isMixed()) {
            return " Citus cluster: " + cluster.name() + " ";
        }
        String initialize = cluster.settings().initialize();
        String state = initialize == null ? "uninitialized" : initialize.isEmpty() ? "initializing" : initialize;
        return cluster.citus()
                ? " Citus cluster: " + cluster.name() + " (group: " + cluster.group() + ", " + state + ") "
                : " Cluster: " + cluster.name() + " (" + state + ") ";
    }

    private List<Column> columns(List<Extra> extras) {
        boolean pretty = format == Format.PRETTY;
        var columns = new ArrayList<Column>();
        if (!pretty) {
            columns.add(Column.left("Cluster"));
        }
        if (namesGroups()) {
            columns.add(Column.right("Group"));
        }
        columns.add(Column.left("Member"));
        columns.add(Column.left("Host"));
        columns.add(Column.left("Role"));
        columns.add(Column.left("State"));
        columns.add(Column.right("TL"));
        columns.add(Column.right("Receive LSN"));
        columns.add(Column.right(pretty ? "Lag" : "Receive Lag"));
        columns.add(Column.right("Replay LSN"));
        columns.add(Column.right(pretty ? "Lag" : "Replay Lag"));
        if (namesUpstream()) {
            columns.add(Column.left("Upstream"));
        }
        for (Extra extra : extras) {
            columns.add(Column.left(extra.title));
        }
        return columns;
    }

    /** People see a single group in the title. */
    private boolean namesGroups() {
        return cluster.citus() && (cluster.isMixed() || format != Format.PRETTY);
    }

    /** Programs read from a column what people see in the tree. */
    private boolean namesUpstream() {
        return layout == Layout.TOPOLOGY && format != Format.PRETTY;
    }

    private static @Nullable String upstreamName(Line line) {
        ClusterView view = line.group.view;
        if (view.isLeader(line.row.name())) {
            return null;
        }
        String upstream = upstreamOf(line.row, view);
        return upstream == null ? view.leaderName() : upstream;
    }

    private List<Extra> extras(boolean extended) {
        var extras = new ArrayList<Extra>();
        for (Extra extra : Extra.values()) {
            boolean says = false;
            for (Group group : groups) {
                for (Row row : group.summary.members()) {
                    says = says || !cell(extra, row.member()).isJsonNull();
                }
            }
            if (extra.isOurs ? extended && says : extended || says) {
                extras.add(extra);
            }
        }
        return extras;
    }

    private List<JsonElement> cells(Line line, boolean withPorts, List<Extra> extras) {
        Member member = line.row.member();
        var cells = new ArrayList<JsonElement>();
        if (format != Format.PRETTY) {
            cells.add(Table.cell(cluster.name()));
        }
        if (namesGroups()) {
            cells.add(new JsonPrimitive(line.group.number));
        }
        cells.add(Table.cell(format == Format.PRETTY ? line.label() : line.row.name()));
        cells.add(host(line.row.address(), withPorts));
        cells.add(Table.cell(titleCase(line.row.role())));
        cells.add(Table.cell(line.row.state()));
        int timeline = member.timeline();
        cells.add(timeline == 0 ? JsonNull.INSTANCE : new JsonPrimitive(timeline));
        addProgress(cells, line.row);
        if (namesUpstream()) {
            cells.add(Table.cell(upstreamName(line)));
        }
        for (Extra extra : extras) {
            cells.add(cell(extra, member));
        }
        return cells;
    }

    private static JsonElement host(@Nullable ConnUrl address, boolean withPorts) {
        if (address == null) {
            return JsonNull.INSTANCE;
        }
        return Table.cell(withPorts ? address.host() + ":" + address.port() : address.host());
    }

    /** Ports are shown for all members when some member cannot be told by its host alone. */
    private boolean needsPorts() {
        var hosts = new HashSet<String>();
        for (Group group : groups) {
            for (Row row : group.summary.members()) {
                ConnUrl address = row.address();
                if (address != null && (address.port() != DEFAULT_PORT || !hosts.add(address.host()))) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Received and replayed position, each with its lag; the owner of the leader key has none. */
    private static void addProgress(List<JsonElement> cells, Row row) {
        ClusterSummary.Progress progress = row.progress();
        if (progress == null) {
            cells.addAll(List.of(JsonNull.INSTANCE, JsonNull.INSTANCE, JsonNull.INSTANCE, JsonNull.INSTANCE));
            return;
        }
        Position received = progress.received();
        Position replayed = progress.replayed();
        if (!received.isKnown() && !replayed.isKnown() && progress.overall().isKnown()) {
            // a member of a version that publishes one position only
            if (row.state().equals("streaming")) {
                received = progress.overall();
            } else {
                replayed = progress.overall();
            }
        }
        addPosition(cells, received);
        addPosition(cells, replayed);
    }

    private static void addPosition(List<JsonElement> cells, Position position) {
        if (position.isKnown()) {
            cells.add(Table.cell(position.lsn().toString()));
            cells.add(new JsonPrimitive((long) Math.rint(position.lagBytes() / BYTES_PER_MEGABYTE)));
        } else {
            cells.add(Table.cell(ClusterSummary.UNKNOWN));
            cells.add(JsonNull.INSTANCE);
        }
    }

    private JsonElement cell(Extra extra, Member member) {
        JsonObject data = member.data();
        return switch (extra) {
            case PENDING_RESTART ->
                Table.cell(Json.bool(data, "pending_restart").orElse(false) ? "*" : null);
            case PENDING_RESTART_REASON -> Table.cell(restartReasons(data));
            case SCHEDULED_RESTART -> Table.cell(scheduledRestart(data));
            case TAGS -> tags(member.tags().values());
            case HELD_WAL -> Table.cell(heldWal(data));
            case POST_CRASH_GATE ->
                Table.cell(Json.string(data, "post_crash_gate").orElse(null));
        };
    }

    /** A line for each slot: {@code cdc: 310 MB, max_slot_wal_keep_size in 42 min}. */
    private static @Nullable String heldWal(JsonObject data) {
        JsonObject slots = Json.object(data, "slots_held_wal").orElseGet(JsonObject::new);
        var lines = new ArrayList<String>();
        for (var slot : slots.entrySet()) {
            if (slot.getValue() instanceof JsonObject use) {
                long megabytes = Math.round(Json.integer(use, "held_bytes").orElse(0L) / BYTES_PER_MEGABYTE);
                String end = Json.integer(use, "minutes_left")
                        .map(minutes ->
                                ", " + Json.string(use, "limit").orElse("its limit") + " in " + minutes + " min")
                        .orElse("");
                lines.add(slot.getKey() + ": " + megabytes + " MB" + end);
            }
        }
        return lines.isEmpty() ? null : String.join("\n", lines);
    }

    private @Nullable String restartReasons(JsonObject data) {
        JsonObject reasons = Json.object(data, "pending_restart_reason").orElse(null);
        if (reasons == null) {
            return null;
        }
        var lines = new StringBuilder();
        for (var reason : reasons.entrySet()) {
            String text = reason.getKey() + ": " + change(reason.getValue());
            if (format == Format.PRETTY && text.length() > LONGEST_REASON) {
                text = reason.getKey() + ": [hidden - too long]";
            }
            lines.append(lines.isEmpty() ? "" : "\n").append(text);
        }
        return lines.toString();
    }

    private static String change(JsonElement reason) {
        return reason instanceof JsonObject values
                ? Json.string(values, "old_value").orElse("") + "->"
                        + Json.string(values, "new_value").orElse("")
                : PythonText.str(reason);
    }

    private static @Nullable String scheduledRestart(JsonObject data) {
        JsonObject scheduled = Json.object(data, "scheduled_restart").orElse(null);
        if (scheduled == null) {
            return null;
        }
        String version = Json.string(scheduled, "postgres_version").orElse("");
        return Json.string(scheduled, "schedule").orElse("") + (version.isEmpty() ? "" : " if version < " + version);
    }

    private JsonElement tags(JsonObject tags) {
        if (tags.isEmpty()) {
            return JsonNull.INSTANCE;
        }
        return switch (format) {
            case PRETTY ->
                Table.cell(
                        layout == Layout.TOPOLOGY
                                ? YamlWriter.flow(tags)
                                : YamlWriter.block(tags).stripTrailing());
            case TSV -> Table.cell(YamlWriter.flow(tags));
            case JSON, YAML -> tags;
        };
    }

    private static String titleCase(String role) {
        var out = new StringBuilder(role.length());
        boolean first = true;
        for (int i = 0; i < role.length(); i++) {
            char c = role.charAt(i) == '_' ? ' ' : role.charAt(i);
            out.append(first ? Character.toUpperCase(c) : c);
            first = c == ' ';
        }
        return out.toString();
    }

    private void printState(Terminal terminal) {
        for (Group group : groups) {
            printState(group, terminal);
        }
    }

    private void printState(Group group, Terminal terminal) {
        boolean paused = group.summary.paused();
        FailoverRequest scheduled = group.summary.scheduledSwitchover();
        if (cluster.isMixed() && (paused || scheduled != null)) {
            terminal.line("Citus group: " + group.number);
        }
        if (paused) {
            terminal.line(" Maintenance mode: on");
        }
        if (scheduled != null) {
            terminal.line(" Switchover scheduled at: " + scheduled.scheduledAt());
            printField(terminal, "from", scheduled.leader());
            printField(terminal, "to", scheduled.candidate());
        }
    }

    private static void printField(Terminal terminal, String word, @Nullable String value) {
        if (value != null) {
            terminal.line(" ".repeat(STATE_FIELD - word.length()) + word + ": " + value);
        }
    }

    private List<Line> lines() {
        var lines = new ArrayList<Line>();
        for (Group group : groups) {
            switch (layout) {
                case LIST -> {
                    for (Row row : group.summary.members()) {
                        lines.add(new Line(row, group, -1));
                    }
                }
                case TOPOLOGY -> addTree(lines, group);
            }
        }
        return lines;
    }

    /** The leader, then its replicas, each followed by those that stream from it. */
    private static void addTree(List<Line> lines, Group group) {
        var pending = new ArrayList<Row>();
        for (Row row : group.summary.members()) {
            if (group.view.isLeader(row.name())) {
                lines.add(new Line(row, group, -1));
            } else {
                pending.add(row);
            }
        }
        addReplicas(lines, group, pending, null, 0);
        while (!pending.isEmpty()) {
            // members that stream from each other in a circle hang below no other one
            Row row = pending.removeFirst();
            lines.add(new Line(row, group, 0));
            addReplicas(lines, group, pending, row.name(), 1);
        }
    }

    /**
     * Moves the replicas of an upstream, with theirs, from {@code pending} to {@code lines}.
     *
     * @param upstream null for the leader
     */
    private static void addReplicas(
            List<Line> lines, Group group, List<Row> pending, @Nullable String upstream, int depth) {
        for (Row row : List.copyOf(pending)) {
            if (Objects.equals(upstreamOf(row, group.view), upstream) && pending.remove(row)) {
                lines.add(new Line(row, group, depth));
                addReplicas(lines, group, pending, row.name(), depth + 1);
            }
        }
    }

    /** The replica that a member streams from; null for the leader. */
    private static @Nullable String upstreamOf(Row row, ClusterView view) {
        String upstream = row.member().tags().replicatefrom().orElse(null);
        boolean isReplica = upstream != null
                && !upstream.equals(row.name())
                && !view.isLeader(upstream)
                && view.members().containsKey(upstream);
        return isReplica ? upstream : null;
    }
}

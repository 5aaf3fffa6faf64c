package io.matriarch.ctl.operator;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Format;
import io.matriarch.ctl.cli.Screen;
import io.matriarch.ctl.cli.Table;
import io.matriarch.ctl.cli.Table.Column;
import io.matriarch.ctl.patroni.MemberColours;
import io.matriarch.engine.LeaderLoss;
import io.matriarch.engine.LeaderLoss.Prospect;
import io.matriarch.engine.Reason;
import io.matriarch.engine.lease.Electors;
import io.matriarch.engine.lease.Quorums;
import io.matriarch.model.ClusterSummary;
import io.matriarch.model.ClusterSummary.Row;
import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Electorate;
import io.matriarch.model.History;
import io.matriarch.model.JournalEntry;
import io.matriarch.model.Json;
import io.matriarch.model.Member;
import io.matriarch.model.PeerStatus;
import io.matriarch.model.SyncState;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.TimingRule;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What {@code matriarch status} shows.
 *
 * @param decisions the last ones that the members' journals tell, the oldest first
 * @param store how long the store took to answer
 * @param prospects what would happen without the leader
 */
record StatusReport(
        String name,
        ClusterView view,
        Timing timing,
        MemberAnswers answers,
        List<JournalEntry> decisions,
        Duration store,
        List<Prospect> prospects) {

    private static final int EVENTS = 5;

    static StatusReport of(
            String name,
            ClusterView view,
            MemberAnswers answers,
            List<JournalEntry> journals,
            Duration store,
            TimeSource time)
            throws CommandFailure {
        Timing timing;
        try {
            timing = TimingRule.apply(view.dynamicConfig()).timing();
        } catch (ConfigurationException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()), e);
        }
        List<Prospect> prospects =
                LeaderLoss.foresee(asOfNow(view, answers), view.dynamicConfig(), timing, time.now(), time.wallClock());
        return new StatusReport(name, view, timing, answers, last(journals), store, prospects);
    }

    /** What a person would want to hear: a cycle that found everything in order says nothing. */
    private static List<JournalEntry> last(List<JournalEntry> journals) {
        List<JournalEntry> told = journals.stream()
                .filter(entry -> !entry.result().startsWith("no action."))
                .sorted(Comparator.comparing(JournalEntry::at))
                .toList();
        return told.subList(Math.max(told.size() - EVENTS, 0), told.size());
    }

    /** What members said just now in place of what they published last; who does not answer does not run. */
    private static ClusterView asOfNow(ClusterView view, MemberAnswers answers) {
        var members = new TreeMap<String, Member>();
        view.members().forEach((name, member) -> {
            JsonObject data = member.data().deepCopy();
            switch (answers.statuses().get(name)) {
                case PeerStatus.Reachable now -> {
                    data.addProperty("xlog_location", now.position().bytes());
                    data.addProperty("timeline", now.timeline());
                    data.add("tags", now.tags().values());
                }
                case PeerStatus.Unreachable _ -> data.addProperty("state", "not answering");
                case null -> data.addProperty("state", "not answering");
            }
            members.put(name, new Member(name, data));
        });
        return view.withMembers(members);
    }

    /** @param screen what the table may use */
    String text(Screen screen) {
        var out = new StringBuilder();
        out.append("Cluster ")
                .append(name)
                .append(" (")
                .append(identifier())
                .append("), ")
                .append(versions());
        out.append("\nLeader ").append(leaderLine());
        out.append("\nLease ")
                .append(timing.ttl().toSeconds())
                .append(" s, renewed every ")
                .append(renewedEvery())
                .append(" s; the store answered in ")
                .append(store.toMillis())
                .append(" ms");
        if (view.dynamicConfig().memberLease()) {
            out.append("\nMember lease ").append(memberLeaseLine());
        }
        out.append("\nAutomatic failover ")
                .append(view.dynamicConfig().isPaused() ? "off: the cluster is paused" : "on");
        out.append("\nSynchronous mode ").append(syncLine());
        out.append("\n\n").append(table().render(Format.PRETTY, null, screen));
        if (!view.status().slots().isEmpty()) {
            var slots = new StringJoiner(", ");
            view.status().slots().forEach((slot, position) -> slots.add(slot + " at " + position));
            out.append("\nSlots ").append(slots).append('\n');
        }
        appendForecast(out);
        appendEvents(out);
        appendDecisions(out);
        return out.toString();
    }

    private String identifier() {
        String initialize = view.initialize();
        return initialize == null ? "uninitialized" : initialize.isEmpty() ? "initializing" : initialize;
    }

    private String versions() {
        var versions = new TreeSet<String>();
        for (JsonObject document : answers.documents().values()) {
            long number = Json.integer(document, "server_version").orElse(0L);
            if (number > 0) {
                versions.add(number / 10_000 + "." + number % 10_000);
            }
        }
        return versions.isEmpty() ? "PostgreSQL version not known" : "PostgreSQL " + String.join(" and ", versions);
    }

    private String leaderLine() {
        String leader = view.leaderName();
        if (leader == null) {
            return "none: nobody accepts writes";
        }
        String since = "";
        if (!view.history().entries().isEmpty()) {
            History.Entry last = view.history().entries().getLast();
            since = leader.equals(last.leader()) && last.timestamp() != null ? " since " + last.timestamp() : "";
        }
        return leader + since;
    }

    /** Seconds; where leases are short, or members grant one, it is renewed between the cycles too. */
    private String renewedEvery() {
        return view.dynamicConfig().renewsBetweenCycles()
                ? BigDecimal.valueOf(timing.renewalPeriod().toMillis(), 3)
                        .stripTrailingZeros()
                        .toPlainString()
                : Long.toString(timing.loopWait().toSeconds());
    }

    private String memberLeaseLine() {
        Electorate electorate = view.electorate();
        if (!electorate.isInForce()) {
            Set<String> foreign = Electors.of(
                            String.valueOf(view.leaderName()), view.members().values())
                    .foreign();
            return "not in force" + (foreign.isEmpty() ? "" : ": " + foreign + " would not ask for votes");
        }
        int size = electorate.members().size();
        return "without the store, promises of " + Quorums.promises(size) + " of "
                + String.join(", ", electorate.members()) + " carry " + electorate.leader() + " for "
                + electorate.limit().toSeconds() + " s, those of all for longer";
    }

    private String syncLine() {
        DynamicConfig config = view.dynamicConfig();
        if (!config.isSynchronous()) {
            return "off: a failover may lose what was committed last";
        }
        SyncState sync = view.sync();
        String mode = config.synchronousMode() == DynamicConfig.SynchronousMode.QUORUM ? "quorum" : "on";
        if (sync.voters().isEmpty()) {
            return mode + ", but nobody besides " + sync.leader() + " is sure to hold every acknowledged commit";
        }
        return mode + ": " + String.join(", ", sync.voters())
                + (mode.equals("quorum") && sync.quorum() > 0
                        ? "; any " + sync.quorum() + " more than one of them hold every acknowledged commit"
                        : " " + (sync.voters().size() == 1 ? "holds" : "hold") + " every acknowledged commit");
    }

    private Table table() {
        var table = new Table(
                List.of(
                        Column.left("Member"),
                        Column.left("Role"),
                        Column.left("State"),
                        Column.right("TL"),
                        Column.right("Lag"),
                        Column.left("Remarks")),
                MemberColours::of);
        for (Row row : ClusterSummary.of(name, view).members()) {
            int timeline = row.member().timeline();
            table.add(List.of(
                    Table.cell(row.name()),
                    Table.cell(row.role().replace('_', ' ')),
                    Table.cell(row.state()),
                    timeline == 0 ? JsonNull.INSTANCE : new JsonPrimitive(timeline),
                    Table.cell(lag(row)),
                    Table.cell(remarks(row))));
        }
        return table;
    }

    private static @Nullable String lag(Row row) {
        Long bytes = lagBytes(row);
        return bytes == null ? null : bytes + " B";
    }

    private static @Nullable Long lagBytes(Row row) {
        ClusterSummary.Progress progress = row.progress();
        return progress == null || !progress.overall().isKnown()
                ? null
                : progress.overall().lagBytes();
    }

    private String remarks(Row row) {
        var remarks = new StringJoiner(", ");
        String trouble = answers.troubles().get(row.name());
        if (trouble != null) {
            remarks.add("does not answer (" + trouble + ")");
        }
        if (Json.bool(row.member().data(), "pending_restart").orElse(false)) {
            remarks.add("needs a restart");
        }
        row.member().tags().values().asMap().keySet().forEach(remarks::add);
        return remarks.toString();
    }

    private void appendForecast(StringBuilder out) {
        String leader = view.leaderName();
        out.append('\n')
                .append(leader == null ? "While there is no leader" : "If " + leader + " died now")
                .append('\n');
        if (prospects.isEmpty()) {
            out.append("  there is nobody to take over\n");
        }
        for (Prospect prospect : prospects) {
            out.append("  ")
                    .append(prospect.member())
                    .append(prospect.takesOver() ? " would take over" : " would not take over");
            List<String> why = why(prospect);
            out.append(why.isEmpty() ? "" : ": " + String.join("; ", why)).append('\n');
        }
        if (view.dynamicConfig().isPaused()) {
            out.append("  (the cluster is paused: a person decides)\n");
        }
    }

    private List<String> why(Prospect prospect) {
        if (answers.troubles().containsKey(prospect.member())) {
            return List.of("it does not answer");
        }
        var why = new LinkedHashSet<String>(); // rules that are asked again say the same again
        for (Reason reason : prospect.reasons()) {
            why.add(reason.text());
        }
        if (why.isEmpty() && !prospect.result().isEmpty()) {
            why.add(prospect.result());
        }
        return List.copyOf(why);
    }

    private void appendEvents(StringBuilder out) {
        List<History.Entry> entries = view.history().entries();
        if (entries.isEmpty()) {
            return;
        }
        out.append("\nLast changes of the leader\n");
        for (History.Entry entry : entries.subList(Math.max(entries.size() - EVENTS, 0), entries.size())) {
            out.append("  ").append(entry.timestamp() == null ? "at an unknown time" : entry.timestamp());
            out.append("  timeline ").append(entry.timeline() + 1);
            out.append(entry.leader() == null ? "" : " led by " + entry.leader());
            out.append(" begins at ").append(entry.switchPoint()).append('\n');
        }
    }

    private void appendDecisions(StringBuilder out) {
        if (decisions.isEmpty()) {
            return;
        }
        out.append("\nLast decisions (matriarch explain tells more)\n");
        for (JournalEntry entry : decisions) {
            out.append("  ")
                    .append(entry.at().truncatedTo(ChronoUnit.SECONDS))
                    .append("  ")
                    .append(entry.member())
                    .append("  ")
                    .append(entry.result())
                    .append('\n');
        }
    }

    String json() {
        var report = new JsonObject();
        report.addProperty("cluster", name);
        report.add("system_identifier", text(view.initialize()));
        report.add("leader", text(view.leaderName()));
        report.addProperty("ttl", timing.ttl().toSeconds());
        report.addProperty("loop_wait", timing.loopWait().toSeconds());
        report.addProperty("retry_timeout", timing.retryTimeout().toSeconds());
        report.addProperty("store_milliseconds", store.toMillis());
        if (view.dynamicConfig().memberLease()) {
            var lease = new JsonObject();
            lease.add(
                    "leader",
                    text(view.electorate().isInForce() ? view.electorate().leader() : null));
            lease.add("members", texts(List.copyOf(view.electorate().members())));
            lease.addProperty(
                    "promises_needed",
                    Quorums.promises(view.electorate().members().size()));
            lease.addProperty("limit", view.electorate().limit().toSeconds());
            report.add("member_lease", lease);
        }
        report.addProperty("paused", view.dynamicConfig().isPaused());
        var sync = new JsonObject();
        sync.addProperty("mode", view.dynamicConfig().synchronousMode().name().toLowerCase(Locale.ROOT));
        sync.add("leader", text(view.sync().leader()));
        sync.add("voters", texts(view.sync().voters()));
        sync.addProperty("quorum", view.sync().quorum());
        report.add("sync", sync);
        var members = new JsonArray();
        for (Row row : ClusterSummary.of(name, view).members()) {
            members.add(member(row));
        }
        report.add("members", members);
        var slots = new JsonObject();
        view.status().slots().forEach((slot, position) -> slots.addProperty(slot, position.toString()));
        report.add("slots", slots);
        var forecast = new JsonArray();
        for (Prospect prospect : prospects) {
            var o = new JsonObject();
            o.addProperty("member", prospect.member());
            o.addProperty("takes_over", prospect.takesOver());
            o.add("reasons", texts(why(prospect)));
            forecast.add(o);
        }
        report.add("if_leader_died", forecast);
        var events = new JsonArray();
        for (JournalEntry entry : decisions) {
            var o = new JsonObject();
            o.addProperty("at", entry.at().toString());
            o.addProperty("member", entry.member());
            o.addProperty("result", entry.result());
            o.add("reasons", texts(entry.reasons()));
            events.add(o);
        }
        report.add("decisions", events);
        return Json.spaced(report) + "\n";
    }

    private JsonObject member(Row row) {
        var member = new JsonObject();
        member.addProperty("name", row.name());
        member.addProperty("role", row.role());
        member.addProperty("state", row.state());
        member.addProperty("timeline", row.member().timeline());
        Long lag = lagBytes(row);
        member.add("lag", lag == null ? JsonNull.INSTANCE : new JsonPrimitive(lag));
        member.addProperty("answers", !answers.troubles().containsKey(row.name()));
        member.addProperty(
                "pending_restart",
                Json.bool(row.member().data(), "pending_restart").orElse(false));
        member.add("tags", row.member().tags().values());
        return member;
    }

    private static JsonElement text(@Nullable String text) {
        return text == null ? JsonNull.INSTANCE : new JsonPrimitive(text);
    }

    private static JsonArray texts(List<String> texts) {
        var array = new JsonArray();
        texts.forEach(array::add);
        return array;
    }
}

package io.matriarch.ctl.operator;

import com.google.gson.JsonObject;
import io.matriarch.model.ClusterSummary;
import io.matriarch.model.ClusterSummary.Row;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Coercion;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Member;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the store and the members say about the cluster. */
final class ClusterChecks {

    private static final String LEADER = "leader";
    private static final String MEMBERS = "members";
    private static final String SYNC = "synchronous policy";
    private static final String REPLICATION = "replication";

    /** A member's last contact with the store is as old as its cycle; more than this beyond it is no delay any more. */
    private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(5);

    private final ClusterView view;
    private final MemberAnswers answers;
    private final Instant now;
    private final List<Finding> findings = new ArrayList<>();

    ClusterChecks(ClusterView view, MemberAnswers answers, Instant now) {
        this.view = view;
        this.answers = answers;
        this.now = now;
    }

    List<Finding> run() {
        leader();
        for (Map.Entry<String, String> trouble : answers.troubles().entrySet()) {
            findings.add(Finding.error(
                    MEMBERS,
                    trouble.getKey() + " does not answer: " + trouble.getValue(),
                    "look at its agent, and whether its api_url can be reached from here: it cannot take over"
                            + " as it is"));
        }
        versions();
        clocks();
        states();
        synchronousPolicy();
        slots();
        return findings;
    }

    private void leader() {
        DynamicConfig config = view.dynamicConfig();
        findings.add(
                view.leaderMember().isPresent()
                        ? Finding.ok(LEADER, view.leaderName() + " leads")
                        : Finding.error(
                                LEADER,
                                "nobody leads: nobody accepts writes",
                                "matriarch status tells why nobody takes over"));
        if (config.isPaused()) {
            findings.add(Finding.warning(
                    LEADER, "the cluster is paused: nobody takes over when the leader dies", "patronictl resume"));
        }
        if (view.members().size() < 2) {
            findings.add(
                    Finding.warning(MEMBERS, "there is one member only: nobody can take over", "add a second node"));
        }
    }

    /** Members must be able to follow each other. */
    private void versions() {
        var postgres = new TreeMap<Long, List<String>>();
        var agents = new TreeMap<String, List<String>>();
        answers.documents().forEach((name, document) -> {
            long version = Json.integer(document, "server_version").orElse(0L);
            if (version > 0) {
                postgres.computeIfAbsent(version / 10_000, _ -> new ArrayList<>())
                        .add(name);
            }
            Json.object(document, "patroni")
                    .flatMap(patroni -> Json.string(patroni, "version"))
                    .ifPresent(text ->
                            agents.computeIfAbsent(text, _ -> new ArrayList<>()).add(name));
        });
        if (postgres.size() > 1) {
            findings.add(Finding.error(
                    "versions",
                    "members run different major versions of PostgreSQL: " + postgres,
                    "they cannot follow each other"));
        } else {
            findings.add(Finding.ok("versions", "all members run PostgreSQL " + postgres.keySet()));
        }
        if (agents.size() > 1) {
            findings.add(Finding.notice("versions", "members have agents of different versions: " + agents, ""));
        }
    }

    /** A clock that is wrong makes scheduled actions and certificates wrong; the lease does not depend on it. */
    private void clocks() {
        Duration cycle = loopWait();
        boolean fine = true;
        for (Map.Entry<String, JsonObject> answer : answers.documents().entrySet()) {
            long lastSeen = Json.integer(answer.getValue(), "dcs_last_seen").orElse(0L);
            if (lastSeen <= 0) {
                continue;
            }
            Duration age = Duration.between(Instant.ofEpochSecond(lastSeen), now);
            if (age.plus(CLOCK_TOLERANCE).isNegative()) {
                fine = false;
                findings.add(Finding.warning(
                        "clocks",
                        "the clock of " + answer.getKey() + " is at least "
                                + age.negated().toSeconds() + " s before ours",
                        "let chrony or ntpd set the clocks of all nodes"));
            } else if (age.compareTo(cycle.multipliedBy(2).plus(CLOCK_TOLERANCE)) > 0) {
                fine = false;
                findings.add(Finding.warning(
                        "clocks",
                        answer.getKey() + " says that it saw the store " + age.toSeconds()
                                + " s ago: its clock is behind" + " ours, or it does not reach the store",
                        "compare the clocks, then look at its log"));
            }
        }
        if (fine && !answers.documents().isEmpty()) {
            findings.add(Finding.ok("clocks", "the clocks of the members that answer agree with ours"));
        }
    }

    private Duration loopWait() {
        var value = view.dynamicConfig().document().get("loop_wait");
        return Duration.ofSeconds(
                value == null ? 10 : Math.max(Coercion.integer(value).orElse(10L), 1));
    }

    private void states() {
        long limit = view.dynamicConfig().maximumLagOnFailover();
        for (Row row : ClusterSummary.of("", view).members()) {
            Member member = row.member();
            if (!member.isRunning()) {
                findings.add(Finding.warning(
                        MEMBERS,
                        row.name() + " is " + member.state(),
                        "look at the logs of its agent and its PostgreSQL"));
            }
            if (Json.bool(member.data(), "pending_restart").orElse(false)) {
                findings.add(Finding.notice(
                        MEMBERS,
                        row.name() + " needs a restart for a changed parameter",
                        "patronictl restart --pending"));
            }
            ClusterSummary.Progress progress = row.progress();
            if (progress != null && member.isRunning() && progress.overall().lagBytes() > limit) {
                findings.add(Finding.warning(
                        REPLICATION,
                        row.name() + " is " + progress.overall().lagBytes() + " bytes behind, more than"
                                + " maximum_lag_on_failover (" + limit + "): it would not take over",
                        "look at its network, disk and log"));
            }
        }
    }

    private void synchronousPolicy() {
        DynamicConfig config = view.dynamicConfig();
        int standbys = view.members().size() - 1;
        if (!config.isSynchronous()) {
            findings.add(Finding.notice(
                    SYNC,
                    "off: a failover may lose what was committed last, up to maximum_lag_on_failover ("
                            + config.maximumLagOnFailover() + " bytes)",
                    "patronictl edit-config -s synchronous_mode=true"));
            return;
        }
        if (view.sync().voters().isEmpty()) {
            findings.add(Finding.warning(
                    SYNC,
                    "on, but no standby is synchronous: nobody may take over",
                    "look why no standby streams; matriarch status tells"));
        } else {
            findings.add(Finding.ok(SYNC, "on: " + String.join(", ", view.sync().voters())));
        }
        if (config.synchronousModeStrict() && standbys <= config.synchronousNodeCount()) {
            findings.add(Finding.warning(
                    SYNC,
                    "strict, with " + standbys + " standbys for " + config.synchronousNodeCount()
                            + " that must confirm: when one fails, commits wait",
                    "add a standby, or accept it"));
        }
    }

    /** Each member needs a slot and a walsender on whoever leads. */
    private void slots() {
        int needed = view.members().size()
                - 1
                + view.dynamicConfig().permanentSlots().size();
        JsonObject parameters =
                Json.object(view.dynamicConfig().postgresql(), "parameters").orElseGet(JsonObject::new);
        long slots = Json.integer(parameters, "max_replication_slots").orElse(10L);
        long senders = Json.integer(parameters, "max_wal_senders").orElse(10L);
        if (view.dynamicConfig().useSlots() && slots < needed) {
            findings.add(Finding.error(
                    "slots",
                    "max_replication_slots is " + slots + ", but members and permanent slots need " + needed,
                    "patronictl edit-config -p max_replication_slots=" + (needed + 5) + ", then restart all members"));
        } else if (senders < needed + 1) {
            findings.add(Finding.warning(
                    "slots",
                    "max_wal_senders is " + senders + ", which leaves nothing for a base backup beside " + needed,
                    "patronictl edit-config -p max_wal_senders=" + (needed + 5) + ", then restart all members"));
        } else {
            findings.add(Finding.ok("slots", "max_replication_slots and max_wal_senders are enough for " + needed));
        }
    }
}

package io.matriarch.ctl.patroni;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.http.RestResult.Answer;
import io.matriarch.http.RestResult.Failed;
import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.FailoverRequest;
import io.matriarch.model.Key;
import io.matriarch.model.Member;
import io.matriarch.model.PythonText;
import io.matriarch.model.Revision;
import io.matriarch.model.TimeText;
import io.matriarch.store.Expectation;
import io.matriarch.store.WriteOutcome;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The dialogue of {@code switchover} and {@code failover}, in the order of contract ctl.md 5. */
final class LeaderChange {

    /** The two commands. */
    enum Action {
        SWITCHOVER("switchover"),
        FAILOVER("failover");

        private final String word;

        Action(String word) {
            this.word = word;
        }

        /** As a message begins. */
        String capitalized() {
            return Character.toUpperCase(word.charAt(0)) + word.substring(1);
        }

        @Override
        public String toString() {
            return word;
        }
    }

    /**
     * What was given on the command line.
     *
     * @param leader null: to be asked for
     * @param candidate null: to be asked for
     * @param scheduled null: to be asked for
     */
    record Wish(
            @Nullable String leader,
            @Nullable String candidate,
            @Nullable String scheduled,
            boolean force) {}

    /** For how long a member polls the store before it answers (contract rest-api.md 5.2), without what is added here. */
    private static final Duration SHORTEST_POLLING = Duration.ofSeconds(10);

    private static final Duration ANSWER_MARGIN = Duration.ofSeconds(15);

    private final Action action;
    private final Wish wish;
    private final Session session;
    private final Terminal terminal;

    LeaderChange(Action action, Wish wish, Session session) {
        this.action = action;
        this.wish = wish;
        this.session = session;
        this.terminal = session.terminal();
    }

    /** @param group the Citus group, null when none was given */
    void run(String name, @Nullable Integer group) throws CommandFailure {
        terminal.line("Current cluster topology");
        Groups shown = Groups.load(session, name, group);
        MemberTable.print(shown, terminal);
        Integer chosen = shown.isMixed() ? Integer.valueOf(askForGroup()) : group;
        try (Cluster cluster = session.open(name, chosen)) {
            run(cluster, shown.isMixed() ? cluster.load() : shown.settings());
        }
    }

    private int askForGroup() throws CommandFailure {
        if (wish.force) {
            throw new CommandFailure(RemoveCommand.GROUP_MISSING);
        }
        while (true) {
            String typed = terminal.prompt("Citus group", null);
            try {
                return Integer.parseInt(typed.strip());
            } catch (NumberFormatException _) {
                terminal.line("Error: '" + typed + "' is not a valid integer.");
            }
        }
    }

    private void run(Cluster cluster, ClusterView view) throws CommandFailure {
        String leader = action == Action.SWITCHOVER ? leader(cluster, view) : null;
        String candidate = candidate(cluster, view);
        confirmAsynchronous(view, candidate);
        OffsetDateTime scheduledAt = action == Action.SWITCHOVER ? scheduledAt(view) : null;
        confirm(cluster, view, scheduledAt);

        String scheduled = scheduledAt == null ? null : TimeText.iso(scheduledAt);
        var request = new FailoverRequest(leader, candidate, scheduled, Revision.NONE);
        if (perform(cluster, view, request)) {
            MemberTable.print(cluster, cluster.load(), terminal);
        }
    }

    private String leader(Cluster cluster, ClusterView view) throws CommandFailure {
        String holder = view.leaderName();
        if (holder == null) {
            throw new CommandFailure("This cluster has no leader");
        }
        String given = wish.leader;
        if (given == null && wish.force) {
            return holder;
        }
        if (given == null) {
            String title = view.dynamicConfig().isStandbyCluster() ? "Standby Leader" : "Primary";
            given = terminal.prompt(title, holder);
        }
        if (!given.equals(holder)) {
            throw new CommandFailure("Member " + given + " is not the leader of cluster " + cluster.name());
        }
        return given;
    }

    /** The member that is to lead, null when anybody may. */
    private @Nullable String candidate(Cluster cluster, ClusterView view) throws CommandFailure {
        List<String> names = candidates(view);
        if (names.isEmpty()) {
            throw new CommandFailure("No candidates found to " + action + " to");
        }
        String given = wish.candidate;
        if (given == null && !wish.force) {
            var shown = new JsonArray();
            names.forEach(shown::add);
            given = terminal.prompt("Candidate " + PythonText.str(shown), "");
        }
        if (given == null || given.isEmpty()) {
            if (action == Action.FAILOVER) {
                throw new CommandFailure("Failover could be performed only to a specific candidate");
            }
            return null;
        }
        if (view.isLeader(given)) {
            throw new CommandFailure("Member " + given + " is already the leader of cluster " + cluster.name());
        }
        if (!names.contains(given)) {
            throw new CommandFailure(
                    "Member " + given + " does not exist in cluster " + cluster.name() + " or is tagged as nofailover");
        }
        return given;
    }

    private static List<String> candidates(ClusterView view) {
        var names = new ArrayList<String>();
        for (Member member : view.members().values()) {
            if (!view.isLeader(member.name()) && !member.tags().nofailover()) {
                names.add(member.name());
            }
        }
        return names;
    }

    private void confirmAsynchronous(ClusterView view, @Nullable String candidate) throws CommandFailure {
        boolean mayLoseCommits = action == Action.FAILOVER
                && candidate != null
                && view.dynamicConfig().synchronousMode() != DynamicConfig.SynchronousMode.OFF
                && !view.sync().isEmpty()
                && !view.sync().isMember(candidate);
        if (mayLoseCommits
                && !wish.force
                && !terminal.confirm("Are you sure you want to failover to the asynchronous node " + candidate + "?")) {
            throw new CommandFailure("Aborting failover");
        }
    }

    private @Nullable OffsetDateTime scheduledAt(ClusterView view) throws CommandFailure {
        LocalTimes times = session.localTimes();
        String given = wish.scheduled;
        if (given == null && !wish.force) {
            given = terminal.prompt("When should the switchover take place (e.g. " + times.nextHour() + " ) ", "now");
        }
        OffsetDateTime at = given == null ? null : times.parseScheduled(given);
        if (at != null && view.dynamicConfig().isPaused()) {
            throw new CommandFailure("Can't schedule switchover in the paused state");
        }
        return at;
    }

    private void confirm(Cluster cluster, ClusterView view, @Nullable OffsetDateTime scheduledAt)
            throws CommandFailure {
        if (wish.force) {
            return;
        }
        String leader = view.leaderName();
        String demoting = leader == null ? "" : ", demoting current leader " + leader;
        String question = scheduledAt == null
                ? "Are you sure you want to " + action + " cluster " + cluster.name() + demoting + "?"
                : "Are you sure you want to schedule " + action + " of cluster " + cluster.name() + " at "
                        + TimeText.iso(scheduledAt) + demoting + "?";
        if (!terminal.confirm(question)) {
            throw new CommandFailure(scheduledAt == null ? "Aborting " + action : "Aborting scheduled " + action);
        }
    }

    /** @return whether something may have changed, so that the table is worth a second look */
    private boolean perform(Cluster cluster, ClusterView view, FailoverRequest request) throws CommandFailure {
        Answer answer = ask(view, request).orElse(null);
        if (answer == null) {
            terminal.line(session.localTimes().fraction() + " Could not " + action
                    + " using Patroni api, falling back to DCS");
            write(cluster, request);
            return true;
        }
        if (answer.status() == 200 || answer.status() == 202) {
            terminal.line(session.localTimes().fraction() + " " + answer.body());
            return true;
        }
        boolean unknown = answer.body().toLowerCase(Locale.ROOT).contains("status unknown");
        terminal.line(action.capitalized() + (unknown ? " result unknown" : " failed") + ", details: " + answer.status()
                + ", " + answer.body());
        return false;
    }

    /** Asks the leader, or the candidate when nobody leads; empty when there is no answer. */
    private Optional<Answer> ask(ClusterView view, FailoverRequest request) throws CommandFailure {
        String candidate = request.candidate();
        Member asked = view.leaderMember()
                .or(() -> candidate == null ? Optional.empty() : view.member(candidate))
                .orElse(null);
        if (asked == null) {
            return Optional.empty();
        }
        Duration polling =
                Cluster.loopWait(view).compareTo(SHORTEST_POLLING) > 0 ? Cluster.loopWait(view) : SHORTEST_POLLING;
        Duration deadline = polling.multipliedBy(2).plus(ANSWER_MARGIN);
        JsonObject body = body(request);
        Optional<Answer> answer = post(asked, action.word, body, deadline);
        boolean isOldServer = action == Action.SWITCHOVER
                && answer.filter(a -> a.status() == 501 && a.body().contains("Server does not support this operation"))
                        .isPresent();
        return isOldServer ? post(asked, Action.FAILOVER.word, body, deadline) : answer;
    }

    private Optional<Answer> post(Member asked, String path, JsonObject body, Duration deadline) throws CommandFailure {
        return switch (session.members().call("POST", asked, path, body, deadline)) {
            case Answer answer -> Optional.of(answer);
            case Failed(String reason, boolean _) -> {
                Warnings.notAccessible(asked, reason);
                yield Optional.empty();
            }
        };
    }

    private JsonObject body(FailoverRequest request) {
        var body = new JsonObject();
        if (request.candidate() == null) {
            body.add("candidate", JsonNull.INSTANCE);
        } else {
            body.addProperty("candidate", request.candidate());
        }
        if (request.leader() != null) {
            body.addProperty("leader", request.leader());
        }
        if (request.scheduledAt() != null) {
            body.addProperty("scheduled_at", request.scheduledAt());
        }
        return body;
    }

    private void write(Cluster cluster, FailoverRequest request) throws CommandFailure {
        switch (cluster.store().put(Key.FAILOVER, request.toJson(), Expectation.ANY)) {
            case WriteOutcome.Applied _ -> {
                // the table follows
            }
            case WriteOutcome.Refused(String reason) ->
                throw new CommandFailure("The " + action + " was not written to the DCS: " + reason);
            case WriteOutcome.Unknown(String reason) ->
                throw new CommandFailure("It is not known whether the " + action + " was written: " + reason);
        }
    }
}

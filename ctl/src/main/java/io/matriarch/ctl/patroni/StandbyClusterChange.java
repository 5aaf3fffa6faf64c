package io.matriarch.ctl.patroni;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.http.RestResult;
import io.matriarch.http.RestResult.Answer;
import io.matriarch.http.RestResult.Failed;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Member;
import io.matriarch.model.Role;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What {@code demote-cluster} and {@code promote-cluster} have in common (contract ctl.md 7). */
final class StandbyClusterChange {

    /** The two directions. */
    enum Direction {
        DEMOTE("demote", "demoted", "demotion", Role.STANDBY_LEADER),
        PROMOTE("promote", "promoted", "promotion", Role.PRIMARY);

        private final String verb;
        private final String participle;
        private final String noun;
        private final Role target;

        Direction(String verb, String participle, String noun, Role target) {
            this.verb = verb;
            this.participle = participle;
            this.noun = noun;
            this.target = target;
        }
    }

    private static final Duration POLL_PERIOD = Duration.ofSeconds(1);

    private final Direction direction;
    private final Session session;
    private final Terminal terminal;

    StandbyClusterChange(Direction direction, Session session) {
        this.direction = direction;
        this.session = session;
        this.terminal = session.terminal();
    }

    /** @param section the new {@code standby_cluster}; JSON's null removes it */
    void run(String name, JsonElement section, boolean force) throws CommandFailure, InterruptedException {
        try (Cluster cluster = session.open(name, session.settings().citusGroup())) {
            ClusterView view = cluster.load();
            Member leader = view.leaderMember()
                    .orElseThrow(
                            () -> new CommandFailure("Cluster has no leader, " + direction.noun + " is not possible"));
            if (leader.role().filter(role -> role == direction.target).isPresent()) {
                throw new CommandFailure("Cluster is already in the required state");
            }
            terminal.line("Current cluster topology");
            MemberTable.print(cluster, view, terminal);
            if (!force && !terminal.confirm("Are you sure you want to " + direction.verb + " " + name + " cluster?")) {
                throw new CommandFailure("Aborted cluster " + direction.noun);
            }
            var patch = new JsonObject();
            patch.add("standby_cluster", section);
            send(name, leader, patch);
            await(cluster, leader.name());
        }
    }

    private void send(String name, Member leader, JsonObject patch) throws CommandFailure {
        String failure = "Failed to " + direction.verb + " " + name + " cluster: ";
        RestResult result = session.members().call("PATCH", leader, "config", patch, MemberApi.SHORT);
        switch (result) {
            case Failed(String reason, boolean _) -> throw new CommandFailure(failure + reason);
            case Answer answer
            when answer.status() != 200 ->
                throw new CommandFailure(failure + "/config PATCH " + Report.statusAndBody("status code", answer));
            case Answer _ -> {
                // accepted; the members act in their next cycles
            }
        }
    }

    private void await(Cluster cluster, String oldLeader) throws CommandFailure, InterruptedException {
        while (true) {
            session.time().sleep(POLL_PERIOD);
            ClusterView view = cluster.load();
            Optional<Member> leader = view.leaderMember();
            Member old =
                    view.isLeader(oldLeader) ? null : view.member(oldLeader).orElse(null);
            if (isDone(leader, old)) {
                terminal.line(session.localTimes().seconds() + " cluster is successfully " + direction.participle);
                MemberTable.print(cluster, view, terminal);
                return;
            }
            terminal.line(session.localTimes().seconds() + " cluster is unlocked: "
                    + (view.isUnlocked() ? "True" : "False") + ", leader role: "
                    + leader.flatMap(Member::role).map(Role::toString).orElse("None") + ", leader state: "
                    + leader.map(Member::state).orElse("None")
                    + (old == null ? "" : ", previous leader state: '" + old.state() + "'"));
            terminal.flush();
        }
    }

    private boolean isDone(Optional<Member> leader, @Nullable Member old) {
        boolean leads = leader.filter(Member::isRunning)
                .flatMap(Member::role)
                .filter(role -> role == direction.target)
                .isPresent();
        return leads && (direction == Direction.PROMOTE || old == null || old.isRunning());
    }
}

package io.matriarch.ctl.patroni;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Syntax;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.http.RestResult.Answer;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Member;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** {@code patronictl pause} and {@code resume}: stops automatic failover, or allows it again. */
final class PauseCommand implements Command {

    private static final Duration POLL_PERIOD = Duration.ofSeconds(1);

    private final boolean pause;

    PauseCommand(boolean pause) {
        this.pause = pause;
    }

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("[CLUSTER_NAME]");
        CommonOptions.group(syntax);
        syntax.flag("Wait until pause is applied on all nodes", "--wait");
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure, InterruptedException {
        String name = CommonOptions.clusterOrScope(arguments, session);
        Terminal terminal = session.terminal();
        try (Cluster cluster = session.open(name, CommonOptions.groupOrConfigured(arguments, session))) {
            ClusterView view = cluster.load();
            if (view.dynamicConfig().isPaused() == pause) {
                throw new CommandFailure("Cluster is " + (pause ? "already" : "not") + " paused");
            }
            Answer answer = session.members()
                    .firstAnswer(MemberApi.leaderFirst(view), "PATCH", "config", patch(), MemberApi.SHORT)
                    .orElseThrow(() -> new CommandFailure("Can not find accessible cluster member"));
            if (answer.status() != 200) {
                terminal.line("Failed: " + (pause ? "pause" : "resume") + " cluster management "
                        + Report.statusAndBody("status code", answer));
            } else if (arguments.has("--wait")) {
                await(cluster, view, session);
            } else {
                terminal.line(success());
            }
        }
    }

    private JsonObject patch() {
        var patch = new JsonObject();
        if (pause) {
            patch.addProperty("pause", true);
        } else {
            patch.add("pause", JsonNull.INSTANCE);
        }
        return patch;
    }

    private String success() {
        return "Success: cluster management is " + (pause ? "paused" : "resumed");
    }

    /** Waits until all members that were there say in their keys that they know. */
    private void await(Cluster cluster, ClusterView before, Session session)
            throws CommandFailure, InterruptedException {
        Terminal terminal = session.terminal();
        terminal.line(
                "'" + (pause ? "pause" : "resume") + "' request sent, waiting until it is recognized by all nodes");
        terminal.flush();
        Duration loopWait = Cluster.loopWait(before);
        var end = session.time().now().plus(loopWait.plusSeconds(1));
        List<Member> left = unaware(cluster.load(), before);
        while (!left.isEmpty() && session.time().now().isBefore(end)) {
            session.time().sleep(POLL_PERIOD);
            left = unaware(cluster.load(), before);
        }
        // a member that wrote nothing since may be down: nobody waits for it
        left.removeIf(
                member -> before.member(member.name()).filter(member::equals).isPresent());
        terminal.line(
                left.isEmpty()
                        ? success()
                        : MemberSelection.namesOf(left) + " members didn't recognized pause state after "
                                + loopWait.toSeconds() + " seconds");
    }

    private List<Member> unaware(ClusterView now, ClusterView before) {
        var unaware = new ArrayList<Member>();
        for (Member member : now.members().values()) {
            boolean counts =
                    before.member(member.name()).flatMap(Member::apiUrl).isPresent();
            if (counts && member.pause() != pause) {
                unaware.add(member);
            }
        }
        return unaware;
    }
}

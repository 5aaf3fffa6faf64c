package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Syntax;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.http.RestResult;
import io.matriarch.http.RestResult.Answer;
import io.matriarch.http.RestResult.Failed;
import io.matriarch.model.ClusterView;
import io.matriarch.model.FailoverRequest;
import io.matriarch.model.Key;
import io.matriarch.model.Member;
import io.matriarch.store.Expectation;
import io.matriarch.store.WriteOutcome;
import java.util.List;
import java.util.Objects;

/** {@code patronictl flush}: discards restarts or the switchover that wait for their time. */
final class FlushCommand implements Command {

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("CLUSTER_NAME [MEMBER_NAMES]... {restart|switchover}");
        CommonOptions.group(syntax);
        CommonOptions.role(syntax);
        CommonOptions.force(syntax);
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure {
        String name = CommonOptions.cluster(arguments);
        List<String> words = arguments.words();
        String target = words.getLast();
        if (words.size() < 2) {
            throw arguments.error("Missing argument '{restart|switchover}'.");
        }
        List<String> names = words.subList(1, words.size() - 1);
        MemberRole role = Objects.requireNonNullElse(CommonOptions.role(arguments), MemberRole.ANY);
        boolean force = CommonOptions.force(arguments);
        Integer group = CommonOptions.group(arguments);
        switch (target) {
            case "restart" -> flushRestarts(Groups.load(session, name, group), names, role, force, session);
            case "switchover" -> {
                try (Cluster cluster = session.open(name, CommonOptions.groupOrConfigured(arguments, session))) {
                    flushSwitchover(cluster, session);
                }
            }
            default ->
                throw arguments.error("Invalid value for '{restart|switchover}': '" + target
                        + "' is not one of 'restart', 'switchover'.");
        }
    }

    private static void flushRestarts(
            Groups cluster, List<String> names, MemberRole role, boolean force, Session session) throws CommandFailure {
        Terminal terminal = session.terminal();
        List<Member> members = MemberSelection.select(cluster, names, role, terminal);
        MemberSelection.confirm("flush", members, force, terminal);
        for (Member member : members) {
            if (!member.data().has("scheduled_restart")) {
                terminal.line("No scheduled restart for member " + member.name());
                continue;
            }
            Answer answer = session.members().demand("DELETE", member, "restart", null, MemberApi.SHORT);
            terminal.line(
                    answer.status() == 200
                            ? Report.success("flush scheduled restart", member)
                            : Report.failure("flush scheduled restart", member, answer));
        }
    }

    private static void flushSwitchover(Cluster cluster, Session session) throws CommandFailure {
        Terminal terminal = session.terminal();
        ClusterView view = cluster.load();
        FailoverRequest request = view.failover();
        if (request == null || request.scheduledAt() == null) {
            terminal.line("No pending scheduled switchover");
            return;
        }
        for (Member member : MemberApi.leaderFirst(view)) {
            RestResult result = session.members().call("DELETE", member, "switchover", null, MemberApi.SHORT);
            switch (result) {
                case Answer(int status, String body, var _)
                when status == 200 -> {
                    terminal.line("Success: " + body);
                    return;
                }
                case Answer(int status, String body, var _)
                when status == 404 -> {
                    terminal.line("Failed: " + body);
                    return;
                }
                case Answer answer ->
                    terminal.line(
                            "Failed: member=" + member.name() + ", " + Report.statusAndBody("status_code", answer));
                case Failed(String reason, boolean _) -> Warnings.notAccessible(member, reason);
            }
        }
        terminal.line(
                session.localTimes().fraction() + " Could not find any accessible member of cluster " + cluster.name());
        WriteOutcome outcome =
                cluster.store().put(Key.FAILOVER, FailoverRequest.CLEARED, Expectation.unchanged(request.revision()));
        switch (outcome) {
            case WriteOutcome.Applied _ -> {
                // nothing more to say
            }
            case WriteOutcome.Refused(String reason) ->
                throw new CommandFailure("The scheduled switchover was not cleared in the DCS: " + reason);
            case WriteOutcome.Unknown(String reason) ->
                throw new CommandFailure("It is not known whether the scheduled switchover was cleared: " + reason);
        }
    }
}

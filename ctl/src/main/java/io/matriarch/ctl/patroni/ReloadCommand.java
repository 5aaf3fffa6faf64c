package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Syntax;
import io.matriarch.http.RestResult.Answer;
import io.matriarch.model.Member;
import java.util.List;
import java.util.Objects;

/** {@code patronictl reload}: makes members read their configuration files again. */
final class ReloadCommand implements Command {

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("CLUSTER_NAME [MEMBER_NAMES]...");
        CommonOptions.group(syntax);
        CommonOptions.role(syntax);
        CommonOptions.force(syntax);
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure {
        String name = CommonOptions.cluster(arguments);
        List<String> names = arguments.words().subList(1, arguments.words().size());
        MemberRole role = Objects.requireNonNullElse(CommonOptions.role(arguments), MemberRole.ANY);
        Groups cluster = Groups.load(session, name, CommonOptions.group(arguments));
        List<Member> members = MemberSelection.select(cluster, names, role, session.terminal());
        MemberSelection.confirm("reload", members, CommonOptions.force(arguments), session.terminal());
        long loopWaitSeconds = Cluster.loopWait(cluster.settings()).toSeconds();
        for (Member member : members) {
            Answer answer = session.members().demand("POST", member, "reload", null, MemberApi.SHORT);
            session.terminal().line(result(member, answer, loopWaitSeconds));
        }
    }

    private static String result(Member member, Answer answer, long loopWaitSeconds) {
        return switch (answer.status()) {
            case 200 -> "No changes to apply on member " + member.name();
            case 202 ->
                "Reload request received for member " + member.name() + " and will be processed within "
                        + loopWaitSeconds + " seconds";
            default -> Report.failure("reload", member, answer);
        };
    }
}

package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Syntax;

/** {@code patronictl failover}: gives the lead to a member, also of a cluster that has no leader. */
final class FailoverCommand implements Command {

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("[CLUSTER_NAME]");
        CommonOptions.group(syntax);
        syntax.value("NAME", "The name of the candidate", "--candidate");
        CommonOptions.force(syntax);
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure {
        String name = CommonOptions.clusterOrScope(arguments, session);
        var wish = new LeaderChange.Wish(null, arguments.text("--candidate"), null, CommonOptions.force(arguments));
        new LeaderChange(LeaderChange.Action.FAILOVER, wish, session).run(name, CommonOptions.group(arguments));
    }
}

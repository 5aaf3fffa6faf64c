package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Syntax;

/** {@code patronictl switchover}: hands the lead of a healthy cluster to another member. */
final class SwitchoverCommand implements Command {

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("[CLUSTER_NAME]");
        CommonOptions.group(syntax);
        syntax.value("NAME", "The name of the current leader", "--leader", "--primary");
        syntax.value("NAME", "The name of the candidate", "--candidate");
        syntax.value(
                "TIME", "Timestamp of a scheduled switchover in unambiguous format (e.g. ISO 8601)", "--scheduled");
        CommonOptions.force(syntax);
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure {
        String name = CommonOptions.clusterOrScope(arguments, session);
        var wish = new LeaderChange.Wish(
                arguments.text("--leader"),
                arguments.text("--candidate"),
                arguments.text("--scheduled"),
                CommonOptions.force(arguments));
        new LeaderChange(LeaderChange.Action.SWITCHOVER, wish, session).run(name, CommonOptions.group(arguments));
    }
}

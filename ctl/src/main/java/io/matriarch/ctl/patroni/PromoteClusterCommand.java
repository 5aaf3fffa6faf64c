package io.matriarch.ctl.patroni;

import com.google.gson.JsonNull;
import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Syntax;

/** {@code patronictl promote-cluster}: ends a standby cluster's dependence on a primary outside. */
final class PromoteClusterCommand implements Command {

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("[CLUSTER_NAME]");
        CommonOptions.force(syntax);
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure, InterruptedException {
        new StandbyClusterChange(StandbyClusterChange.Direction.PROMOTE, session)
                .run(
                        CommonOptions.clusterOrScope(arguments, session),
                        JsonNull.INSTANCE,
                        CommonOptions.force(arguments));
    }
}

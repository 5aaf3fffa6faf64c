package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Format;
import io.matriarch.ctl.cli.Syntax;
import java.util.List;

/** {@code patronictl topology}: the members of clusters as a tree of who streams from whom. */
final class TopologyCommand implements Command {

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("[CLUSTER_NAMES]...");
        CommonOptions.group(syntax);
        CommonOptions.format(syntax);
        CommonOptions.watch(syntax);
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure, InterruptedException {
        Format format = CommonOptions.format(arguments);
        Integer group = CommonOptions.group(arguments);
        List<String> names = CommonOptions.clustersOrScope(arguments, session);
        Watch.of(arguments).repeat(session, () -> {
            for (String name : names) {
                Groups cluster = Groups.load(session, name, group);
                MemberTable.print(cluster, session.terminal(), MemberTable.Layout.TOPOLOGY, format, false);
            }
        });
    }
}

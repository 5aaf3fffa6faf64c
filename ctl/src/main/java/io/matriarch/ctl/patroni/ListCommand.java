package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Format;
import io.matriarch.ctl.cli.Syntax;
import java.util.List;

/** {@code patronictl list}: the members of clusters. */
final class ListCommand implements Command {

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("[CLUSTER_NAMES]...");
        CommonOptions.group(syntax);
        syntax.flag("Show some extra information", "-e", "--extended");
        syntax.flag("Print timestamp", "-t", "--timestamp");
        CommonOptions.format(syntax);
        CommonOptions.watch(syntax);
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure, InterruptedException {
        Format format = CommonOptions.format(arguments);
        boolean extended = arguments.has("--extended");
        boolean timestamp = arguments.has("--timestamp");
        Integer group = CommonOptions.group(arguments);
        List<String> names = CommonOptions.clustersOrScope(arguments, session);
        Watch.of(arguments).repeat(session, () -> {
            if (timestamp && !names.isEmpty()) {
                session.terminal().line(session.localTimes().seconds());
            }
            for (String name : names) {
                Groups cluster = Groups.load(session, name, group);
                MemberTable.print(cluster, session.terminal(), MemberTable.Layout.LIST, format, extended);
            }
        });
    }
}

package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Format;
import io.matriarch.ctl.cli.Syntax;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.model.ClusterView;
import io.matriarch.store.WriteOutcome;

/** {@code patronictl remove}: deletes everything that the store holds about a cluster. */
final class RemoveCommand implements Command {

    static final String GROUP_MISSING = "For Citus clusters the --group must me specified";

    private static final String MAGIC_WORDS = "Yes I am aware";

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("CLUSTER_NAME");
        CommonOptions.group(syntax);
        CommonOptions.format(syntax);
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure {
        Format format = CommonOptions.format(arguments);
        String name = CommonOptions.cluster(arguments);
        arguments.atMost(1);
        Integer group = CommonOptions.group(arguments);
        if (group == null && session.settings().citus()) {
            throw new CommandFailure(GROUP_MISSING);
        }
        try (Cluster cluster = session.open(name, group)) {
            ClusterView view = cluster.load();
            MemberTable.print(Groups.of(cluster, view), session.terminal(), MemberTable.Layout.LIST, format, false);
            confirm(name, view, session.terminal());
            switch (cluster.store().removeCluster()) {
                case WriteOutcome.Applied _ -> {
                    // the peer says nothing either
                }
                case WriteOutcome.Refused(String reason) ->
                    throw new CommandFailure("The cluster was not removed: " + reason);
                case WriteOutcome.Unknown(String reason) ->
                    throw new CommandFailure("It is not known whether the cluster was removed: " + reason);
            }
        }
    }

    private static void confirm(String name, ClusterView view, Terminal terminal) throws CommandFailure {
        if (!terminal.prompt("Please confirm the cluster name to remove", null).equals(name)) {
            throw new CommandFailure("Cluster names specified do not match");
        }
        String warning =
                "You are about to remove all information in DCS for " + name + ", please type: \"" + MAGIC_WORDS + "\"";
        if (!terminal.prompt(warning, null).equals(MAGIC_WORDS)) {
            throw new CommandFailure("You did not exactly type \"" + MAGIC_WORDS + "\"");
        }
        String leader = view.leaderName();
        if (leader != null
                && !terminal.prompt(
                                "This cluster currently is healthy. Please specify the leader name to continue", null)
                        .equals(leader)) {
            throw new CommandFailure("You did not specify the current leader of the cluster");
        }
    }
}

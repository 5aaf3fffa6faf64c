package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Syntax;
import io.matriarch.model.ConfigKey;
import io.matriarch.model.YamlWriter;

/** {@code patronictl show-config}: the dynamic configuration as YAML. */
final class ShowConfigCommand implements Command {

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("[CLUSTER_NAME]");
        CommonOptions.group(syntax);
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure {
        String name = CommonOptions.clusterOrScope(arguments, session);
        try (Cluster cluster = session.open(name, CommonOptions.group(arguments))) {
            ConfigKey config = cluster.load().config();
            if (config != null) {
                session.terminal().line(YamlWriter.block(config.config().document()));
            }
        }
    }
}

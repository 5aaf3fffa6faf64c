package io.matriarch.ctl.patroni;

import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Syntax;
import io.matriarch.model.ConfigKey;
import io.matriarch.model.Json;
import io.matriarch.model.YamlWriter;
import java.util.List;

/** {@code patronictl show-config}: the dynamic configuration as YAML. */
final class ShowConfigCommand implements Command {

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("[CLUSTER_NAME]");
        CommonOptions.group(syntax);
        syntax.choice("FORMAT", "Output format", List.of("yaml", "yml", "json"), "-f", "--format");
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure {
        boolean json = "json".equals(arguments.choice("--format"));
        String name = CommonOptions.clusterOrScope(arguments, session);
        try (Cluster cluster = session.open(name, CommonOptions.groupOrConfigured(arguments, session))) {
            ConfigKey config = cluster.load().config();
            if (config != null) {
                JsonObject document = config.config().document();
                session.terminal().line(json ? Json.spaced(document) : YamlWriter.block(document));
            }
        }
    }
}

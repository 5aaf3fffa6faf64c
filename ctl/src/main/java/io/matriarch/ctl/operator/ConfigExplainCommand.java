package io.matriarch.ctl.operator;

import com.google.gson.JsonObject;
import io.matriarch.config.ConfigSource;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Program;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.ctl.patroni.Cluster;
import io.matriarch.ctl.patroni.Session;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.config.ConfigurationException;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code matriarch config explain NAME}: why a setting has the value that it has. */
@Command(
        name = "explain",
        mixinStandardHelpOptions = true,
        description =
                "Shows the effective value of a setting or a parameter of PostgreSQL on this node, and each layer that"
                        + " gives one: default, dynamic configuration, local file, environment, the manager itself.")
public final class ConfigExplainCommand implements Callable<Integer> {

    @Mixin
    private final ClusterOptions cluster = new ClusterOptions();

    @Option(
            names = {"-f", "--format"},
            paramLabel = "FORMAT",
            description = "Output format: ${COMPLETION-CANDIDATES}")
    private OutputFormat format = OutputFormat.TEXT;

    @Parameters(
            index = "0",
            paramLabel = "NAME",
            description = "For instance ttl, postgresql.use_pg_rewind, max_connections or restapi.listen")
    private String name = "";

    @Override
    public Integer call() {
        return Program.run(Terminal.ofProcess(), terminal -> run(cluster.session(terminal), name, format));
    }

    static void run(Session session, String name, OutputFormat format) throws CommandFailure {
        var settings = session.settings();
        DynamicConfig dynamic = DynamicConfig.EMPTY;
        String scope = ClusterOptions.name(null, session);
        try (Cluster opened = session.open(scope, session.settings().citusGroup())) {
            dynamic = opened.load().dynamicConfig();
        }
        try {
            var fileOnly = settings.source() == null
                    ? new JsonObject()
                    : ConfigSource.of(settings.source(), Map.of()).loadOrEmpty();
            var explanation = SettingExplanation.of(name, dynamic, fileOnly, settings.document());
            session.terminal().print(format == OutputFormat.JSON ? explanation.json() : explanation.text());
        } catch (ConfigurationException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()), e);
        }
    }
}

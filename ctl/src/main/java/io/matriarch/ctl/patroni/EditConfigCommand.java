package io.matriarch.ctl.patroni;

import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Syntax;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.ctl.cli.TextDiff;
import io.matriarch.model.ConfigKey;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.MergePatch;
import io.matriarch.model.YamlWriter;
import io.matriarch.model.config.ConfigTree;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.store.Expectation;
import io.matriarch.store.WriteOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code patronictl edit-config}: changes the dynamic configuration (contract ctl.md 6). */
final class EditConfigCommand implements Command {

    private static final String STANDARD_INPUT = "-";

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("[CLUSTER_NAME]");
        CommonOptions.group(syntax);
        syntax.flag("Do not show changes", "-q", "--quiet");
        syntax.values("KEY=VALUE", "Set specific configuration value. Can be specified multiple times", "-s", "--set");
        syntax.values(
                "KEY=VALUE",
                "Set specific PostgreSQL parameter value. Shorthand for -s postgresql.parameters. Can be specified"
                        + " multiple times",
                "-p",
                "--pg");
        syntax.value("FILE", "Apply configuration from file. Use - for stdin.", "--apply");
        syntax.value(
                "FILE",
                "Apply configuration from file, replacing existing configuration. Use - for stdin.",
                "--replace");
        CommonOptions.force(syntax);
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure, InterruptedException {
        String name = CommonOptions.clusterOrScope(arguments, session);
        Terminal terminal = session.terminal();
        boolean quiet = arguments.has("--quiet");
        try (Cluster cluster = session.open(name, CommonOptions.groupOrConfigured(arguments, session))) {
            ConfigKey present = cluster.load().config();
            if (present == null) {
                throw new CommandFailure("The config key does not exist in the cluster " + name);
            }
            JsonObject before = present.config().document();
            JsonObject after = change(before, name, arguments, session);
            if (after.equals(before)) {
                if (!quiet) {
                    terminal.line("Not changed");
                }
                return;
            }
            if (!quiet) {
                show(TextDiff.unified(YamlWriter.block(before), YamlWriter.block(after)), session);
            }
            boolean force = CommonOptions.force(arguments);
            if (!force && readsStandardInput(arguments)) {
                terminal.line("Use --force option to apply changes");
            } else if (force || terminal.confirm("Apply these changes?")) {
                write(cluster, present, after, terminal);
            }
        }
    }

    private static JsonObject change(JsonObject before, String name, Arguments arguments, Session session)
            throws CommandFailure, InterruptedException {
        JsonObject document = before;
        boolean edited = false;
        String replacement = arguments.text("--replace");
        if (replacement != null) {
            document = patched(new JsonObject(), read(replacement, session.terminal()));
            edited = true;
        }
        String patch = arguments.text("--apply");
        if (patch != null) {
            document = patched(document, read(patch, session.terminal()));
            edited = true;
        }
        List<String> settings = arguments.texts("--set");
        List<String> parameters = arguments.texts("--pg");
        if (!settings.isEmpty() || !parameters.isEmpty()) {
            document = document.deepCopy();
            for (String setting : settings) {
                ConfigAssignment.parse(setting).applyTo(document);
            }
            for (String parameter : parameters) {
                ConfigAssignment.parsePostgres(parameter).applyTo(document);
            }
            edited = true;
        }
        if (edited) {
            return document;
        }
        return parse("the edited configuration", new Editor(session).edit(name, YamlWriter.block(before)));
    }

    private static JsonObject patched(JsonObject document, JsonObject patch) {
        return MergePatch.apply(document, patch).orElse(document);
    }

    private static boolean readsStandardInput(Arguments arguments) {
        return STANDARD_INPUT.equals(arguments.text("--apply")) || STANDARD_INPUT.equals(arguments.text("--replace"));
    }

    private static JsonObject read(String file, Terminal terminal) throws CommandFailure {
        try {
            return parse(file, file.equals(STANDARD_INPUT) ? terminal.readAll() : Files.readString(Path.of(file)));
        } catch (IOException e) {
            throw new CommandFailure("Can not read " + file + ": " + e, e);
        }
    }

    private static JsonObject parse(String place, String yaml) throws CommandFailure {
        try {
            return ConfigTree.parseYaml(place, yaml);
        } catch (ConfigurationException e) {
            String reason = e.getCause() instanceof ConfigurationException cause ? cause.getMessage() : e.getMessage();
            throw new CommandFailure(String.valueOf(reason), e);
        }
    }

    private static void show(List<String> difference, Session session) throws CommandFailure, InterruptedException {
        if (session.terminal().screen().terminal()) {
            new Pager(session).show(difference);
        } else {
            for (String line : difference) {
                session.terminal().line(line);
            }
        }
    }

    private static void write(Cluster cluster, ConfigKey present, JsonObject document, Terminal terminal)
            throws CommandFailure {
        WriteOutcome outcome =
                cluster.store().put(Key.CONFIG, Json.compact(document), Expectation.unchanged(present.revision()));
        switch (outcome) {
            case WriteOutcome.Applied _ -> terminal.line("Configuration changed");
            case WriteOutcome.Refused _ ->
                throw new CommandFailure("Config modification aborted due to concurrent changes");
            case WriteOutcome.Unknown(String reason) -> resolve(cluster, document, reason, terminal);
        }
    }

    /** Finds out by reading whether a write without answer was carried out. */
    private static void resolve(Cluster cluster, JsonObject document, String reason, Terminal terminal)
            throws CommandFailure {
        @Nullable ConfigKey found = cluster.load().config();
        if (found == null || !found.config().document().equals(document)) {
            throw new CommandFailure("Config modification failed: " + reason);
        }
        terminal.line("Configuration changed");
    }
}

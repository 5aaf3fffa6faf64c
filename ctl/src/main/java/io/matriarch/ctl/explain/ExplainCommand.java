package io.matriarch.ctl.explain;

import io.matriarch.config.ConfigSource;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.ConfigFileOption;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.ctl.cli.ToolLogging;
import io.matriarch.ctl.patroni.Session;
import io.matriarch.http.RestClient;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.JournalEntry;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.JournalSettings;
import io.matriarch.model.config.LocalConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code matriarch explain}: what the agents of a cluster decided, and why. */
@Command(
        name = "explain",
        mixinStandardHelpOptions = true,
        description = {
            "Tells what the agents decided and why, from the journal that each keeps beside its data directory.",
            "On a host with a node, its journal is read, and the other members are asked for theirs.",
            "Times are relative to the last change of leadership in what is told."
        })
public final class ExplainCommand implements Callable<Integer> {

    @Mixin
    private final ConfigFileOption config = new ConfigFileOption();

    @Parameters(
            paramLabel = "CONFIG|JOURNAL",
            arity = "0..*",
            description =
                    "Journal files, which are told as they are. A configuration file is the same as one given by -c.")
    private List<Path> sources = List.of();

    @Option(
            names = "--since",
            paramLabel = "T",
            description =
                    "From this time on: 2026-11-26T22:15:00Z, or an age as 90s, 10min, 2h, 3d. Without it: the last"
                            + " change of leadership and the ten minutes before it.")
    private @Nullable String since;

    @Option(names = "--member", paramLabel = "NAME", description = "Only what this member decided.")
    private @Nullable String member;

    @Option(names = "--here", description = "Ask nobody: only the journal of this host.")
    private boolean here;

    @Override
    public Integer call() {
        ToolLogging.install("WARNING");
        try {
            var entries = new ArrayList<JournalEntry>();
            for (Path source : wanted()) {
                entries.addAll(read(source));
            }
            Instant from = since == null ? null : Since.parse(since, Instant.now());
            System.out.print(Narrator.tell(entries, from, member, ZoneId.systemDefault()));
            return 0;
        } catch (CommandFailure | ConfigurationException | IOException | IllegalArgumentException e) {
            System.err.println("explain: " + e.getMessage());
            return 1;
        }
    }

    private List<Path> wanted() throws CommandFailure {
        var wanted = new ArrayList<>(sources);
        String file = config.file();
        if (file == null && wanted.isEmpty()) {
            file = Session.of(Terminal.ofProcess(), null, null, false)
                    .settings()
                    .source();
            if (file == null) {
                throw new CommandFailure("Whose journal? Give the configuration of a node on this host by -c FILE");
            }
        }
        if (file != null) {
            wanted.add(Path.of(file));
        }
        return wanted;
    }

    private List<JournalEntry> read(Path source) throws ConfigurationException, IOException {
        if (!Files.isReadable(source)) {
            throw new IOException(source + " does not exist or cannot be read");
        }
        return source.toString().endsWith(".journal") ? entries(source) : ofCluster(source);
    }

    private List<JournalEntry> ofCluster(Path configuration) throws ConfigurationException, IOException {
        var local = LocalConfig.parse(
                ConfigSource.of(configuration.toString(), System.getenv()).load());
        var settings = JournalSettings.of(local);
        List<Path> places = settings.places(local, local.postgres(DynamicConfig.EMPTY));
        var found = new ArrayList<JournalEntry>();
        for (Path place : places) {
            if (Files.exists(place)) {
                found.addAll(entries(place));
            }
        }
        if (!here) {
            var client = new RestClient(local.ctl(), true);
            var members = new Members(client, note -> System.err.println("explain: " + note));
            found.addAll(members.entries(local.name(), local.restapi().apiUrl()));
        }
        if (found.isEmpty()) {
            throw new IOException("there is no journal at " + places.getFirst() + ": did the agent of " + local.name()
                    + " run on this host?");
        }
        return found;
    }

    private static List<JournalEntry> entries(Path journal) throws IOException {
        var found = new ArrayList<JournalEntry>();
        for (Path half : List.of(JournalSettings.older(journal), journal)) {
            if (Files.exists(half)) {
                Files.readAllLines(half)
                        .forEach(line -> JournalEntry.parse(line).ifPresent(found::add));
            }
        }
        return found;
    }
}

package io.matriarch.postgres;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.model.Json;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PostgresState;
import io.matriarch.model.PythonText;
import io.matriarch.model.Role;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.PostgresSettings;
import io.matriarch.postgres.ChildProcess.Command;
import io.matriarch.postgres.ChildProcess.Output;
import io.matriarch.postgres.ChildProcess.Result;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Fills an empty data directory from another server (contract postgres-control.md 7): the configured methods are tried
 * in order until one succeeds. Runs on the thread of the background job.
 */
final class ReplicaCreator {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.bootstrap");

    /** Copying terabytes takes days; who waits for less cancels. */
    private static final Duration LIMIT = Duration.ofDays(14);

    private static final Duration PROGRESS_LOG = Duration.ofSeconds(30);

    /** What one lost packet does must not count as an answer. */
    private static final int QUESTIONS = 2;

    private static final int DEFAULT_PORT = 5432;
    private static final String BASEBACKUP = "basebackup";

    private static final Set<String> REFUSED = Set.of(
            "pgdata",
            "format",
            "wal-method",
            "xlog-method",
            "gzip",
            "version",
            "dbname",
            "host",
            "port",
            "username",
            "password");

    private final String scope;
    private final Supplier<PostgresSettings> settings;
    private final Programs programs;
    private final ServerControl server;
    private final DataDirectoryRemover remover;
    private final RejoinJournal journal;
    private final TimeSource time;
    private volatile @Nullable CloneProgress progress;

    ReplicaCreator(
            String scope,
            Supplier<PostgresSettings> settings,
            Programs programs,
            ServerControl server,
            DataDirectoryRemover remover,
            RejoinJournal journal,
            TimeSource time) {
        this.scope = scope;
        this.settings = settings;
        this.programs = programs;
        this.server = server;
        this.remover = remover;
        this.journal = journal;
        this.time = time;
    }

    /** How far the clone that runs now is; empty when none runs, or its method does not tell. Any thread. */
    Optional<CloneProgress> progress() {
        return Optional.ofNullable(progress);
    }

    /** Why a clone would find nobody to copy from; empty when it would, or can do without. */
    Optional<String> objection(CloneSource source) {
        Upstream upstream = source.upstream();
        if (upstream == null || !methods(source).stream().allMatch(BASEBACKUP::equals)) {
            return Optional.empty();
        }
        PostgresSettings now = settings.get();
        int port = upstream.port() == null ? DEFAULT_PORT : upstream.port();
        for (int question = 0; question < QUESTIONS; question++) {
            for (String host : upstream.host().split(",")) {
                var address = new LocalAddress(host.strip(), port, null);
                if (ReadinessProbe.ask(
                                address, now.database(), now.replication().username())
                        == ReadinessProbe.Answer.ACCEPTING) {
                    return Optional.empty();
                }
            }
        }
        return Optional.of("PostgreSQL of " + upstream.name() + ", the source of the copy, accepts no connections at "
                + upstream.host() + " port " + port + "; the data directory is left as it is");
    }

    /** Clones; the server is not started. False when no method succeeded. */
    boolean create(CloneSource source, Cancellation cancellation) {
        server.setState(PostgresState.CREATING_REPLICA);
        server.setRole(Role.REPLICA);
        Upstream upstream = source.upstream();
        try {
            for (String method : methods(source)) {
                if (cancellation.isRequested()) {
                    return false;
                }
                boolean created = method.equals(BASEBACKUP)
                        ? upstream != null && basebackup(upstream, cancellation)
                        : custom(method, upstream, cancellation);
                if (created) {
                    LOG.log(Level.INFO, "replica has been created using {0}", method);
                    complete();
                    journal.clear();
                    return true;
                }
            }
            return false;
        } catch (IOException | UncheckedIOException e) {
            LOG.log(Level.ERROR, "Error creating replica", e);
            return false;
        } finally {
            progress = null;
            server.setState(PostgresState.STOPPED);
        }
    }

    private List<String> methods(CloneSource source) {
        if (source.fromLeaderOnly()) {
            return List.of(BASEBACKUP);
        }
        Upstream upstream = source.upstream();
        List<String> configured = settings.get().createReplicaMethods();
        if (upstream == null) {
            return configured.stream()
                    .filter(method -> Json.bool(section(method), "no_leader").orElse(false))
                    .toList();
        }
        JsonObject standbyCluster = upstream.standbyCluster();
        if (standbyCluster != null && standbyCluster.get("create_replica_methods") instanceof JsonArray methods) {
            return methods.asList().stream().map(PythonText::str).toList();
        }
        return configured;
    }

    private JsonObject section(String method) {
        return Json.object(settings.get().section(), method).orElseGet(JsonObject::new);
    }

    private boolean basebackup(Upstream source, Cancellation cancellation) throws IOException {
        PostgresSettings now = settings.get();
        Optional<String> problem = programs.problem("pg_basebackup");
        if (problem.isPresent()) {
            LOG.log(Level.ERROR, problem.get());
            return false;
        }
        int version = programs.version("pg_basebackup", cancellation);
        var words = new ArrayList<String>();
        words.add(programs.path("pg_basebackup"));
        words.add("--pgdata=" + now.dataDir());
        words.addAll(List.of("-X", "stream"));
        words.add("--dbname="
                + Conninfo.to(source, now.replication(), now.database(), version)
                        .toArgument());
        // without it the program would ask at the terminal that the agent was started from
        words.add("--no-password");
        words.add("--progress");
        CloneRetries retries = CloneRetries.of(now.basebackup());
        if (retries.configured()) {
            LOG.log(
                    Level.INFO,
                    "postgresql.basebackup: retry-times and retry-sleep are taken for retries of the clone (at most {0}"
                            + " attempts, {1} seconds apart); they are no options of pg_basebackup",
                    Integer.toString(retries.attempts()),
                    Long.toString(retries.pause().toSeconds()));
        }
        UserOptions options = UserOptions.parse(BASEBACKUP, retries.options(), basebackupRule(version));
        options.errors().forEach(error -> LOG.log(Level.ERROR, error));
        words.addAll(options.arguments());
        if (words.stream().noneMatch(word -> word.startsWith("--checkpoint"))) {
            // Without it the backup begins after most of checkpoint_timeout, and a half-made node is no standby.
            words.add("--checkpoint=fast");
        }

        for (int attempt = 1; ; attempt++) {
            remover.remove();
            journal.begin(InterruptedRejoin.Step.CLONE, source.name());
            Map<String, String> environment = environment(source, now);
            var reporter = new ProgressReporter(source.name());
            Result result = ChildProcess.run(
                    Command.of(LIMIT, words)
                            .withEnvironment(environment)
                            .withOutput(new Output.ErrorLines(reporter::line)),
                    cancellation);
            progress = null;
            if (result.isSuccess()) {
                return true;
            }
            LOG.log(
                    Level.ERROR,
                    "Error when fetching backup: pg_basebackup {0} (from {1} at {2} port {3} as user {4} of"
                            + " postgresql.authentication.replication)",
                    programs.explain("pg_basebackup", result),
                    source.name(),
                    source.host(),
                    source.port() == null ? "5432" : source.port().toString(),
                    now.replication().username());
            if (attempt == retries.attempts() || cancellation.isRequested()) {
                remover.remove();
                return false;
            }
            LOG.log(Level.INFO, "Trying again in {0} seconds", retries.pause().toSeconds());
            if (!pause(retries.pause(), cancellation)) {
                remover.remove();
                return false;
            }
        }
    }

    /** Before 15 a compressed backup would stay compressed; since then the server may compress what travels. */
    private static UserOptions.Rule basebackupRule(int version) {
        return (name, value) -> switch (name) {
            case "compress" -> version >= 150000 && value.startsWith("server");
            default -> !REFUSED.contains(name);
        };
    }

    private boolean pause(Duration duration, Cancellation cancellation) {
        var end = time.now().plus(duration);
        try {
            while (time.now().isBefore(end) && !cancellation.isRequested()) {
                time.sleep(Duration.ofMillis(50));
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
        return !cancellation.isRequested();
    }

    private boolean custom(String method, @Nullable Upstream source, Cancellation cancellation) throws IOException {
        PostgresSettings now = settings.get();
        JsonObject section = section(method);
        boolean keepData = Json.bool(section, "keep_data").orElse(false);
        if (keepData) {
            LOG.log(Level.INFO, "Leaving data directory uncleaned");
        } else {
            remover.remove();
        }
        journal.begin(InterruptedRejoin.Step.CLONE, source == null ? "" : source.name());
        String command = Json.string(section, "command").orElse(method);
        Optional<List<String>> words = ShellWords.split(command);
        if (words.isEmpty() || words.get().isEmpty()) {
            LOG.log(
                    Level.ERROR,
                    "Error creating replica using method {0}: {1} cannot be split into words",
                    method,
                    command);
            return false;
        }
        var all = new ArrayList<>(words.get());
        all.addAll(customArguments(section, source, now, cancellation));
        Result result =
                ChildProcess.run(Command.script(LIMIT, all).withEnvironment(environment(source, now)), cancellation);
        if (result.isSuccess()) {
            return true;
        }
        LOG.log(Level.ERROR, "Error creating replica using method {0}: {1} {2}", method, command, result.describe());
        if (!keepData) {
            remover.remove();
        }
        return false;
    }

    private static Map<String, String> environment(@Nullable Upstream source, PostgresSettings now) throws IOException {
        var environment = new HashMap<>(Leftovers.tag(now.dataDir()));
        environment.putAll(ChildEnvironment.told(now));
        if (source != null) {
            environment.putAll(new PgPass(now.pgpass()).write(source.host(), source.port(), now.replication()));
        }
        return environment;
    }

    private List<String> customArguments(
            JsonObject section, @Nullable Upstream source, PostgresSettings now, Cancellation cancellation) {
        var arguments = new ArrayList<String>();
        boolean noParams = Json.bool(section, "no_params").orElse(false);
        Set<String> ours = noParams ? Set.of("command", "no_params", "no_leader", "keep_data") : Set.of("command");
        section.entrySet().forEach(entry -> {
            if (!ours.contains(entry.getKey()) && entry.getValue() instanceof JsonPrimitive value) {
                arguments.add("--" + entry.getKey() + "=" + UserOptions.text(value));
            }
        });
        if (!noParams) {
            arguments.add("--scope=" + scope);
            arguments.add("--role=replica");
            arguments.add("--datadir=" + now.dataDir());
            arguments.add("--connstring="
                    + (source == null
                            ? ""
                            : Conninfo.to(
                                    source,
                                    now.replication(),
                                    now.database(),
                                    programs.version("postgres", cancellation))));
        }
        return arguments;
    }

    private void complete() throws IOException {
        server.restoreConfiguration();
        PostgresSettings now = settings.get();
        new DataFiles(now.dataDir()).removeTriggers(now.parameters().getOrDefault("promote_trigger_file", ""));
    }

    /** Publishes the progress, logs it now and then, and passes on everything else that the program says. */
    private final class ProgressReporter {

        private final String source;
        private MonotonicTime nextLog = time.now().plus(PROGRESS_LOG);

        ProgressReporter(String source) {
            this.source = source;
        }

        void line(String line) {
            Optional<CloneProgress> parsed = CloneProgress.parse(source, line);
            if (parsed.isEmpty()) {
                Programs.log(LOG, line);
                return;
            }
            CloneProgress now = parsed.get();
            progress = now;
            if (!time.now().isBefore(nextLog)) {
                nextLog = time.now().plus(PROGRESS_LOG);
                String size = now.totalBytes() / 1_048_576 + " MB";
                LOG.log(Level.INFO, "cloning from {0}: {1} % of {2}", source, now.percent(), size);
            }
        }
    }
}

package io.matriarch.postgres;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.model.Json;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import io.matriarch.model.config.BootstrapSettings;
import io.matriarch.model.config.Credentials;
import io.matriarch.model.config.PostgresSettings;
import io.matriarch.postgres.ChildProcess.Command;
import io.matriarch.postgres.ChildProcess.Output;
import io.matriarch.postgres.ChildProcess.Result;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
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
 * Makes the first data directory of a cluster (contract postgres-control.md 6): by {@code initdb} or by a method of the
 * user, then the users. Runs on the thread of the background job.
 */
final class Bootstrapper {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.bootstrap");

    /** A slow disk and {@code data-checksums} included. */
    private static final Duration INITDB_LIMIT = Duration.ofMinutes(30);

    /** A script may restore terabytes; who waits for less cancels. */
    private static final Duration SCRIPT_LIMIT = Duration.ofDays(14);

    private static final Set<String> REFUSED = Set.of("pgdata", "nosync", "pwfile", "sync-only", "version");

    /** Keys of a method's section that are not arguments of its command. */
    private static final Set<String> NOT_ARGUMENTS =
            Set.of("command", "no_params", "keep_existing_recovery_conf", "recovery_conf", "scope", "datadir");

    private final String scope;
    private final Supplier<BootstrapSettings> bootstrap;
    private final Supplier<PostgresSettings> settings;
    private final Programs programs;
    private final ServerControl server;
    private final Connections connections;
    private final RejoinJournal journal;

    Bootstrapper(
            String scope,
            Supplier<BootstrapSettings> bootstrap,
            Supplier<PostgresSettings> settings,
            Programs programs,
            ServerControl server,
            Connections connections,
            RejoinJournal journal) {
        this.scope = scope;
        this.bootstrap = bootstrap;
        this.settings = settings;
        this.programs = programs;
        this.server = server;
        this.connections = connections;
        this.journal = journal;
    }

    /** Fills the data directory and starts the server. The directory is not cleaned up after a failure. */
    boolean initialise(Cancellation cancellation) {
        if (bootstrap.get().section().has("users")) {
            LOG.log(
                    Level.ERROR,
                    "User creation is not be supported starting from v4.0.0. Please use"
                            + " \"bootstrap.post_bootstrap\" script to create users.");
        }
        try {
            Optional<JsonObject> custom = customMethod();
            boolean filled = custom.isPresent() ? runCustomMethod(custom.get(), cancellation) : runInitdb(cancellation);
            if (!filled) {
                return false;
            }
            appendHbaLines();
            journal.clear();
            server.backUpConfiguration();
            StartOutcome started =
                    server.start(new StartRequest(custom.isPresent() ? null : Role.PRIMARY, null, null, false));
            return started == StartOutcome.STARTED || started == StartOutcome.STILL_STARTING;
        } catch (IOException | UncheckedIOException e) {
            LOG.log(Level.ERROR, "Could not initialise " + settings.get().dataDir(), e);
            server.setState(failed());
            return false;
        }
    }

    /** Completes the cluster once the server accepts writes. */
    boolean complete(Cancellation cancellation) {
        try {
            createSuperuser();
            if (!runPostBootstrap(cancellation)) {
                return false;
            }
            createOtherUsers();
            return customMethod().isEmpty() || useNormalConfiguration();
        } catch (SQLException | IOException e) {
            LOG.log(Level.ERROR, "post_bootstrap", e);
            return false;
        }
    }

    /** The section of the configured method; {@code initdb}, or one without command, has none. */
    private Optional<JsonObject> customMethod() {
        BootstrapSettings now = bootstrap.get();
        return now.method().equals("initdb")
                ? Optional.empty()
                : Json.object(now.section(), now.method()).filter(section -> section.has("command"));
    }

    private PostgresState failed() {
        return customMethod().isPresent() ? PostgresState.CUSTOM_BOOTSTRAP_FAILED : PostgresState.INITDB_FAILED;
    }

    // ---- initdb

    private boolean runInitdb(Cancellation cancellation) throws IOException {
        server.setState(PostgresState.INITIALIZING);
        PostgresSettings now = settings.get();
        UserOptions options = UserOptions.parse("initdb", bootstrap.get().initdb(), UserOptions.refusing(REFUSED));
        if (!options.errors().isEmpty()) {
            options.errors().forEach(error -> LOG.log(Level.ERROR, error));
            server.setState(PostgresState.INITDB_FAILED);
            return false;
        }
        var words = new ArrayList<String>();
        words.add(programs.path("initdb"));
        words.addAll(options.arguments());
        if (now.superuser().username() != null) {
            words.add("--username=" + now.superuser().username());
        }
        journal.begin(InterruptedRejoin.Step.BOOTSTRAP, "");
        Path passwordFile = passwordFile(now);
        try {
            if (passwordFile != null) {
                words.add("--pwfile=" + passwordFile);
            }
            words.add(now.dataDir().toString());
            Result result = ChildProcess.run(
                    Command.of(INITDB_LIMIT, words)
                            .withEnvironment(Leftovers.tag(now.dataDir()))
                            .withOutput(new Output.ErrorLines(line -> Programs.log(LOG, line))),
                    cancellation);
            if (!result.isSuccess()) {
                LOG.log(Level.ERROR, "initdb {0}", programs.explain("initdb", result));
                server.setState(PostgresState.INITDB_FAILED);
                return false;
            }
            server.restoreConfiguration();
            return true;
        } finally {
            if (passwordFile != null) {
                Files.deleteIfExists(passwordFile);
            }
        }
    }

    /** Beside the password file, readable by us alone; null without password. */
    private static @Nullable Path passwordFile(PostgresSettings settings) throws IOException {
        String password = settings.superuser().password();
        if (password == null) {
            return null;
        }
        Path directory = settings.pgpass().toAbsolutePath().getParent();
        Files.createDirectories(directory);
        Path file = Files.createTempFile(directory, "initdb", ".pw");
        Files.writeString(file, password + "\n");
        return file;
    }

    private void appendHbaLines() throws IOException {
        PostgresSettings now = settings.get();
        List<String> lines = bootstrap.get().pgHba();
        if (lines.isEmpty() || now.pgHba() != null || now.parameters().containsKey("hba_file")) {
            return;
        }
        Files.writeString(
                now.configDir().resolve("pg_hba.conf"),
                "\n" + String.join("\n", lines) + "\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    // ---- a method of the user

    private boolean runCustomMethod(JsonObject section, Cancellation cancellation) throws IOException {
        server.setState(PostgresState.CUSTOM_BOOTSTRAP);
        PostgresSettings now = settings.get();
        String command = Json.string(section, "command").orElse("");
        LOG.log(Level.INFO, "Running custom bootstrap script: {0}", command);
        var words = new ArrayList<>(ShellWords.split(command).orElse(List.of()));
        if (words.isEmpty()) {
            LOG.log(
                    Level.ERROR,
                    "bootstrap.{0}.command is not a command: {1}",
                    bootstrap.get().method(),
                    command);
            server.setState(PostgresState.CUSTOM_BOOTSTRAP_FAILED);
            return false;
        }
        if (!Json.bool(section, "no_params").orElse(false)) {
            words.add("--scope=" + scope);
            words.add("--datadir=" + now.dataDir());
        }
        section.entrySet().forEach(entry -> {
            if (!NOT_ARGUMENTS.contains(entry.getKey()) && entry.getValue() instanceof JsonPrimitive value) {
                words.add("--" + entry.getKey() + "=" + UserOptions.text(value));
            }
        });
        journal.begin(InterruptedRejoin.Step.BOOTSTRAP, "");
        var environment = new HashMap<>(Leftovers.tag(now.dataDir()));
        environment.putAll(ChildEnvironment.told(now));
        Result result =
                ChildProcess.run(Command.script(SCRIPT_LIMIT, words).withEnvironment(environment), cancellation);
        if (!result.isSuccess()) {
            LOG.log(Level.ERROR, "Custom bootstrap script {0} {1}", command, result.describe());
            server.setState(PostgresState.CUSTOM_BOOTSTRAP_FAILED);
            return false;
        }
        server.restoreConfiguration();
        new DataFiles(now.dataDir()).removeTriggers(now.parameters().getOrDefault("promote_trigger_file", ""));
        server.beginCustomBootstrap(
                Json.object(section, "recovery_conf").orElse(null),
                Json.bool(section, "keep_existing_recovery_conf").orElse(false));
        return true;
    }

    private boolean useNormalConfiguration() {
        server.endCustomBootstrap();
        if (settings.get().parameters().containsKey("hba_file") || server.isRestartPending()) {
            return server.restart(null) == StartOutcome.STARTED;
        }
        return server.reload();
    }

    // ---- after the start

    private void createSuperuser() throws SQLException {
        Credentials superuser = settings.get().superuser();
        if (superuser.username() == null || superuser.password() == null) {
            return;
        }
        try (Connection connection = connections.local()) {
            new DatabaseUsers(connection).superuser(superuser);
        }
    }

    private void createOtherUsers() throws SQLException {
        PostgresSettings now = settings.get();
        try (Connection connection = connections.local()) {
            var users = new DatabaseUsers(connection);
            if (now.replication().username() != null) {
                users.replication(now.replication());
            }
            String rewind = now.rewind().username();
            if (rewind != null && !rewind.equals(now.superuser().username())) {
                users.rewind(now.rewind());
            }
        }
    }

    private boolean runPostBootstrap(Cancellation cancellation) throws IOException {
        String script = bootstrap.get().postBootstrap();
        if (script == null) {
            return true;
        }
        List<String> command = ShellWords.split(script).orElse(List.of());
        if (command.isEmpty()) {
            LOG.log(Level.ERROR, "post_init script {0} failed", script);
            LOG.log(Level.ERROR, "bootstrap.post_bootstrap is not a command");
            return false;
        }
        PostgresSettings now = settings.get();
        var local = new Upstream("localhost", connections.localHost(), now.port(), now.database(), null, true, null);
        var words = new ArrayList<>(command);
        words.add(Conninfo.to(local, now.superuser(), now.database(), server.majorVersion())
                .toString());
        var environment =
                new HashMap<String, String>(Map.of("PGOPTIONS", "-c synchronous_commit=local -c statement_timeout=0"));
        environment.putAll(ChildEnvironment.told(now));
        environment.putAll(new PgPass(now.pgpass()).write(local.host(), now.port(), now.superuser()));
        Result result =
                ChildProcess.run(Command.script(SCRIPT_LIMIT, words).withEnvironment(environment), cancellation);
        switch (result) {
            case Result.Exited(int code, var _, var _) when code == 0 -> {}
            case Result.Exited(int code, var _, var _) ->
                LOG.log(Level.ERROR, "post_init script {0} returned non-zero code {1}", script, Integer.toString(code));
            case Result.NotStarted(var _), Result.TimedOut(var _, var _), Result.Cancelled() -> {
                LOG.log(Level.ERROR, "post_init script {0} failed", script);
                LOG.log(Level.ERROR, "{0} {1}", command.getFirst(), result.describe());
            }
        }
        return result.isSuccess();
    }
}

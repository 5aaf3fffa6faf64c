package io.matriarch.postgres;

import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.model.config.Credentials;
import io.matriarch.model.config.PostgresSettings;
import io.matriarch.postgres.ChildProcess.Command;
import io.matriarch.postgres.ChildProcess.Output;
import io.matriarch.postgres.ChildProcess.Result;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Brings a data directory that has left the leader's history back onto it with {@code pg_rewind} (contract ha-loop.md
 * 12.3). Runs on the thread of the background job. What happens after a failure is for the caller to decide.
 *
 * <p>{@code pg_rewind} that fails half way leaves a directory that must not be started; it says so nowhere. What it
 * printed does: before "rewinding from last common checkpoint" it only reads. From there on the mark of the
 * {@link RejoinJournal} stays until a rewind or a clone has succeeded.
 */
final class Rewinder {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.rewind");

    /** It copies as much as has changed, at worst everything. */
    private static final Duration LIMIT = Duration.ofDays(14);

    /** A server spreads no requested checkpoint: it writes as fast as it can. */
    private static final Duration CHECKPOINT_LIMIT = Duration.ofMinutes(10);

    private static final Duration HELP_LIMIT = Duration.ofSeconds(10);
    private static final Duration RESTORE_LIMIT = Duration.ofMinutes(10);

    private static final String BEGINS_TO_WRITE = "rewinding from last common checkpoint";
    private static final Pattern MISSING = Pattern.compile("could not open file \".*/pg_wal/([0-9A-F]{24})\": ");

    private static final Set<String> REFUSED = Set.of(
            "target-pgdata",
            "source-pgdata",
            "source-server",
            "write-recovery-conf",
            "dry-run",
            "restore-target-wal",
            "config-file",
            "no-ensure-shutdown",
            "version",
            "help");

    private final Supplier<PostgresSettings> settings;
    private final Programs programs;
    private final ServerControl server;
    private final Connections connections;
    private final DivergenceChecker checker;
    private final FinishedSegments finishedSegments;
    private final DivergedSegments divergedSegments;
    private final ServerParameters parameters;
    private final RejoinJournal journal;

    Rewinder(
            Supplier<PostgresSettings> settings,
            Programs programs,
            ServerControl server,
            Connections connections,
            DivergenceChecker checker,
            FinishedSegments finishedSegments,
            DivergedSegments divergedSegments,
            ServerParameters parameters,
            RejoinJournal journal) {
        this.settings = settings;
        this.programs = programs;
        this.server = server;
        this.connections = connections;
        this.checker = checker;
        this.finishedSegments = finishedSegments;
        this.divergedSegments = divergedSegments;
        this.parameters = parameters;
        this.journal = journal;
    }

    /** Whether it is configured, installed, and possible with this data directory. */
    boolean isUsable(Cancellation cancellation) {
        return settings.get().usePgRewind()
                && server.controlData().filter(ControlData::allowsRewind).isPresent()
                && ChildProcess.run(Command.of(HELP_LIMIT, programs.path("pg_rewind"), "--help"), cancellation)
                        .isSuccess();
    }

    RewindOutcome rewind(Upstream leader, Cancellation cancellation) {
        if (server.stop(StopRequest.beforeRewind()) == StopOutcome.FAILED) {
            LOG.log(Level.WARNING, "Can not run pg_rewind because postgres is still running");
            return RewindOutcome.LATER;
        }
        finishedSegments.archive(cancellation);
        checker.found()
                .ifPresent(found -> server.controlData()
                        .ifPresent(control -> divergedSegments.keep(found.wal(), control, cancellation)));
        if (!hasFinishedCheckpoint(leader) || !checker.isUsable(leader)) {
            return RewindOutcome.LATER;
        }
        try {
            if (run(leader, cancellation)) {
                checker.forget();
                return RewindOutcome.DONE;
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.log(Level.ERROR, "Could not prepare pg_rewind", e);
            return RewindOutcome.FAILED;
        }
        if (cancellation.isRequested()) {
            return RewindOutcome.LATER;
        }
        if (checker.isUsable(leader)) {
            LOG.log(Level.ERROR, "Failed to rewind from healthy primary: {0}", leader.name());
            return RewindOutcome.FAILED;
        }
        LOG.log(Level.WARNING, "Failed to rewind because primary {0} become unreachable", leader.name());
        return isUsable(cancellation) ? RewindOutcome.LATER : RewindOutcome.FAILED;
    }

    // ---- the leader's checkpoint

    /** {@code pg_rewind} reads the leader's timeline from its pg_control, which only a checkpoint brings up to date. */
    private boolean hasFinishedCheckpoint(Upstream leader) {
        if (!leader.checkpointConfirmed()) {
            LOG.log(Level.INFO, "Waiting for checkpoint on {0} before rewind", leader.name());
            return false;
        }
        return leader.standbyCluster() == null || checkpointRemote(leader);
    }

    /** Nobody publishes the state of a remote member: make a checkpoint there, or look whether there was one. */
    private boolean checkpointRemote(Upstream remote) {
        PostgresSettings now = settings.get();
        Credentials user = now.rewind();
        try (Connection connection = connections.primary(remote, user);
                Statement statement = connection.createStatement()) {
            if (user.equals(now.superuser())) {
                connection.setNetworkTimeout(Runnable::run, (int) CHECKPOINT_LIMIT.toMillis());
                statement.execute("SET statement_timeout = 0");
                statement.execute("CHECKPOINT");
                return true;
            }
            try (ResultSet row = statement.executeQuery("""
                SELECT timeline_id = ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int
                  FROM pg_control_checkpoint()\
                """)) {
                if (row.next() && row.getBoolean(1)) {
                    return true;
                }
            }
            LOG.log(Level.WARNING, "Can not use {0} for rewind: no checkpoint on its timeline yet", remote.name());
        } catch (SQLException e) {
            LOG.log(Level.WARNING, "Can not use {0} for rewind: {1}", remote.name(), e.getMessage());
        }
        return false;
    }

    // ---- pg_rewind

    private boolean run(Upstream leader, Cancellation cancellation) throws IOException {
        PostgresSettings now = settings.get();
        String restoreCommand = restoreCommand(now);
        boolean delegated = restoreCommand != null
                && (server.majorVersion() >= 150000 || now.configDir().equals(now.dataDir()))
                && !parameters.configured("restore_command", cancellation).isEmpty();
        Conninfo source = Conninfo.to(leader, now.rewind(), now.database(), server.majorVersion());
        var writing = new AtomicBoolean();
        Command command = command(now, source, delegated)
                .withEnvironment(environment(leader, now))
                .withOutput(new Output.ErrorLines(line -> {
                    if (line.contains(BEGINS_TO_WRITE)) {
                        writing.set(true);
                    }
                }));

        boolean marked = journal.interrupted().isPresent();
        journal.begin(InterruptedRejoin.Step.REWIND, leader.name());
        LOG.log(Level.INFO, "running pg_rewind from " + source);
        var fetched = new HashSet<String>();
        while (true) {
            Result result = ChildProcess.run(command, cancellation);
            String output = log(result);
            if (result.isSuccess()) {
                journal.clear();
                return true;
            }
            Optional<String> missing = missingSegment(output);
            boolean again = restoreCommand != null
                    && !delegated
                    && missing.filter(fetched::add).isPresent()
                    && fetch(missing.get(), restoreCommand, now.dataDir(), cancellation);
            if (!again) {
                if (!marked && !writing.get()) {
                    journal.clear();
                }
                return false;
            }
        }
    }

    private Command command(PostgresSettings now, Conninfo source, boolean restoresItself) {
        var words = new ArrayList<String>();
        words.add(programs.path("pg_rewind"));
        if (restoresItself) {
            words.add("--restore-target-wal");
            if (!now.configDir().equals(now.dataDir())) {
                words.add("--config-file=" + now.configDir().resolve(now.configBaseName() + ".conf"));
            }
        }
        words.addAll(List.of("-D", now.dataDir().toString(), "--source-server", source.toArgument()));
        UserOptions options = UserOptions.parse("pg_rewind", now.rewindOptions(), UserOptions.refusing(REFUSED));
        options.errors().forEach(error -> LOG.log(Level.ERROR, error));
        words.addAll(options.arguments());
        return Command.of(LIMIT, words);
    }

    private static Map<String, String> environment(Upstream leader, PostgresSettings now) throws IOException {
        var environment = new HashMap<>(new PgPass(now.pgpass()).write(leader.host(), leader.port(), now.rewind()));
        environment.putAll(Leftovers.tag(now.dataDir()));
        environment.putAll(ChildEnvironment.told(now));
        environment.put("LC_ALL", "C");
        environment.put("PGOPTIONS", "-c statement_timeout=0");
        return environment;
    }

    /** Logs how it ended and returns everything that it printed. */
    private String log(Result result) {
        if (result instanceof Result.Exited(int code, String stdout, String stderr)) {
            LOG.log(Level.INFO, "pg_rewind exit code=" + code);
            LOG.log(Level.INFO, " stdout=" + stdout);
            LOG.log(Level.INFO, " stderr=" + stderr);
            return stdout + stderr;
        }
        LOG.log(Level.ERROR, "pg_rewind {0}", programs.explain("pg_rewind", result));
        return result.errors();
    }

    // ---- missing WAL

    private static @Nullable String restoreCommand(PostgresSettings now) {
        JsonObject recovery = now.recoveryConf();
        String command = Json.string(recovery, "restore_command")
                .orElseGet(() -> now.parameters().getOrDefault("restore_command", ""));
        return command.isEmpty() ? null : command;
    }

    static Optional<String> missingSegment(String output) {
        Matcher matcher = MISSING.matcher(output);
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    private static boolean fetch(String segment, String template, Path dataDirectory, Cancellation cancellation) {
        String command = WalCommand.of(template, dataDirectory, segment);
        LOG.log(Level.INFO, "Trying to fetch the missing wal: {0}", command);
        List<String> words = ShellWords.split(command).orElse(List.of());
        if (words.isEmpty()) {
            LOG.log(Level.ERROR, "restore_command cannot be split into words: {0}", command);
            return false;
        }
        Result result = ChildProcess.run(Command.of(RESTORE_LIMIT, words), cancellation);
        if (!result.isSuccess()) {
            LOG.log(Level.ERROR, "restore_command {0} {1}", result.describe(), result.errors());
        }
        return result.isSuccess();
    }
}

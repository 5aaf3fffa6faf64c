package io.matriarch.ctl.backup;

import io.matriarch.backup.DurableFiles;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.PostgresSettings;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server over restored data that nobody can reach: no address, a socket in a private directory, no client let in, nothing
 * archived. Its settings are ours alone; those that come with the backup may name files and addresses of another host.
 */
final class StagedServer {

    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PROGRAM_LIMIT = Duration.ofMinutes(5);

    /** A shutdown writes what is in the buffers. */
    private static final String STOP_SECONDS = "3600";

    private static final int RUNNING = 0;

    /** Where {@code postmaster.pid} says how far the start is (pidfile.h, LOCK_FILE_LINE_PM_STATUS). */
    private static final int STATUS_LINE = 7;

    private static final String KEPT_WAL = "1GB";

    /** A server does not start with more slots on disk than it may have. */
    private static final String MOST_SLOTS = "1000";

    private static final Pattern RESTORED = Pattern.compile("restored log file \"([0-9A-F]{24})\"");

    private final PostgresSettings postgres;
    private final Path data;
    private final Path log;
    private final TimeSource time;

    StagedServer(PostgresSettings postgres, Path data, Path log, TimeSource time) {
        this.postgres = postgres;
        this.data = data;
        this.log = log;
        this.time = time;
    }

    /** Is told the last segment that was read. */
    @FunctionalInterface
    interface Watcher {
        void read(String segment);
    }

    /** Recovers until the settings let the server end; it must end by itself, and well. */
    void recoverToShutdown(Map<String, String> settings, Map<String, String> environment, Watcher watcher)
            throws CommandFailure, InterruptedException, IOException {
        run(settings, environment, watcher, false);
    }

    /** Recovers, waits until the server has left recovery, and shuts it down. */
    void recoverToProduction(Map<String, String> settings, Map<String, String> environment, Watcher watcher)
            throws CommandFailure, InterruptedException, IOException {
        run(settings, environment, watcher, true);
        if (!control().getOrDefault("Database cluster state", "").equals("shut down")) {
            throw new CommandFailure("the server on the restored data did not shut down in an orderly way; see " + log);
        }
    }

    private void run(
            Map<String, String> settings, Map<String, String> environment, Watcher watcher, boolean toProduction)
            throws CommandFailure, InterruptedException, IOException {
        stop("immediate");
        Path privately = Files.createTempDirectory("matriarch-restore");
        try {
            Files.deleteIfExists(data.resolve("standby.signal")); // of the replica that the backup was taken from
            Files.writeString(data.resolve("recovery.signal"), "");
            long begin = Files.exists(log) ? Files.size(log) : 0;
            Process server = start(command(settings, privately), environment);
            try {
                boolean stopped = false;
                while (server.isAlive()) {
                    time.sleep(POLL);
                    String segment = lastRestored(begin);
                    if (!segment.isEmpty()) {
                        watcher.read(segment);
                    }
                    if (toProduction && !stopped && isReady()) {
                        stop("fast");
                        stopped = true;
                    }
                }
                if (server.exitValue() != 0 || (toProduction && !stopped)) {
                    throw new CommandFailure("recovery ended too early: " + trouble(begin) + " (more in " + log + ")");
                }
            } finally {
                if (server.isAlive()) {
                    stop("immediate");
                }
            }
        } finally {
            DurableFiles.deleteTree(privately);
        }
    }

    /** Settings on the command line go before those of all files, {@code postgresql.auto.conf} among them. */
    private List<String> command(Map<String, String> settings, Path privately)
            throws CommandFailure, InterruptedException, IOException {
        Path configuration = Files.writeString(privately.resolve("postgresql.conf"), "");
        Files.writeString(privately.resolve("pg_hba.conf"), "local all all reject\n");
        var words = new ArrayList<>(List.of(
                BackupNode.program(postgres, "postgres"), "-D", data.toString(), "-c", "config_file=" + configuration));
        all(settings, privately).forEach((name, value) -> words.addAll(List.of("-c", name + "=" + value)));
        return words;
    }

    private Process start(List<String> command, Map<String, String> environment) throws CommandFailure {
        try {
            var builder = new ProcessBuilder(command);
            builder.redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
            builder.environment().keySet().removeIf(name -> name.startsWith("PATRONI_"));
            builder.environment().putAll(environment);
            return builder.start();
        } catch (IOException e) {
            throw new CommandFailure("postgres cannot be started: " + e.getMessage(), e);
        }
    }

    /** Limits must not be lower than those of the server that wrote the WAL: prepared transactions would not fit. */
    private Map<String, String> all(Map<String, String> settings, Path privately)
            throws CommandFailure, InterruptedException {
        var all = new LinkedHashMap<String, String>();
        Map<String, String> control = control();
        Map.of(
                        "max_connections setting", "max_connections",
                        "max_worker_processes setting", "max_worker_processes",
                        "max_wal_senders setting", "max_wal_senders",
                        "max_prepared_xacts setting", "max_prepared_transactions",
                        "max_locks_per_xact setting", "max_locks_per_transaction",
                        "track_commit_timestamp setting", "track_commit_timestamp",
                        "wal_level setting", "wal_level")
                .forEach((line, parameter) -> {
                    String value = control.get(line);
                    if (value != null) {
                        all.put(parameter, value);
                    }
                });
        all.put("listen_addresses", "");
        all.put("unix_socket_directories", privately.toString());
        all.put("hba_file", privately.resolve("pg_hba.conf").toString());
        all.put("ident_file", privately.resolve("pg_ident.conf").toString());
        all.put("hot_standby", "off");
        all.put("max_replication_slots", MOST_SLOTS);
        // Members that rewind to this data read it from a little before the point where they part.
        all.put("wal_keep_size", KEPT_WAL);
        all.put("ssl", "off");
        all.put("logging_collector", "off");
        all.put("log_destination", "stderr");
        // What is to be archived is marked, for the server that runs when the data is in place.
        all.put("archive_mode", "on");
        all.put("archive_command", "false");
        all.putAll(settings);
        return all;
    }

    /**
     * Whether the postmaster knows, too, that recovery is over: {@code pg_control} says so a moment earlier, and a shutdown between the
     * two writes no checkpoint.
     */
    private boolean isReady() throws CommandFailure, InterruptedException, IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(data.resolve("postmaster.pid"));
        } catch (NoSuchFileException _) {
            return false;
        }
        return lines.size() > STATUS_LINE && lines.get(STATUS_LINE).strip().equals("ready") && isInProduction();
    }

    boolean isInProduction() throws CommandFailure, InterruptedException {
        return control().getOrDefault("Database cluster state", "").equals("in production");
    }

    /** What {@code pg_controldata} prints, by the words before the colon. */
    Map<String, String> control() throws CommandFailure, InterruptedException {
        var lines = new LinkedHashMap<String, String>();
        String output = new Tool(
                        List.of(BackupNode.program(postgres, "pg_controldata"), data.toString()),
                        Map.of(),
                        PROGRAM_LIMIT)
                .all();
        for (String line : output.lines().toList()) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                lines.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        }
        return lines;
    }

    /** Starts the server with these settings and shuts it down; one that had died is consistent afterwards. */
    void runOnce(Map<String, String> settings) throws CommandFailure, InterruptedException, IOException {
        Path privately = Files.createTempDirectory("matriarch-restore");
        try {
            var words = new ArrayList<>(command(settings, privately));
            words.add(1, "--single");
            words.add("template1");
            new Tool(words, Map.of(), BaseBackup.LONG).demand();
        } finally {
            DurableFiles.deleteTree(privately);
        }
    }

    /** The timeline of the data; 0 when that is not known. */
    int timeline() throws CommandFailure, InterruptedException {
        String text = control().getOrDefault("Latest checkpoint's TimeLineID", "0");
        return Integer.parseInt(text);
    }

    boolean isShutDown() throws CommandFailure, InterruptedException {
        return control().getOrDefault("Database cluster state", "").equals("shut down");
    }

    boolean isRunning() throws CommandFailure, InterruptedException {
        return Files.exists(data.resolve("postmaster.pid"))
                && Tool.of(PROGRAM_LIMIT, BackupNode.program(postgres, "pg_ctl"), "status", "-D", data.toString())
                                .run(_ -> {})
                                .code()
                        == RUNNING;
    }

    /** Stops the server if it runs, also one that an earlier call left behind. */
    void stop(String mode) throws CommandFailure, InterruptedException {
        if (isRunning()) {
            Tool.of(
                            Duration.ofSeconds(Long.parseLong(STOP_SECONDS)).plus(PROGRAM_LIMIT),
                            BackupNode.program(postgres, "pg_ctl"),
                            "stop",
                            "-D",
                            data.toString(),
                            "-m",
                            mode,
                            "-w",
                            "-t",
                            STOP_SECONDS)
                    .demand();
        }
    }

    private String lastRestored(long begin) throws IOException {
        String last = "";
        Matcher matcher = RESTORED.matcher(tail(begin));
        while (matcher.find()) {
            last = matcher.group(1);
        }
        return last;
    }

    /** The lines in which the server says what ended it. */
    private String trouble(long begin) throws IOException {
        List<String> lines = tail(begin)
                .lines()
                .filter(line -> line.contains("FATAL:") || line.contains("PANIC:") || line.contains("matriarch "))
                .toList();
        return lines.isEmpty() ? "the server ended without a word" : lines.getLast();
    }

    private String tail(long begin) throws IOException {
        if (!Files.exists(log)) {
            return "";
        }
        int most = 64 * 1024;
        try (var file = new RandomAccessFile(log.toFile(), "r")) {
            long from = Math.max(begin, file.length() - most);
            file.seek(from);
            var bytes = new byte[(int) Math.max(Math.min(file.length() - from, most), 0)];
            file.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }
}

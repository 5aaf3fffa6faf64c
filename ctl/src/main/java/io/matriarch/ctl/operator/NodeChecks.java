package io.matriarch.ctl.operator;

import com.google.gson.JsonObject;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.model.config.Notice;
import io.matriarch.model.config.PostgresSettings;
import io.matriarch.model.config.TimingRule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What can be seen on the machine: the configuration, the data directory and the programs of PostgreSQL. */
final class NodeChecks {

    private static final String CONFIGURATION = "configuration";
    private static final String DATA = "data directory";
    private static final String PROGRAMS = "programs";
    private static final String REWIND = "rewind";
    private static final long GIBIBYTE = 1L << 30;
    private static final int PROGRAM_LIMIT_SECONDS = 10;
    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+)");

    private final JsonObject document;
    private final DynamicConfig dynamic;
    private final @Nullable String file;
    private final List<Finding> findings = new ArrayList<>();

    /** @param file where the configuration was read; null: nowhere in particular */
    NodeChecks(JsonObject document, DynamicConfig dynamic, @Nullable String file) {
        this.document = document;
        this.dynamic = dynamic;
        this.file = file;
    }

    List<Finding> run() {
        timing();
        if (!document.has("postgresql") || !document.has("restapi")) {
            findings.add(Finding.notice(
                    CONFIGURATION,
                    "this is the configuration of a tool, not of a node: nothing of this machine was checked",
                    "on a node, give the configuration of its agent by -c FILE"));
            return findings;
        }
        try {
            LocalConfig local = LocalConfig.parse(document);
            local.notices().forEach(this::add);
            local.noticesWith(dynamic).forEach(this::add);
            findings.add(Finding.ok(CONFIGURATION, "the configuration can be used"));
            permissions();
            api(local);
            PostgresSettings postgres = local.postgres(dynamic);
            Integer major = programs(postgres);
            dataDirectory(postgres, major);
        } catch (ConfigurationException e) {
            findings.add(Finding.error(
                    CONFIGURATION, String.valueOf(e.getMessage()), "correct it: the agent would not start with it"));
        }
        return findings;
    }

    private void add(Notice notice) {
        findings.add(
                switch (notice.severity()) {
                    case INFO -> Finding.notice(CONFIGURATION, notice.text(), "");
                    case WARNING -> Finding.warning(CONFIGURATION, notice.text(), "");
                    case ERROR -> Finding.error(CONFIGURATION, notice.text(), "");
                });
    }

    private void timing() {
        try {
            List<String> warnings = TimingRule.apply(dynamic).warnings();
            for (String warning : warnings) {
                findings.add(Finding.warning(
                        "timing", warning, "correct ttl, loop_wait and retry_timeout with patronictl edit-config"));
            }
            if (warnings.isEmpty()) {
                findings.add(Finding.ok("timing", "ttl, loop_wait and retry_timeout fit together"));
            }
        } catch (ConfigurationException e) {
            findings.add(
                    Finding.error("timing", String.valueOf(e.getMessage()), "correct it with patronictl edit-config"));
        }
    }

    /** The file holds passwords. */
    private void permissions() {
        Path path = file == null ? null : Path.of(file);
        if (path == null || !Files.isRegularFile(path)) {
            return;
        }
        try {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
            boolean open = permissions.contains(PosixFilePermission.OTHERS_READ);
            findings.add(
                    open
                            ? Finding.warning(
                                    "permissions",
                                    "everybody on this machine can read " + file + ", and it may hold passwords",
                                    "chmod o-rwx " + file)
                            : Finding.ok("permissions", file + " is not open to everybody"));
        } catch (IOException | UnsupportedOperationException e) {
            findings.add(Finding.notice("permissions", "the permissions of " + file + " cannot be read: " + e, ""));
        }
    }

    private void api(LocalConfig local) {
        if (local.restapi().authentication() == null
                && local.restapi().allowlist().isEmpty()
                && !local.restapi().allowlistIncludeMembers()
                && !isLoopback(local.restapi().listen().host())) {
            findings.add(Finding.warning(
                    "rest api",
                    "whoever reaches " + local.restapi().listen()
                            + " may restart PostgreSQL and move the primary: there is no"
                            + " restapi.authentication and no restapi.allowlist",
                    "set restapi.authentication, or restapi.allowlist, on all nodes"));
        }
    }

    private static boolean isLoopback(String host) {
        return host.equals("localhost") || host.startsWith("127.") || host.equals("::1");
    }

    /** @return the major version of the server program; null when it is not known */
    private @Nullable Integer programs(PostgresSettings postgres) {
        var missing = new ArrayList<String>();
        for (String program :
                new String[] {"postgres", "pg_ctl", "initdb", "pg_controldata", "pg_basebackup", "pg_rewind"}) {
            if (find(postgres, program) == null) {
                missing.add(program);
            }
        }
        String place = postgres.binDir().isEmpty() ? "PATH" : postgres.binDir();
        if (!missing.isEmpty()) {
            findings.add(Finding.error(
                    PROGRAMS,
                    String.join(", ", missing) + " cannot be found in " + place,
                    "install PostgreSQL's server, or correct postgresql.bin_dir"));
            return null;
        }
        Path server = find(postgres, "postgres");
        String output = server == null ? null : run(Map.of(), server.toString(), "--version");
        Matcher version = VERSION.matcher(output == null ? "" : output);
        if (!version.find()) {
            findings.add(Finding.error(
                    PROGRAMS,
                    server + " does not say its version",
                    "try " + server + " --version as the user of PostgreSQL"));
            return null;
        }
        int major = Integer.parseInt(version.group(1));
        findings.add(
                major >= 13 && major <= 18
                        ? Finding.ok(PROGRAMS, "PostgreSQL " + major + " in " + place)
                        : Finding.warning(
                                PROGRAMS, "PostgreSQL " + major + " is not supported", "versions 13 to 18 are"));
        return major;
    }

    private static @Nullable Path find(PostgresSettings postgres, String program) {
        String name = postgres.binNames().getOrDefault(program, program);
        String places = postgres.binDir().isEmpty() ? System.getenv().getOrDefault("PATH", "") : postgres.binDir();
        for (String directory : places.split(":", -1)) {
            Path file = Path.of(directory, name);
            if (Files.isRegularFile(file) && Files.isExecutable(file)) {
                return file;
            }
        }
        return null;
    }

    private void dataDirectory(PostgresSettings postgres, @Nullable Integer major) {
        Path directory = postgres.dataDir();
        try {
            if (!Files.exists(directory)) {
                findings.add(Finding.notice(
                        DATA, directory + " does not exist: this node will initialise or copy a cluster", ""));
                disk(nearest(directory));
                return;
            }
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(directory);
            boolean open = permissions.contains(PosixFilePermission.OTHERS_EXECUTE)
                    || permissions.contains(PosixFilePermission.OTHERS_READ)
                    || permissions.contains(PosixFilePermission.GROUP_WRITE);
            findings.add(
                    open
                            ? Finding.error(
                                    DATA,
                                    directory + " is open to others: PostgreSQL refuses to start",
                                    "chmod 0700 " + directory)
                            : Finding.ok(DATA, directory + " has the permissions that PostgreSQL wants"));
            dataVersion(directory, major);
            disk(directory);
            Path wal = directory.resolve("pg_wal");
            if (Files.isSymbolicLink(wal)) {
                disk(wal.toRealPath());
            }
            rewind(postgres, directory);
        } catch (IOException | UnsupportedOperationException e) {
            findings.add(Finding.error(
                    DATA, directory + " cannot be looked at: " + e, "run this as the user of PostgreSQL"));
        }
    }

    private void dataVersion(Path directory, @Nullable Integer major) throws IOException {
        Path version = directory.resolve("PG_VERSION");
        if (major == null || !Files.isReadable(version)) {
            return;
        }
        String written = Files.readString(version).strip();
        findings.add(
                written.equals(Integer.toString(major))
                        ? Finding.ok(DATA, "it belongs to PostgreSQL " + written + ", as the programs do")
                        : Finding.error(
                                DATA,
                                "it belongs to PostgreSQL " + written + ", the programs to " + major,
                                "correct postgresql.bin_dir, or upgrade the data directory"));
    }

    private static Path nearest(Path path) {
        Path existing = path.toAbsolutePath();
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        return existing;
    }

    private void disk(Path place) throws IOException {
        FileStore disk = Files.getFileStore(place);
        long total = Math.max(disk.getTotalSpace(), 1);
        long free = disk.getUsableSpace();
        long percent = free * 100 / total;
        String text = place + " has " + free / GIBIBYTE + " GiB free, " + percent + " %";
        String remedy = "make room: a full disk stops PostgreSQL. Look at slots that keep WAL, and at archive_command";
        if (percent < 5 && free < 20 * GIBIBYTE) {
            findings.add(Finding.error("disk", text, remedy));
        } else if (percent < 15 && free < 50 * GIBIBYTE) {
            findings.add(Finding.warning("disk", text, remedy));
        } else {
            findings.add(Finding.ok("disk", text));
        }
    }

    /** {@code pg_rewind} needs to know which blocks changed (contract ha-loop.md 12.1). */
    private void rewind(PostgresSettings postgres, Path directory) {
        if (!postgres.usePgRewind()) {
            findings.add(Finding.notice(
                    REWIND,
                    "use_pg_rewind is off: a former primary that went its own way is copied anew or stays away",
                    "patronictl edit-config -s postgresql.use_pg_rewind=true"));
            return;
        }
        Path program = find(postgres, "pg_controldata");
        String output = program == null ? null : run(Map.of("LC_ALL", "C"), program.toString(), directory.toString());
        Map<String, String> control = fields(output == null ? "" : output);
        String checksums = control.get("Data page checksum version");
        String hints = control.get("wal_log_hints setting");
        if (checksums == null || hints == null) {
            findings.add(Finding.notice(
                    REWIND,
                    "pg_controldata does not tell whether rewinding is possible",
                    "run this as the user of PostgreSQL"));
        } else if (checksums.equals("0") && !hints.equals("on")) {
            findings.add(Finding.error(
                    REWIND,
                    "use_pg_rewind is on, but the data has neither checksums nor wal_log_hints",
                    "patronictl edit-config -p wal_log_hints=on, then restart PostgreSQL on all nodes"));
        } else {
            findings.add(Finding.ok(
                    REWIND, checksums.equals("0") ? "possible, by wal_log_hints" : "possible, by data checksums"));
        }
    }

    private static Map<String, String> fields(String output) {
        var fields = new HashMap<String, String>();
        output.lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        });
        return fields;
    }

    /** What a program prints; null when it fails. */
    private static @Nullable String run(Map<String, String> environment, String... command) {
        try {
            var builder = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
            builder.environment().putAll(environment);
            Process process = builder.start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            boolean ended = process.waitFor(PROGRAM_LIMIT_SECONDS, TimeUnit.SECONDS);
            return ended && process.exitValue() == 0 ? output : null;
        } catch (IOException _) {
            return null;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return null;
        }
    }
}

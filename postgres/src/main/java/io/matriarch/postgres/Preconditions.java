package io.matriarch.postgres;

import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.PostgresSettings;
import io.matriarch.postgres.ChildProcess.Result;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What must hold for PostgreSQL to run here. What no waiting can mend is looked at once, before anything is started
 * (contract config.md 2.8, postgres-control.md 2); the rest explains a start that failed. The data directory is only read.
 */
final class Preconditions {

    private static final List<String> NEEDED = List.of("postgres", "pg_ctl", "pg_controldata");

    private final Supplier<PostgresSettings> settings;
    private final Programs programs;

    Preconditions(Supplier<PostgresSettings> settings, Programs programs) {
        this.settings = settings;
        this.programs = programs;
    }

    /**
     * Looks at programs, data directory and the places that are written beside it.
     *
     * @param initdb whether this node may have to make a cluster
     * @throws ConfigurationException with place and remedy
     */
    void require(boolean initdb) throws ConfigurationException {
        PostgresSettings now = settings.get();
        var needed = new ArrayList<>(NEEDED);
        if (initdb && data().look() instanceof LocalFacts.DataDirectory.Empty) {
            needed.add("initdb");
        }
        Optional<String> problem = programs.problem(needed)
                .or(this::notADirectory)
                .or(this::version)
                .or(this::configDirectory);
        if (problem.isPresent()) {
            throw new ConfigurationException(problem.get());
        }
        if (Files.exists(now.pgpass()) && !Files.isRegularFile(now.pgpass())) {
            throw new ConfigurationException(
                    "'" + now.pgpass() + "' exists and it's not a file, check your `postgresql.pgpass` configuration");
        }
        try {
            RunDirectories.make(now, now.parameters(), false);
        } catch (IOException e) {
            throw new ConfigurationException(String.valueOf(e.getMessage()), e);
        }
    }

    /** A likely reason why a server ended right after its start; empty when only the server itself knows. */
    Optional<String> whyStartFailed() {
        return programs.problem(NEEDED).or(this::listen).or(this::permissions).or(this::version);
    }

    private DataFiles data() {
        return new DataFiles(settings.get().dataDir());
    }

    private Optional<String> notADirectory() {
        Path directory = settings.get().dataDir();
        return Files.exists(directory) && !Files.isDirectory(directory)
                ? Optional.of(
                        "postgresql.data_dir: " + directory + " is not a directory. Set it to the data directory, or"
                                + " to a directory that is to be made")
                : Optional.empty();
    }

    /** A directory of its own for configuration files is made, and must be ours to write. */
    private Optional<String> configDirectory() {
        PostgresSettings now = settings.get();
        if (now.configDir().startsWith(now.dataDir())) {
            return Optional.empty(); // an empty data directory stays empty
        }
        String remedy = ". Create " + now.configDir() + " for user " + FileTrouble.user()
                + ", or leave postgresql.config_dir out to keep configuration files in the data directory";
        try {
            Files.createDirectories(now.configDir());
        } catch (IOException e) {
            return Optional.of("postgresql.config_dir: " + FileTrouble.describe(e) + remedy);
        }
        return Files.isWritable(now.configDir())
                ? Optional.empty()
                : Optional.of("postgresql.config_dir: " + now.configDir() + " is not writable" + remedy);
    }

    /** Whether data and programs are of one major version. */
    private Optional<String> version() {
        String ofData = data().version().orElse(null);
        if (ofData == null) {
            return Optional.empty();
        }
        String program = programs.path("postgres");
        Result result = programs.askVersion("postgres", new Cancellation());
        if (!result.isSuccess()) {
            return Optional.of(program + " --version " + result.describe() + ": "
                    + result.errors().strip() + ". Set postgresql.bin_dir to the programs of PostgreSQL " + ofData);
        }
        String ofProgram = Programs.major(result).orElse(ofData);
        return ofProgram.equals(ofData)
                ? Optional.empty()
                : Optional.of(
                        "data directory " + settings.get().dataDir() + " was made by PostgreSQL " + ofData + ", but "
                                + program + " is version " + ofProgram + ". Upgrade the data with pg_upgrade, or set"
                                + " postgresql.bin_dir to the programs of version " + ofData);
    }

    /** What PostgreSQL demands of the data directory's owner and mode. */
    private Optional<String> permissions() {
        Path directory = settings.get().dataDir();
        String user = FileTrouble.user();
        try {
            String owner = Files.getOwner(directory).getName();
            boolean named = System.getProperty("user.name", "").equals(user);
            if (named && !owner.equals(user)) {
                return Optional.of("data directory " + directory + " belongs to user " + owner + ", the server runs as "
                        + user + ". Change its owner, or run the agent as " + owner);
            }
            Set<PosixFilePermission> mode = Files.getPosixFilePermissions(directory);
            boolean open = mode.stream()
                    .anyMatch(p ->
                            p == PosixFilePermission.GROUP_WRITE || p.name().startsWith("OTHERS_"));
            return open
                    ? Optional.of("data directory " + directory
                            + " is open to others than its owner. Set its mode to 0700," + " or to 0750")
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.of("data directory " + FileTrouble.describe(e));
        }
    }

    /** PostgreSQL starts when it can listen on one of its addresses, or is told to listen on none. */
    Optional<String> listen() {
        PostgresSettings now = settings.get();
        var troubles = new ArrayList<String>();
        for (String address : now.listenAddresses().split(",")) {
            String host = address.strip().equals("*") ? "0.0.0.0" : address.strip();
            if (host.isEmpty()) {
                return Optional.empty();
            }
            try (var socket = new ServerSocket()) {
                socket.setReuseAddress(true);
                socket.bind(new InetSocketAddress(host, now.port()));
                return Optional.empty();
            } catch (IOException e) {
                troubles.add(String.format(Locale.ROOT, "%s:%d (%s)", host, now.port(), e.getMessage()));
            }
        }
        return Optional.of("postgresql.listen: cannot listen on " + String.join(", ", troubles)
                + ". Stop the process that uses the port, or set an address and a port of this host that are free");
    }
}

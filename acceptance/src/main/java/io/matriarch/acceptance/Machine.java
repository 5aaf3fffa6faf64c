package io.matriarch.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** The machine that tests and benchmark run on: programs, users, ports, files. */
public final class Machine {

    private Machine() {}

    /** The directory of the checkout. */
    public static Path checkout() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("bin/patroni"))) {
            Path parent = here.getParent();
            if (parent == null) {
                throw new IllegalStateException(
                        "not inside a checkout: " + Path.of("").toAbsolutePath());
            }
            here = parent;
        }
        return here;
    }

    public static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** PostgreSQL refuses to run as root: as root everything runs as user postgres. */
    public static List<String> asUser(List<String> command) {
        if (!isRoot()) {
            return command;
        }
        var all = new ArrayList<String>();
        all.addAll(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"));
        all.addAll(command);
        return all;
    }

    /** The programs in the property {@code matriarch.postgres.bin}, else the newest PostgreSQL of the machine. */
    public static Path postgresBin() {
        String chosen = System.getProperty("matriarch.postgres.bin", "");
        if (!chosen.isEmpty()) {
            return Path.of(chosen);
        }
        Path root = Path.of("/usr/lib/postgresql");
        try (Stream<Path> versions = Files.list(root)) {
            return versions.map(v -> v.resolve("bin"))
                    .filter(bin -> Files.exists(bin.resolve("postgres")))
                    .max((a, b) -> Integer.compare(version(a), version(b)))
                    .orElseThrow();
        } catch (IOException e) {
            throw new IllegalStateException("PostgreSQL is missing: apt-get install -y postgresql", e);
        }
    }

    private static int version(Path bin) {
        return Integer.parseInt(bin.getName(bin.getNameCount() - 2).toString());
    }

    public static String etcd() {
        for (String candidate : List.of("/usr/bin/etcd", "/usr/local/bin/etcd")) {
            if (Files.isExecutable(Path.of(candidate))) {
                return candidate;
            }
        }
        throw new IllegalStateException("etcd is missing: apt-get install -y etcd-server");
    }

    /**
     * Above those that the demo chooses, and below those that the kernel hands out to clients: a server that restarts finds its port
     * free again.
     */
    private static final int FIRST_PORT = 30_000;

    private static final int PORTS_OF_A_PROCESS = 256;
    private static final int PROCESSES = 10;

    private static final ServerSocket FIRST_OF_OURS = takePorts();
    private static final AtomicInteger PORTS_GIVEN = new AtomicInteger();

    /** Tests run in several processes, and a port that one has chosen is not in use yet: whoever has the first has all. */
    private static ServerSocket takePorts() {
        for (int process = 0; process < PROCESSES; process++) {
            try {
                return new ServerSocket(FIRST_PORT + process * PORTS_OF_A_PROCESS, 1, InetAddress.getLoopbackAddress());
            } catch (IOException _) {
                // those of another process
            }
        }
        throw new IllegalStateException("all ports from " + FIRST_PORT + " on are taken");
    }

    /** A port that was free a moment ago on this address, and that nobody else is given soon. */
    public static int freePort(String address) {
        IOException last = new IOException("no port was tried");
        for (int i = 1; i < PORTS_OF_A_PROCESS; i++) {
            int next = PORTS_GIVEN.getAndUpdate(given -> (given + 1) % (PORTS_OF_A_PROCESS - 1));
            try (var socket =
                    new ServerSocket(FIRST_OF_OURS.getLocalPort() + 1 + next, 1, InetAddress.getByName(address))) {
                return socket.getLocalPort();
            } catch (IOException e) {
                last = e;
            }
        }
        throw new UncheckedIOException(last);
    }

    public static int freePort() {
        return freePort("127.0.0.1");
    }

    /** Runs a short command and returns its output; an error when it fails. */
    public static String run(List<String> command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new AssertionError(command + " failed: " + output);
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What {@code TMPDIR} names, as for any program; the path of a socket in it must stay below 108 bytes. */
    public static Path temporaryFiles() {
        return Path.of(System.getenv().getOrDefault("TMPDIR", "/tmp"));
    }

    /** A new directory that the unprivileged user owns. */
    public static Path workspace() {
        try {
            Path directory = Files.createTempDirectory(temporaryFiles(), "mtr-");
            if (isRoot()) {
                run(List.of("chown", "postgres:postgres", directory.toString()));
            }
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void give(Path path) {
        if (isRoot()) {
            run(List.of("chown", "-R", "postgres:postgres", path.toString()));
        }
    }

    /** A fence that ends by itself removes its socket meanwhile. */
    public static void delete(Path directory) {
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                    if (e instanceof NoSuchFileException) {
                        return FileVisitResult.CONTINUE;
                    }
                    throw e;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path dir, IOException e) throws IOException {
                    Files.delete(dir);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package io.matriarch.ctl.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds PostgreSQL's programs, and installs them when that is allowed. */
final class PostgresPrograms {

    private static final String INSTALL = "apt-get install -y --no-install-recommends postgresql";
    private static final Path DEBIAN = Path.of("/usr/lib/postgresql");
    private static final Path CLUSTER_CREATION = Path.of("/etc/postgresql-common/createcluster.conf");

    private PostgresPrograms() {}

    /** The {@code bin} directory of the newest PostgreSQL of this machine. */
    static Path directory(Account account) throws DemoException, InterruptedException {
        Optional<Path> found = find();
        if (found.isPresent()) {
            return found.get();
        }
        if (!account.isRoot()) {
            throw new DemoException("PostgreSQL is not installed. Install it: sudo " + INSTALL);
        }
        System.err.println("PostgreSQL is missing; running " + INSTALL);
        createNoServerOnInstall();
        List<String> words = List.of(INSTALL.split(" "));
        boolean installed = Commands.runVisibly(List.of("apt-get", "update", "-q"), Duration.ofMinutes(5))
                && Commands.runVisibly(words, Duration.ofMinutes(10));
        return find().filter(_ -> installed)
                .orElseThrow(() -> new DemoException("PostgreSQL could not be installed; try by hand: " + INSTALL));
    }

    static Optional<Path> find() {
        return Stream.concat(debian(), onPath())
                .filter(bin -> Files.isExecutable(bin.resolve("postgres")) && Files.isExecutable(bin.resolve("initdb")))
                .findFirst();
    }

    private static Stream<Path> debian() {
        if (!Files.isDirectory(DEBIAN)) {
            return Stream.empty();
        }
        try (Stream<Path> versions = Files.list(DEBIAN)) {
            return versions
                    .sorted(Comparator.comparingInt(PostgresPrograms::major).reversed())
                    .map(version -> version.resolve("bin"))
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int major(Path version) {
        String name = String.valueOf(version.getFileName());
        return name.matches("\\d+") ? Integer.parseInt(name) : 0;
    }

    private static Stream<Path> onPath() {
        String path = System.getenv("PATH");
        return path == null
                ? Stream.empty()
                : Stream.of(path.split(":")).filter(s -> !s.isEmpty()).map(Path::of);
    }

    /** Debian's package would start a server of its own, which nobody asked for. */
    private static void createNoServerOnInstall() throws DemoException {
        if (Files.exists(CLUSTER_CREATION)) {
            return;
        }
        try {
            Files.createDirectories(Path.of("/etc/postgresql-common"));
            Files.writeString(CLUSTER_CREATION, "create_main_cluster = false\n");
        } catch (IOException e) {
            throw new DemoException("cannot write " + CLUSTER_CREATION + ": " + e.getMessage(), e);
        }
    }
}

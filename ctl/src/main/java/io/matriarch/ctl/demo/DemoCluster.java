package io.matriarch.ctl.demo;

import io.matriarch.ctl.load.Endpoint;
import io.matriarch.ctl.load.Sessions;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;

/**
 * Three nodes on loopback in a directory of their own. Used by one thread; {@link #close} may be called by another one,
 * whatever the first is doing.
 */
final class DemoCluster implements AutoCloseable {

    static final String SCOPE = "demo";
    static final String SUPERUSER = "postgres";

    private static final int NODES = 3;

    /** A loaded machine still gets its servers down in this time; after it they are killed. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(15);

    private final Account account;
    private final Path bin;
    private final Path directory;
    private final List<DemoNode> nodes;
    private final String superuserPassword;
    private final String replicationPassword;
    private volatile boolean closed;

    private DemoCluster(Account account, Path bin, Path directory, List<DemoNode> nodes, SecureRandom random) {
        this.account = account;
        this.bin = bin;
        this.directory = directory;
        this.nodes = List.copyOf(nodes);
        this.superuserPassword = password(random);
        this.replicationPassword = password(random);
    }

    /** Writes the configuration of a new cluster; starts nothing. */
    static DemoCluster prepare(Path launchers) throws DemoException, InterruptedException {
        Account account = Account.choose();
        Path postgres = PostgresPrograms.directory(account);
        var random = new SecureRandom();
        try {
            Path directory = Files.createTempDirectory(temporaryFiles(), "matriarch-demo-");
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
            Path bin = account.canRead(launchers.resolve("patroni")) ? launchers : copyPrograms(launchers, directory);
            Ports[] ports = Ports.free(NODES, random);
            List<DemoNode> nodes = new ArrayList<>();
            for (int i = 0; i < NODES; i++) {
                String name = "node" + (i + 1);
                nodes.add(new DemoNode(name, ports[i], Files.createDirectory(directory.resolve(name))));
            }
            var cluster = new DemoCluster(account, bin, directory, nodes, random);
            for (DemoNode node : nodes) {
                writeSecret(node.configuration(), cluster.configuration(node, postgres));
            }
            writeSecret(cluster.passwordFile(), "127.0.0.1:*:*:" + SUPERUSER + ":" + cluster.superuserPassword + "\n");
            account.own(directory);
            return cluster;
        } catch (IOException e) {
            throw new DemoException("cannot write the demo's files: " + e, e);
        }
    }

    private static Path temporaryFiles() {
        String named = System.getenv("TMPDIR");
        return Path.of(named == null || named.isEmpty() ? "/tmp" : named);
    }

    /** Launchers and programs where an unprivileged account can read them; a checkout may lie in a private home. */
    private static Path copyPrograms(Path launchers, Path directory) throws IOException {
        Path root = directory.resolve("programs");
        Path installed = Path.of("distribution", "target", "matriarch");
        copyTree(launchers, root.resolve("bin"));
        copyTree(launchers.resolveSibling(installed), root.resolve(installed));
        return root.resolve("bin");
    }

    private static void copyTree(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) throws IOException {
                Files.createDirectories(to.resolve(from.relativize(dir)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                // The time stamps stay: the AOT cache is checked against those of the jars.
                Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private String configuration(DemoNode node, Path postgres) {
        String members = nodes.stream()
                .map(member -> "    %s: %d@127.0.0.1:%d:%d:%d"
                        .formatted(
                                member.name(),
                                nodes.indexOf(member) + 1,
                                member.ports().storeClient(),
                                member.ports().storePeer(),
                                member.ports().storeElection()))
                .collect(Collectors.joining("\n"));
        return """
            scope: %1$s
            name: %2$s
            restapi:
              listen: 127.0.0.1:%3$d
              connect_address: 127.0.0.1:%3$d
            embedded:
              data_dir: %4$s/store
              members:
            %5$s
            bootstrap:
              dcs:
                ttl: 20
                loop_wait: 1
                retry_timeout: 3
                synchronous_mode: true
                postgresql:
                  use_pg_rewind: true
                  parameters:
                    max_connections: 50
                    shared_buffers: 32MB
              initdb:
              - encoding: UTF8
              - data-checksums
              pg_hba:
              - local all all scram-sha-256
              - host all all 127.0.0.1/32 scram-sha-256
              - host replication all 127.0.0.1/32 scram-sha-256
            postgresql:
              listen: 127.0.0.1:%6$d
              connect_address: 127.0.0.1:%6$d
              data_dir: %4$s/data
              bin_dir: %7$s
              pgpass: %4$s/pgpass
              authentication:
                superuser:
                  username: %8$s
                  password: %9$s
                replication:
                  username: replicator
                  password: %10$s
              parameters:
                unix_socket_directories: %4$s
            matriarch:
              fence:
                directory: %4$s
            """.formatted(
                        SCOPE,
                        node.name(),
                        node.ports().rest(),
                        node.directory(),
                        members,
                        node.ports().postgres(),
                        postgres,
                        SUPERUSER,
                        superuserPassword,
                        replicationPassword);
    }

    private static String password(SecureRandom random) {
        var bytes = new byte[16];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static void writeSecret(Path file, String text) throws IOException {
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, text);
    }

    List<DemoNode> nodes() {
        return nodes;
    }

    Path directory() {
        return directory;
    }

    Path bin() {
        return bin;
    }

    DemoNode node(String name) {
        return nodes.stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** In the format of libpq and pgjdbc; only its owner can read it. */
    Path passwordFile() {
        return directory.resolve("passwords");
    }

    /** Multi-host connection string for psql that leads to the primary. */
    String conninfo() {
        String hosts = nodes.stream().map(_ -> "127.0.0.1").collect(Collectors.joining(","));
        String ports = nodes.stream()
                .map(node -> Integer.toString(node.ports().postgres()))
                .collect(Collectors.joining(","));
        return "host=" + hosts + " port=" + ports + " user=" + SUPERUSER + " dbname=postgres passfile=" + passwordFile()
                + " target_session_attrs=read-write";
    }

    /** The same for a client in this process. */
    List<Endpoint> endpoints() {
        return nodes.stream().map(DemoCluster::endpoint).toList();
    }

    static Endpoint endpoint(DemoNode node) {
        return new Endpoint(node.name(), "127.0.0.1", node.ports().postgres());
    }

    /** How the superuser logs in. */
    Sessions sessions() {
        var login = new Properties();
        login.setProperty("user", SUPERUSER);
        login.setProperty("password", superuserPassword);
        return new Sessions(login, "postgres", Sessions.Limits.NETWORK);
    }

    void start() throws DemoException {
        for (DemoNode node : nodes) {
            start(node);
        }
    }

    void start(DemoNode node) throws DemoException {
        if (!closed) {
            node.start(account, bin);
        }
    }

    /** Stops all nodes, with force where asking does not help, and removes every file. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        try {
            nodes.forEach(DemoNode::askToStop);
            long end = System.nanoTime() + STOP_LIMIT.toNanos();
            for (DemoNode node : nodes) {
                if (!node.awaitStop(Duration.ofNanos(Math.max(0, end - System.nanoTime())))) {
                    node.kill();
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            endFences();
            delete();
        }
    }

    /** They end by themselves a while after their server; nobody should have to wait for that. */
    private void endFences() {
        ProcessHandle.allProcesses()
                .filter(process -> process.info().arguments().stream()
                        .flatMap(Arrays::stream)
                        .anyMatch(argument -> argument.startsWith(directory + "/")))
                .forEach(ProcessHandle::destroyForcibly);
    }

    private void delete() {
        for (int attempt = 0; attempt < 3 && Files.exists(directory); attempt++) {
            try {
                Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                        Files.deleteIfExists(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException e) {
                        return FileVisitResult.CONTINUE; // went away by itself: a socket or a lock file
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(Path dir, IOException e) throws IOException {
                        Files.deleteIfExists(dir);
                        return FileVisitResult.CONTINUE;
                    }
                });
            } catch (IOException e) {
                if (attempt == 2) {
                    System.err.println("demo: could not remove all of " + directory + ": " + e);
                }
            }
        }
    }
}

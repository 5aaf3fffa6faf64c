package io.matriarch.agent.fence;

import io.matriarch.model.config.FenceSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/** Where the fence's program and its socket are. */
public final class FenceLocation {

    /** Of {@code sockaddr_un}, with the terminating zero. */
    private static final int SOCKET_PATH_LIMIT = 108;

    private FenceLocation() {}

    /**
     * The program: named by the system property {@code matriarch.fence}, else {@code libexec/matriarch-fence} in the
     * directory of the programs, which the launchers say. Where our classes lie is no help: those that come from an AOT cache
     * made elsewhere do not know it.
     */
    public static Optional<Path> program() {
        String named = System.getProperty("matriarch.fence");
        if (named != null) {
            return Optional.of(Path.of(named)).filter(Files::isExecutable);
        }
        return Optional.ofNullable(System.getProperty("matriarch.home"))
                .map(home -> Path.of(home, "libexec", "matriarch-fence"))
                .filter(Files::isExecutable);
    }

    /**
     * The socket of the fence for one data directory: every agent that ever runs this directory finds the same one.
     *
     * @throws IOException when no directory can be used; the message names it
     */
    public static Path socket(FenceSettings settings, Path dataDirectory, Map<String, String> environment)
            throws IOException {
        Path directory = directory(settings, environment);
        Path socket = directory.resolve("fence-" + digest(dataDirectory) + ".sock");
        if (socket.toString().getBytes(StandardCharsets.UTF_8).length >= SOCKET_PATH_LIMIT) {
            throw new IOException("the path of the fence's socket is too long for a socket: " + socket
                    + "; set matriarch.fence.directory to a shorter one");
        }
        return socket;
    }

    private static Path directory(FenceSettings settings, Map<String, String> environment) throws IOException {
        if (settings.directory() != null) {
            return Path.of(settings.directory());
        }
        String runtime = environment.get("RUNTIME_DIRECTORY");
        if (runtime != null && !runtime.isEmpty()) {
            int colon = runtime.indexOf(':');
            return Path.of(colon < 0 ? runtime : runtime.substring(0, colon));
        }
        Path shared = Path.of("/tmp/matriarch-" + System.getProperty("user.name"));
        if (!Files.isDirectory(shared, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectory(
                    shared, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        String owner = Files.getOwner(shared, LinkOption.NOFOLLOW_LINKS).getName();
        if (!owner.equals(System.getProperty("user.name"))) {
            throw new IOException(
                    shared + " belongs to " + owner + "; set matriarch.fence.directory to a directory of our own");
        }
        return shared;
    }

    private static String digest(Path dataDirectory) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(dataDirectory
                            .toAbsolutePath()
                            .normalize()
                            .toString()
                            .getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}

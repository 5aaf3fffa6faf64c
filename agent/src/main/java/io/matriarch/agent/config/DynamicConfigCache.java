package io.matriarch.agent.config;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@link KeptConfig} in the file {@code patroni.dynamic.json} of the data directory. */
public final class DynamicConfigCache implements KeptConfig {

    private static final String NAME = "patroni.dynamic.json";

    /** Above what any store takes as one value. */
    private static final int MAX_BYTES = 4_000_000;

    private static final System.Logger LOG = System.getLogger("patroni.config");

    private final Path directory;
    private @Nullable DynamicConfig saved;

    public DynamicConfigCache(Path dataDirectory) {
        this.directory = dataDirectory;
    }

    @Override
    public Optional<DynamicConfig> read() {
        Path file = directory.resolve(NAME);
        if (!Files.isExecutable(directory)) {
            return Optional.empty(); // no directory, or not ours to enter: the cycle says so
        }
        try (InputStream in = Files.newInputStream(file)) {
            String text = new String(in.readNBytes(MAX_BYTES), StandardCharsets.UTF_8);
            Optional<DynamicConfig> found = Json.parseObject(text).map(DynamicConfig::new);
            if (found.isEmpty()) {
                LOG.log(System.Logger.Level.ERROR, "Exception when loading file: " + file + " is not a JSON object");
            }
            saved = found.orElse(null);
            return found;
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.ERROR, "Exception when loading file: " + file, e);
            return Optional.empty();
        }
    }

    @Override
    public void save(DynamicConfig config) {
        if (config.equals(saved) || !Files.isDirectory(directory)) {
            return;
        }
        try {
            replace(Json.spaced(config.document()));
            saved = config;
        } catch (IOException e) {
            LOG.log(System.Logger.Level.ERROR, "Exception when saving file: " + directory.resolve(NAME), e);
        }
    }

    /** A reader sees the old or the new content, also after a crash. */
    private void replace(String text) throws IOException {
        Path written = Files.createTempFile(directory, NAME, "");
        try {
            try (var channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.setPosixFilePermissions(written, PosixFilePermissions.fromString(mode()));
            Files.move(written, directory.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(written);
        }
    }

    private String mode() throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(directory);
        boolean groupMayRead = permissions.contains(PosixFilePermission.GROUP_READ)
                && permissions.contains(PosixFilePermission.GROUP_EXECUTE);
        return groupMayRead ? "rw-r-----" : "rw-------";
    }
}

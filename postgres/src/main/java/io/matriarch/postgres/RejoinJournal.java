package io.matriarch.postgres;

import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.model.TimeSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Remembers on disk that the data directory is being rewritten, so that an agent that is killed meanwhile does not
 * start the half of it afterwards.
 *
 * <p>The mark is {@code <data_dir>.rejoin}, beside the data directory: {@code pg_basebackup} wants that empty, and
 * {@code pg_rewind} removes from it what the source does not have, in the middle of its work. Where the parent is not
 * ours to write, the mark lies beside the password file. It is durable before the first byte changes, and goes only
 * after the last one is on disk. Without any mark, what {@code pg_basebackup} itself leaves behind counts: it renames
 * {@code backup_manifest.tmp} as its last action.
 */
final class RejoinJournal {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.bootstrap");

    private final Supplier<Path> dataDirectory;
    private final Supplier<Path> passwordFile;
    private final TimeSource time;

    RejoinJournal(Supplier<Path> dataDirectory, Supplier<Path> passwordFile, TimeSource time) {
        this.dataDirectory = dataDirectory;
        this.passwordFile = passwordFile;
        this.time = time;
    }

    /**
     * Leaves the mark. Ends what an interrupted step before may have left running.
     *
     * @throws UncheckedIOException when it cannot be made durable anywhere; the step must not begin then
     */
    void begin(InterruptedRejoin.Step step, String source) {
        if (interrupted().isPresent()) {
            Leftovers.end(dataDirectory.get());
        }
        var mark = new JsonObject();
        mark.addProperty("step", step.name().toLowerCase(Locale.ROOT));
        mark.addProperty("source", source);
        mark.addProperty("started_at", time.wallClock().toString());
        List<Path> places = places();
        for (int i = 0; ; i++) {
            try {
                write(places.get(i), Json.spaced(mark) + "\n");
                return;
            } catch (IOException e) {
                if (i + 1 == places.size()) {
                    throw new UncheckedIOException(e);
                }
                LOG.log(Level.DEBUG, "{0} cannot be written: {1}", places.get(i), e.toString());
            }
        }
    }

    /** Takes the mark away: the data directory is whole, or gone. */
    void clear() {
        for (Path place : places()) {
            try {
                if (Files.deleteIfExists(place)) {
                    syncDirectory(place);
                }
            } catch (IOException e) {
                // the next start finds the mark and does the step again, which is safe
                LOG.log(Level.WARNING, "Could not remove {0}: {1}", place, e.toString());
            }
        }
    }

    /** The step that did not come to its end; while one is under way, that one. */
    Optional<InterruptedRejoin> interrupted() {
        for (Path place : places()) {
            try {
                return Optional.of(parse(Files.readString(place)));
            } catch (NoSuchFileException _) {
                // the usual case
            } catch (IOException e) {
                LOG.log(Level.WARNING, "Could not read {0}: {1}", place, e.toString());
                return Optional.of(unreadable());
            }
        }
        Path unfinished = dataDirectory.get().resolve("backup_manifest.tmp");
        return Files.exists(unfinished)
                ? Optional.of(new InterruptedRejoin(InterruptedRejoin.Step.CLONE, "", Instant.EPOCH))
                : Optional.empty();
    }

    private static InterruptedRejoin parse(String text) {
        JsonObject mark = Json.parseObject(text).orElseGet(JsonObject::new);
        try {
            return new InterruptedRejoin(
                    InterruptedRejoin.Step.valueOf(
                            Json.string(mark, "step").orElse("").toUpperCase(Locale.ROOT)),
                    Json.string(mark, "source").orElse(""),
                    Instant.parse(Json.string(mark, "started_at").orElse("")));
        } catch (IllegalArgumentException | DateTimeException _) {
            return unreadable();
        }
    }

    /** A mark that says nothing still says that something was begun; a clone mends whatever it was. */
    private static InterruptedRejoin unreadable() {
        return new InterruptedRejoin(InterruptedRejoin.Step.CLONE, "", Instant.EPOCH);
    }

    private List<Path> places() {
        return List.of(beside(dataDirectory.get()), beside(passwordFile.get()));
    }

    private static Path beside(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        return absolute.resolveSibling(absolute.getFileName() + ".rejoin");
    }

    private static void write(Path place, String text) throws IOException {
        Path temporary = place.resolveSibling(place.getFileName() + ".new");
        try (var channel = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer content = StandardCharsets.UTF_8.encode(text);
            while (content.hasRemaining()) {
                channel.write(content);
            }
            channel.force(true);
        }
        Files.move(temporary, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        syncDirectory(place);
    }

    private static void syncDirectory(Path entry) throws IOException {
        try (var directory = FileChannel.open(entry.resolveSibling("."), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }
}

package io.matriarch.agent.journal;

import io.matriarch.agent.cycle.Journal;
import io.matriarch.engine.Situation;
import io.matriarch.engine.Verdict;
import io.matriarch.model.JournalEntry;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.JournalSettings;
import java.io.IOException;
import java.io.Writer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The journal as a file of JSON lines beside the data directory, so that a new clone does not take it away. The cycle's
 * thread puts entries into a bounded queue and never waits; a thread of its own writes them. When the file has half of the
 * allowed size it becomes the older half, and the older half before it is gone.
 *
 * <p>Nothing is forced to disk: an entry survives the end of the process, not that of the host.
 */
public final class FileJournal implements Journal, AutoCloseable {

    private static final Logger LOG = System.getLogger("patroni.ha");
    /** Entries are rare; a disk that hangs for minutes costs the newest of them. */
    private static final int WAITING = 500;

    /** What others get: hours of a troubled cluster, months of a healthy one. */
    private static final int RECENT_BYTES = 256 << 10;

    private static final Duration LAST_ENTRIES = Duration.ofSeconds(2);
    private static final Duration TAKE = Duration.ofMillis(500);

    private final List<Path> places;
    private final long half;
    private final TimeSource time;
    private final ArrayBlockingQueue<JournalEntry> queue = new ArrayBlockingQueue<>(WAITING);
    private final Thread thread;
    private volatile boolean closing;

    // the cycle's own
    private final Story story;
    private int lost;

    // the writer's own
    private volatile @Nullable Path place;
    private boolean complained;

    /**
     * A journal that is not started.
     *
     * @param places where the file may be, the best first
     * @param bytes what both halves may take together
     */
    public FileJournal(String member, List<Path> places, long bytes, TimeSource time) {
        this.places = List.copyOf(places);
        this.half = Math.max(bytes / 2, 1);
        this.time = time;
        this.story = new Story(member);
        this.thread = Thread.ofPlatform().name("journal").daemon().unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    @Override
    public void record(Verdict verdict, Situation situation) {
        story.tell(verdict, situation).ifPresent(this::add);
    }

    @Override
    public void event(String text) {
        add(story.event(time.wallClock(), text));
    }

    private void add(JournalEntry entry) {
        if (queue.offer(entry.withCounts(entry.repeated(), lost))) {
            lost = 0;
        } else {
            lost++;
        }
    }

    @Override
    public String recent() {
        Path file = place;
        if (file == null) { // nothing was written yet: what predecessors left
            file = places.stream().filter(Files::exists).findFirst().orElse(null);
        }
        if (file == null) {
            return "";
        }
        String newer = tail(file, RECENT_BYTES);
        int left = RECENT_BYTES - newer.length();
        return left <= 0 ? newer : tail(JournalSettings.older(file), left) + newer;
    }

    /** The last whole lines of a file. */
    private static String tail(Path file, int bytes) {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long begin = Math.max(channel.size() - bytes, 0);
            channel.position(begin);
            String text = new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
            return begin == 0 ? text : text.substring(text.indexOf('\n') + 1);
        } catch (IOException _) {
            return "";
        }
    }

    /** Writes what is waiting, within a limit. */
    @Override
    public void close() {
        closing = true;
        try {
            thread.join(LAST_ENTRIES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (true) {
                JournalEntry entry = queue.poll(TAKE.toMillis(), TimeUnit.MILLISECONDS);
                if (entry != null) {
                    write(entry.toJson());
                } else if (closing) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(String line) {
        Path known = place;
        for (Path candidate : known == null ? places : List.of(known)) {
            try {
                append(candidate, line);
                place = candidate;
                return;
            } catch (IOException | RuntimeException e) {
                place = null;
                if (!complained && candidate.equals(places.getLast())) {
                    complained = true;
                    LOG.log(Level.WARNING, "The journal of decisions cannot be written: {0}", e.toString());
                }
            }
        }
    }

    private void append(Path file, String line) throws IOException {
        if (Files.exists(file) && Files.size(file) >= half) {
            Files.move(file, JournalSettings.older(file), StandardCopyOption.REPLACE_EXISTING);
        }
        try (Writer writer = Files.newBufferedWriter(
                file, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            writer.write(line + "\n");
        }
    }
}

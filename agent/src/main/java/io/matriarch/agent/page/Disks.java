package io.matriarch.agent.page;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * How much room is left where data and WAL of this node lie. A disk that hangs does not answer: a thread of its own asks,
 * one at a time, and what it heard last is shown with its age.
 */
final class Disks {

    private final Path data;
    private final TimeSource time;
    private final AtomicBoolean asking = new AtomicBoolean();
    private volatile Answer answer;

    private record Disk(String holds, long freeBytes, long sizeBytes) {}

    private record Answer(List<Disk> disks, MonotonicTime at) {}

    Disks(Path data, TimeSource time) {
        this.data = data;
        this.time = time;
        this.answer = new Answer(List.of(), time.now());
    }

    /** Asks again in the background, unless the last question has no answer yet. */
    void ask() {
        if (asking.compareAndSet(false, true)) {
            Thread.ofPlatform().name("page-disk").daemon().start(() -> {
                try {
                    answer = new Answer(look(), time.now());
                } finally {
                    asking.set(false);
                }
            });
        }
    }

    private List<Disk> look() {
        var found = new ArrayList<Disk>();
        try {
            FileStore main = Files.getFileStore(data);
            found.add(disk("data", main));
            Path wal = data.resolve("pg_wal");
            if (Files.exists(wal)) {
                FileStore second = Files.getFileStore(wal.toRealPath());
                if (!second.equals(main)) {
                    found.add(disk("WAL", second));
                }
            }
        } catch (IOException _) {
            // not there yet, or not ours to read
        }
        return found;
    }

    private static Disk disk(String holds, FileStore store) throws IOException {
        return new Disk(holds, store.getUsableSpace(), store.getTotalSpace());
    }

    JsonArray document(MonotonicTime now) {
        Answer latest = answer;
        var list = new JsonArray();
        for (Disk disk : latest.disks) {
            var o = new JsonObject();
            o.addProperty("holds", disk.holds);
            o.addProperty("free_bytes", disk.freeBytes);
            o.addProperty("size_bytes", disk.sizeBytes);
            o.addProperty("age_ms", now.since(latest.at).toMillis());
            list.add(o);
        }
        return list;
    }
}

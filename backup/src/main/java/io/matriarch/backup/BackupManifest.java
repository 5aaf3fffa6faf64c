package io.matriarch.backup;

import com.google.gson.stream.JsonReader;
import io.matriarch.model.Lsn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What we need of PostgreSQL's {@code backup_manifest} (manual, "Backup Manifest Format"). It has an entry for each file of
 * the data directory, so it is read as a stream.
 *
 * @param timeline on which the backup ends
 * @param dataBytes sum of the files
 */
public record BackupManifest(int timeline, Lsn start, Lsn stop, long dataBytes) {

    /** @throws IOException also when it is not a manifest */
    public static BackupManifest read(Path file) throws IOException {
        long bytes = 0;
        int timeline = 0;
        Lsn start = Lsn.NONE;
        Lsn stop = Lsn.NONE;
        try (var reader = new JsonReader(Files.newBufferedReader(file, StandardCharsets.UTF_8))) {
            reader.beginObject();
            while (reader.hasNext()) {
                switch (reader.nextName()) {
                    case "Files" -> {
                        reader.beginArray();
                        while (reader.hasNext()) {
                            bytes += size(reader);
                        }
                        reader.endArray();
                    }
                    case "WAL-Ranges" -> {
                        reader.beginArray();
                        while (reader.hasNext()) {
                            BackupManifest range = range(reader);
                            timeline = Math.max(timeline, range.timeline);
                            boolean first = !start.isKnown() || start.isAfter(range.start);
                            start = first ? range.start : start;
                            stop = Lsn.max(stop, range.stop);
                        }
                        reader.endArray();
                    }
                    default -> reader.skipValue();
                }
            }
        } catch (IllegalStateException e) {
            throw new IOException(file + " is no backup manifest: " + e.getMessage(), e);
        }
        if (timeline == 0 || !start.isKnown() || !stop.isKnown()) {
            throw new IOException(file + " does not say which WAL the backup needs");
        }
        return new BackupManifest(timeline, start, stop, bytes);
    }

    private static long size(JsonReader reader) throws IOException {
        long size = 0;
        reader.beginObject();
        while (reader.hasNext()) {
            if (reader.nextName().equals("Size")) {
                size = reader.nextLong();
            } else {
                reader.skipValue();
            }
        }
        reader.endObject();
        return size;
    }

    private static BackupManifest range(JsonReader reader) throws IOException {
        int timeline = 0;
        Lsn start = Lsn.NONE;
        Lsn stop = Lsn.NONE;
        reader.beginObject();
        while (reader.hasNext()) {
            switch (reader.nextName()) {
                case "Timeline" -> timeline = reader.nextInt();
                case "Start-LSN" -> start = Lsn.parse(reader.nextString()).orElse(Lsn.NONE);
                case "End-LSN" -> stop = Lsn.parse(reader.nextString()).orElse(Lsn.NONE);
                default -> reader.skipValue();
            }
        }
        reader.endObject();
        return new BackupManifest(timeline, start, stop, 0);
    }
}

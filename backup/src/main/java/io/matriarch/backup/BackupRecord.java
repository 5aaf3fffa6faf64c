package io.matriarch.backup;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.model.Lsn;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * What is known of a base backup; {@code backup.json} beside its files. It is written last: a directory without it is no
 * backup.
 *
 * @param label names the backup and its directory; later backups sort behind
 * @param member from which it was taken
 * @param serverVersion of PostgreSQL, {@code 150004} style
 * @param timeline on which it ends
 * @param start where recovery from it begins to read WAL
 * @param stop from where on it is consistent
 * @param finishedAt after {@code stop} was written
 * @param segmentBytes size of a segment of WAL
 * @param dataBytes size of the data directory
 * @param checked whether {@code pg_verifybackup} has found it whole
 * @param files with their checksums
 */
public record BackupRecord(
        String label,
        String member,
        String systemIdentifier,
        int serverVersion,
        int timeline,
        Lsn start,
        Lsn stop,
        Instant startedAt,
        Instant finishedAt,
        long segmentBytes,
        long dataBytes,
        boolean checked,
        List<StoredFile> files) {

    /**
     * A file of the backup.
     *
     * @param sha256 in lower case
     */
    public record StoredFile(String name, long bytes, String sha256) {}

    public BackupRecord {
        files = List.copyOf(files);
    }

    /** The first segment that is needed from the archive. */
    public WalName.Segment firstSegment() {
        return WalName.Segment.at(timeline, start, segmentBytes);
    }

    /** The segment with which the backup becomes consistent. */
    public WalName.Segment lastSegment() {
        return WalName.Segment.at(timeline, new Lsn(stop.bytes() - 1), segmentBytes);
    }

    /** Size in the repository. */
    public long storedBytes() {
        return files.stream().mapToLong(StoredFile::bytes).sum();
    }

    /** The text to write. */
    public String toJson() {
        return Json.spaced(json()) + "\n";
    }

    /** As an object, with what it needs from the archive. */
    public JsonObject json() {
        var o = new JsonObject();
        o.addProperty("format", 1);
        o.addProperty("label", label);
        o.addProperty("member", member);
        o.addProperty("system_identifier", systemIdentifier);
        o.addProperty("server_version", serverVersion);
        o.addProperty("timeline", timeline);
        o.addProperty("start_lsn", start.toString());
        o.addProperty("stop_lsn", stop.toString());
        o.addProperty("started_at", startedAt.toString());
        o.addProperty("finished_at", finishedAt.toString());
        o.addProperty("wal_segment_size", segmentBytes);
        o.addProperty("data_bytes", dataBytes);
        o.addProperty("checked", checked);
        o.addProperty("first_wal", firstSegment().text());
        o.addProperty("last_wal", lastSegment().text());
        var list = new JsonArray();
        for (StoredFile file : files) {
            var entry = new JsonObject();
            entry.addProperty("name", file.name());
            entry.addProperty("bytes", file.bytes());
            entry.addProperty("sha256", file.sha256());
            list.add(entry);
        }
        o.add("files", list);
        return o;
    }

    /** Reads it; empty when it is not what we wrote. */
    public static Optional<BackupRecord> parse(String text) {
        JsonObject o = Json.parseObject(text).orElse(null);
        if (o == null || Json.integer(o, "format").orElse(0L) != 1) {
            return Optional.empty();
        }
        var files = new ArrayList<StoredFile>();
        if (o.get("files") instanceof JsonArray list) {
            for (JsonElement element : list) {
                if (element instanceof JsonObject file) {
                    files.add(new StoredFile(
                            Json.string(file, "name").orElse(""),
                            Json.integer(file, "bytes").orElse(0L),
                            Json.string(file, "sha256").orElse("")));
                }
            }
        }
        try {
            return Optional.of(new BackupRecord(
                    Json.string(o, "label").orElseThrow(),
                    Json.string(o, "member").orElse(""),
                    Json.string(o, "system_identifier").orElseThrow(),
                    Json.integer(o, "server_version").orElseThrow().intValue(),
                    Json.integer(o, "timeline").orElseThrow().intValue(),
                    lsn(o, "start_lsn"),
                    lsn(o, "stop_lsn"),
                    Instant.parse(Json.string(o, "started_at").orElseThrow()),
                    Instant.parse(Json.string(o, "finished_at").orElseThrow()),
                    Json.integer(o, "wal_segment_size").orElseThrow(),
                    Json.integer(o, "data_bytes").orElse(0L),
                    Json.bool(o, "checked").orElse(false),
                    files));
        } catch (DateTimeParseException | NoSuchElementException _) {
            return Optional.empty();
        }
    }

    private static Lsn lsn(JsonObject o, String field) {
        return Json.string(o, field).flatMap(Lsn::parse).orElseThrow();
    }
}

package io.matriarch.postgres;

import io.matriarch.model.Lsn;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Reads {@code global/pg_control} as PostgreSQL 13 to 18 write it ({@code catalog/pg_control.h}). {@code pg_controldata} takes
 * some 10 ms of a processor that PostgreSQL needs while it stops, crashes or starts; this takes a tenth of one.
 *
 * <p>Nothing is believed unless the number of the layout is one that we know, the checksum fits, and the floating-point
 * number that PostgreSQL puts there for this purpose reads as it should on this machine: a file that is just being written,
 * damaged, or of a later version gives nothing, and the program is asked.
 */
final class ControlFile {

    /** All that we read, and the checksum, stands before. PostgreSQL itself promises that 512 bytes are enough. */
    private static final int LENGTH = 512;

    private static final int VERSION = 8;
    private static final int STATE = 16;
    private static final int CHECKPOINT = 32;
    private static final int REDO = 40;
    private static final int CHECKPOINT_TIMELINE = 48;
    private static final int MIN_RECOVERY = 136;
    private static final int MIN_RECOVERY_TIMELINE = 144;
    private static final int BACKUP_START = 152;
    private static final int BACKUP_END = 160;
    private static final int BACKUP_END_REQUIRED = 168;
    private static final int WAL_LOG_HINTS = 176;
    private static final int MAX_CONNECTIONS = 180;
    private static final int MAX_WORKER_PROCESSES = 184;
    private static final int MAX_WAL_SENDERS = 188;
    private static final int MAX_PREPARED_TRANSACTIONS = 192;
    private static final int MAX_LOCKS = 196;
    private static final int FLOAT_FORMAT = 208;
    private static final int SEGMENT_BYTES = 228;
    private static final int CHECKSUM_VERSION = 252;

    private static final double FLOAT_FORMAT_VALUE = 1234567.0;

    /** {@code DBState}, as {@code pg_controldata} prints it. */
    private static final List<String> STATES = List.of(
            "starting up",
            "shut down",
            "shut down in recovery",
            "shutting down",
            "in crash recovery",
            "in archive recovery",
            "in production");

    private ControlFile() {}

    /** Empty when it cannot be read, or not by us. */
    static Optional<ControlData> read(Path dataDirectory) {
        try (InputStream in = Files.newInputStream(dataDirectory.resolve("global/pg_control"))) {
            return parse(in.readNBytes(LENGTH));
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    static Optional<ControlData> parse(byte[] bytes) {
        if (bytes.length < LENGTH) {
            return Optional.empty();
        }
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        int checksumAt = checksumAt(file.getInt(VERSION));
        int state = file.getInt(STATE);
        boolean usable = checksumAt > 0
                && file.getInt(checksumAt) == checksum(bytes, checksumAt)
                && file.getDouble(FLOAT_FORMAT) == FLOAT_FORMAT_VALUE
                && file.getInt(SEGMENT_BYTES) > 0
                && state >= 0
                && state < STATES.size();
        return usable ? Optional.of(content(file)) : Optional.empty();
    }

    /** Where the checksum of all before it stands; 0: a layout that we do not know. */
    private static int checksumAt(int version) {
        return switch (version) {
            case 1300, 1700 -> 288;
            case 1800 -> 292; // one flag more
            default -> 0;
        };
    }

    private static int checksum(byte[] bytes, int length) {
        var crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }

    /** With the labels of {@code pg_controldata}. */
    private static ControlData content(ByteBuffer file) {
        int timeline = file.getInt(CHECKPOINT_TIMELINE);
        int segmentBytes = file.getInt(SEGMENT_BYTES);
        var fields = new LinkedHashMap<String, String>();
        fields.put("pg_control version number", Integer.toString(file.getInt(VERSION)));
        fields.put("Database system identifier", Long.toUnsignedString(file.getLong(0)));
        fields.put("Database cluster state", STATES.get(file.getInt(STATE)));
        fields.put("Latest checkpoint location", lsn(file, CHECKPOINT));
        fields.put("Latest checkpoint's REDO location", lsn(file, REDO));
        fields.put("Latest checkpoint's REDO WAL file", segment(timeline, file.getLong(REDO), segmentBytes));
        fields.put("Latest checkpoint's TimeLineID", Integer.toString(timeline));
        fields.put("Minimum recovery ending location", lsn(file, MIN_RECOVERY));
        fields.put("Min recovery ending loc's timeline", Integer.toString(file.getInt(MIN_RECOVERY_TIMELINE)));
        fields.put("Backup start location", lsn(file, BACKUP_START));
        fields.put("Backup end location", lsn(file, BACKUP_END));
        fields.put("End-of-backup record required", file.get(BACKUP_END_REQUIRED) == 0 ? "no" : "yes");
        fields.put("wal_log_hints setting", file.get(WAL_LOG_HINTS) == 0 ? "off" : "on");
        fields.put("max_connections setting", Integer.toString(file.getInt(MAX_CONNECTIONS)));
        fields.put("max_worker_processes setting", Integer.toString(file.getInt(MAX_WORKER_PROCESSES)));
        fields.put("max_wal_senders setting", Integer.toString(file.getInt(MAX_WAL_SENDERS)));
        fields.put("max_prepared_xacts setting", Integer.toString(file.getInt(MAX_PREPARED_TRANSACTIONS)));
        fields.put("max_locks_per_xact setting", Integer.toString(file.getInt(MAX_LOCKS)));
        fields.put("Bytes per WAL segment", Integer.toString(segmentBytes));
        fields.put("Data page checksum version", Integer.toString(file.getInt(CHECKSUM_VERSION)));
        return new ControlData(fields);
    }

    private static String lsn(ByteBuffer file, int at) {
        return new Lsn(file.getLong(at)).toString();
    }

    private static String segment(int timeline, long position, int segmentBytes) {
        long perLog = (1L << 32) / segmentBytes;
        long number = position / segmentBytes;
        return String.format(Locale.ROOT, "%08X%08X%08X", timeline, number / perLog, number % perLog);
    }
}

package io.matriarch.backup;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.zip.CRC32C;

/**
 * Gives a copy of a cluster an identity of its own, as {@code pg_createsubscriber} of PostgreSQL 17 does: the identifier in
 * {@code pg_control} is replaced; afterwards {@code pg_resetwal} must begin new WAL, because the pages of the old one carry
 * the old identifier. Only for a server that was shut down in an orderly way.
 *
 * <p>The layout of {@code pg_control} differs between versions, but the identifier always comes first and the CRC-32C is
 * always that of everything before it; so the place of the CRC is found by computing.
 */
public final class SystemIdentity {

    /** {@code PG_CONTROL_MAX_SAFE_SIZE}: nothing that counts lies behind. */
    private static final int SAFE_BYTES = 512;

    private SystemIdentity() {}

    /** The identifier of a data directory as PostgreSQL prints it. */
    public static String read(Path dataDirectory) throws IOException {
        byte[] control = Files.readAllBytes(file(dataDirectory));
        return Long.toUnsignedString(
                ByteBuffer.wrap(control).order(ByteOrder.nativeOrder()).getLong(0));
    }

    /** A new identifier, made as PostgreSQL does: seconds, microseconds, 12 bits of the process id. */
    public static String fresh(Instant now, long pid) {
        long identifier = now.getEpochSecond() << 32;
        identifier |= (long) (now.getNano() / 1000) << 12;
        return Long.toUnsignedString(identifier | (pid & 0xFFF));
    }

    /** Writes an identifier; the file is on the disk afterwards. */
    public static void write(Path dataDirectory, String identifier) throws IOException {
        Path file = file(dataDirectory);
        byte[] control = Files.readAllBytes(file);
        int place = placeOfChecksum(control);
        ByteBuffer bytes = ByteBuffer.wrap(control).order(ByteOrder.nativeOrder());
        bytes.putLong(0, Long.parseUnsignedLong(identifier));
        bytes.putInt(place, checksum(control, place));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            // one sector, which disks write as a whole
            channel.write(ByteBuffer.wrap(control, 0, SAFE_BYTES), 0);
            channel.force(true);
        }
    }

    private static int placeOfChecksum(byte[] control) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(control).order(ByteOrder.nativeOrder());
        for (int place = 64; place + 4 <= Math.min(control.length, SAFE_BYTES); place += 4) {
            if (bytes.getInt(place) == checksum(control, place)) {
                return place;
            }
        }
        throw new IOException("pg_control is damaged: its checksum fits nowhere");
    }

    private static int checksum(byte[] control, int length) {
        var crc = new CRC32C();
        crc.update(control, 0, length);
        return (int) crc.getValue();
    }

    private static Path file(Path dataDirectory) {
        return dataDirectory.resolve("global").resolve("pg_control");
    }
}

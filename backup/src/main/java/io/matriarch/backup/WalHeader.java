package io.matriarch.backup;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What the first page of a segment says about the cluster that wrote it: {@code XLogLongPageHeaderData} in PostgreSQL's
 * {@code xlog_internal.h}, which has had this layout since version 9.3.
 *
 * @param systemIdentifier as PostgreSQL prints it
 * @param segmentBytes size of a segment
 */
public record WalHeader(String systemIdentifier, long segmentBytes) {

    private static final int LENGTH = 36;
    private static final int INFO = 2;
    private static final int SYSTEM_IDENTIFIER = 24;
    private static final int SEGMENT_SIZE = 32;
    private static final int LONG_HEADER = 0x0002;

    /** Reads it; empty for a file that does not begin like a segment. */
    public static Optional<WalHeader> read(Path segment) throws IOException {
        try (InputStream in = Files.newInputStream(segment)) {
            return read(in.readNBytes(LENGTH));
        }
    }

    static Optional<WalHeader> read(byte[] begin) {
        if (begin.length < LENGTH) {
            return Optional.empty();
        }
        ByteBuffer page = ByteBuffer.wrap(begin).order(ByteOrder.nativeOrder());
        if ((page.getShort(INFO) & LONG_HEADER) == 0) {
            return Optional.empty();
        }
        return Optional.of(new WalHeader(
                Long.toUnsignedString(page.getLong(SYSTEM_IDENTIFIER)),
                Integer.toUnsignedLong(page.getInt(SEGMENT_SIZE))));
    }
}

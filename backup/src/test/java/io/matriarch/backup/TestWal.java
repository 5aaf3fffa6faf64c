package io.matriarch.backup;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Segments of WAL as far as the archive looks into them, and backups. */
final class TestWal {

    static final String SYSTEM = "7123456789012345678";
    static final long SEGMENT = 1 << 20;

    private TestWal() {}

    /** A segment that looks like one of a system; its content follows from {@code seed}. */
    static byte[] content(String system, long seed) {
        var bytes = new byte[(int) SEGMENT];
        new Random(seed).nextBytes(bytes);
        ByteBuffer page = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        page.putShort(2, (short) 0x0002);
        page.putLong(24, Long.parseUnsignedLong(system));
        page.putInt(32, (int) SEGMENT);
        return bytes;
    }

    static Path segment(Path directory, String name, long seed) throws IOException {
        return Files.write(directory.resolve(name), content(SYSTEM, seed));
    }
}

package io.matriarch.acceptance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** A file system of a few megabytes in memory. */
record SmallDisk(Path directory) implements AutoCloseable {

    /** Skips the test where this process may not mount. */
    static SmallDisk mount(int megabytes) {
        Path directory = Machine.workspace();
        try {
            Machine.run(List.of(
                    "mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "matriarch-test", directory.toString()));
        } catch (AssertionError e) {
            Machine.delete(directory);
            Assumptions.abort("mounting is not allowed here: " + e.getMessage());
        }
        Machine.give(directory);
        return new SmallDisk(directory);
    }

    /** Takes all the room that is left; the file that does. */
    Path fill() throws IOException {
        Path filler = directory.resolve("filler");
        byte[] block = new byte[1 << 16];
        try (var out = Files.newOutputStream(filler)) {
            while (true) {
                out.write(block);
            }
        } catch (IOException e) {
            if (Files.size(filler) == 0) {
                throw e;
            }
            return filler;
        }
    }

    @Override
    public void close() {
        Machine.run(List.of("umount", directory.toString()));
        Machine.delete(directory);
    }
}

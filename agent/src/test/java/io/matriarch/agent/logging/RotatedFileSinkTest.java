package io.matriarch.agent.logging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RotatedFileSinkTest {

    @TempDir
    Path directory;

    private String content(String name) throws IOException {
        return Files.readString(directory.resolve(name));
    }

    @Test
    void a_full_file_moves_on_and_the_oldest_goes() throws IOException {
        try (var sink = new RotatedFileSink(directory, null, 2, 10)) {
            for (String line : new String[] {"1111", "2222222", "3333333", "4444444"}) {
                sink.write(line);
            }
        }

        assertEquals("4444444\n", content("patroni.log"));
        assertEquals("3333333\n", content("patroni.log.1"));
        assertEquals("2222222\n", content("patroni.log.2"));
        assertFalse(Files.exists(directory.resolve("patroni.log.3")));
    }

    @Test
    void an_existing_file_is_continued_and_counts() throws IOException {
        Files.writeString(directory.resolve("patroni.log"), "before\n");
        try (var sink = new RotatedFileSink(directory, null, 1, 12)) {
            sink.write("a");
            sink.write("bb");
        }

        assertEquals("before\na\n", content("patroni.log.1"));
        assertEquals("bb\n", content("patroni.log"));
    }

    @Test
    void no_predecessors_means_no_rotation() throws IOException {
        try (var sink = new RotatedFileSink(directory, null, 0, 2)) {
            sink.write("aaaa");
            sink.write("bbbb");
        }

        assertEquals("aaaa\nbbbb\n", content("patroni.log"));
    }

    @Test
    void the_file_gets_the_configured_mode() throws IOException {
        Path below = directory.resolve("a/b");
        new RotatedFileSink(below, 0640, 1, 10).close();

        assertEquals(
                "rw-r-----",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(below.resolve("patroni.log"))));
    }
}

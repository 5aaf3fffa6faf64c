package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlDataReaderTest {

    private static final Instant LONG_AGO = Instant.parse("2020-01-01T00:00:00Z");

    @TempDir
    private Path directory;

    private TestNode node;
    private Path controlFile;
    private ControlDataReader reader;

    /** A program that prints how often it was called. */
    @BeforeEach
    void countingProgram() throws IOException {
        node = new TestNode("n1", directory);
        controlFile =
                Files.createDirectories(node.dataDirectory.resolve("global")).resolve("pg_control");
        Files.writeString(node.dataDirectory.resolve("PG_VERSION"), "15\n");
        Files.writeString(controlFile, "");
        Path bin = Files.createDirectories(directory.resolve("counting"));
        Path program = Files.writeString(
                bin.resolve("pg_controldata"),
                "#!/bin/sh\necho x >>%1$s/calls\necho Calls: $(wc -l <%1$s/calls)\n".formatted(bin));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        node.configure(new JsonObject(), List.of(), null, bin.toString());
        reader = new ControlDataReader(() -> node.settings, node.programs());
    }

    private int calls() {
        return reader.read().orElseThrow().number("Calls");
    }

    @Test
    void aFileThatStaysAsItIsIsReadOnce() throws IOException {
        Files.setLastModifiedTime(controlFile, FileTime.from(LONG_AGO));
        assertEquals(1, calls());
        assertEquals(1, calls());

        Files.setLastModifiedTime(controlFile, FileTime.from(LONG_AGO.plusMillis(10)));
        assertEquals(2, calls());
        assertEquals(2, calls());
    }

    @Test
    void aFileThatMayBeWrittenInTheSameMomentIsReadEachTime() throws IOException {
        Files.setLastModifiedTime(controlFile, FileTime.from(Instant.now().plusSeconds(60)));
        assertEquals(1, calls());
        assertEquals(2, calls());
    }
}

package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlDataReaderTest {

    private static final int STATE = 16;

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

    @Test
    void whatWeDoNotUnderstandIsReadByTheProgram() throws IOException {
        assertEquals("1", fieldOf("Calls"), "an empty file");

        byte[] file = new byte[512];
        Files.write(controlFile, file);
        assertEquals("2", fieldOf("Calls"), "a layout that is not known");
    }

    @Test
    void itSaysWhatTheProgramOfARealServerSays() throws Exception {
        try (var real = new TestNode("n2", directory)) {
            real.becomePrimary();
            compare(real);
            real.sql("CREATE TABLE t (id int)");
            real.stop();
            compare(real);

            byte[] file = Files.readAllBytes(real.dataDirectory.resolve("global/pg_control"));
            assertEquals("shut down", ControlFile.parse(file).orElseThrow().clusterState());
            file[STATE]++;
            assertTrue(ControlFile.parse(file).isEmpty(), "the checksum does not fit");
        }
    }

    private static void compare(TestNode server) {
        ControlData ours = ControlFile.read(server.dataDirectory).orElseThrow();
        Map<String, String> theirs = server.controlData().orElseThrow().fields();
        ours.fields().forEach((label, value) -> assertEquals(theirs.get(label), value, label));
        assertEquals(16 << 20, ours.walSegmentBytes());
    }

    private String fieldOf(String label) {
        return reader.read().orElseThrow().fields().get(label);
    }
}

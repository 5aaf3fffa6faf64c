package io.matriarch.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.model.Lsn;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names, targets, settings and the control file: what is read and written by form. */
class FormsTest {

    @TempDir
    private Path directory;

    @Test
    void namesOfWal() {
        for (String name : List.of(
                "0000000A000000010000002F",
                "0000000A000000010000002F.partial",
                "0000000A000000010000002F.00000028.backup",
                "0000000A.history")) {
            assertEquals(name, WalName.parse(name).orElseThrow().text());
        }
        for (String name : List.of("", "0000000A", "../0000000A.history", "0000000a.history", "x0000000A.history")) {
            assertTrue(WalName.parse(name).isEmpty(), name);
        }
        long size = 16 << 20;
        var segment = WalName.Segment.at(3, Lsn.parse("2/FF000028").orElseThrow(), size);
        assertEquals("0000000300000002000000FF", segment.text());
        assertEquals(segment, WalName.Segment.ofNumber(3, segment.number(size), size));
    }

    @Test
    void targets() {
        var time = RestoreTarget.time("2026-01-15 10:30:00.25", LocalDate.EPOCH, ZoneId.of("Europe/Berlin"))
                .orElseThrow();
        assertEquals(new RestoreTarget.Time(Instant.parse("2026-01-15T09:30:00.25Z")), time);
        assertEquals(Map.of("recovery_target_time", "2026-01-15 09:30:00.250000+00"), time.settings());
        assertEquals(
                Map.of("recovery_target_lsn", "1/28", "recovery_target_inclusive", "off"),
                new RestoreTarget.Position(new Lsn(0x1_0000_0028L)).settings());
        assertTrue(RestoreTarget.time("soon", LocalDate.EPOCH, ZoneId.of("UTC")).isEmpty());
        for (RestoreTarget target : List.of(
                time,
                new RestoreTarget.Position(new Lsn(0x1_0000_0028L)),
                new RestoreTarget.Name("before the upgrade"),
                new RestoreTarget.Latest())) {
            assertEquals(target, RestoreTarget.parse(target.text()).orElseThrow());
        }
    }

    @Test
    void settings() throws Exception {
        BackupSettings settings = BackupSettings.of(document("{'directory': '/b', 'keep_days': '3'}"));
        assertEquals(BackupSettings.Tool.BUILTIN, settings.tool());
        assertEquals(3, settings.retention().age().toDays());
        assertEquals("main", settings.stanza());
        assertEquals(
                BackupSettings.Tool.PGBACKREST,
                BackupSettings.of(document("{'tool': 'pgBackRest'}")).tool());
        for (String wrong : List.of("{}", "{'tool': 'tar'}", "{'directory': '/b', 'compress': 10}")) {
            assertThrows(RepositoryException.class, () -> BackupSettings.of(document(wrong)), wrong);
        }
        assertThrows(RepositoryException.class, () -> BackupSettings.of(new JsonObject()));
    }

    private static JsonObject document(String section) {
        return Json.parseObject("{'scope': 'main', 'matriarch': {'backup': " + section + "}}")
                .orElseThrow();
    }

    @Test
    void aManifest() throws Exception {
        Path file = Files.writeString(directory.resolve("backup_manifest"), """
            { "PostgreSQL-Backup-Manifest-Version": 1,
            "Files": [
            { "Path": "backup_label", "Size": 225, "Last-Modified": "2026-01-01 00:00:00 GMT" },
            { "Path": "global/pg_control", "Size": 8192 }
            ],
            "WAL-Ranges": [
            { "Timeline": 4, "Start-LSN": "0/4000028", "End-LSN": "0/4000100" }
            ],
            "Manifest-Checksum": "0"}
            """);
        assertEquals(new BackupManifest(4, new Lsn(0x4000028), new Lsn(0x4000100), 8417), BackupManifest.read(file));
        Files.writeString(file, "[]");
        assertThrows(IOException.class, () -> BackupManifest.read(file));
    }

    @Test
    void anIdentityOfItsOwn() throws Exception {
        for (int place : List.of(284, 288, 292)) { // as in different versions
            var control = ByteBuffer.allocate(8192).order(ByteOrder.nativeOrder());
            control.putLong(0, Long.parseUnsignedLong(TestWal.SYSTEM)).putInt(100, 77);
            control.putInt(place, checksum(control.array(), place));
            Path file = Files.createDirectories(directory.resolve("global")).resolve("pg_control");
            Files.write(file, control.array());
            String fresh = SystemIdentity.fresh(Instant.parse("2026-01-01T00:00:00.5Z"), 4711);
            SystemIdentity.write(directory, fresh);
            assertEquals(fresh, SystemIdentity.read(directory));
            byte[] written = Files.readAllBytes(file);
            assertEquals(8192, written.length);
            assertEquals(
                    checksum(written, place),
                    ByteBuffer.wrap(written).order(ByteOrder.nativeOrder()).getInt(place));
            written[100]++;
            Files.write(file, written);
            assertThrows(IOException.class, () -> SystemIdentity.write(directory, fresh));
        }
    }

    private static int checksum(byte[] bytes, int length) {
        var crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}

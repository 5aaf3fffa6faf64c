package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.matriarch.model.config.Credentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PgPassTest {

    private static final Credentials USER = new Credentials("re:pl", "p:a\\ss", Map.of());

    @TempDir
    private Path directory;

    @Test
    void fieldsAreEscapedAndEachHostHasALine() {
        assertEquals(
                List.of("a:5433:*:re\\:pl:p\\:a\\\\ss", "b:5433:*:re\\:pl:p\\:a\\\\ss"),
                PgPass.lines("a,b", 5433, USER));
    }

    @Test
    void whatIsMissingMatchesAllAndASocketDirectoryIsAlsoLocalhost() {
        var user = new Credentials(null, "x", Map.of());

        assertEquals(List.of("/run:*:*:*:x", "localhost:*:*:*:x"), PgPass.lines("/run", null, user));
    }

    @Test
    void onlyTheOwnerReadsTheFile() throws IOException {
        Path file = directory.resolve("sub/pgpass");
        var pgPass = new PgPass(file);

        assertEquals(Map.of("PGPASSFILE", file.toString()), pgPass.write("old", 1, USER));
        pgPass.write("h", 5432, USER);

        assertEquals("h:5432:*:re\\:pl:p\\:a\\\\ss\n", Files.readString(file));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void withoutPasswordNothingIsWritten() throws IOException {
        Path file = directory.resolve("pgpass");

        assertEquals(Map.of(), new PgPass(file).write("h", 5432, new Credentials("r", null, Map.of())));
        assertFalse(Files.exists(file));
    }

    @Test
    void thePasswordOfTheKeyIsInAServiceFileAndOnNoCommandLine() throws IOException {
        Path file = directory.resolve("pgpass");
        var user = new Credentials("r", null, Map.of("sslpassword", "open sesame", "sslkey", "/k"));

        Map<String, String> environment = new PgPass(file).write("h", 5432, user);

        Path services = Path.of(environment.get("PGSERVICEFILE"));
        assertEquals("matriarch", environment.get("PGSERVICE"));
        assertEquals("[matriarch]\nsslpassword=open sesame\n", Files.readString(services));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(services)));
        var upstream = new Upstream("n0", "h", 5432, null, null, true, null);
        assertFalse(Conninfo.to(upstream, user, "postgres", 150000).toArgument().contains("sesame"));
    }
}

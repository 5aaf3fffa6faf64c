package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.postgres.RecoveryComparison.Current;
import io.matriarch.postgres.RecoveryComparison.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecoveryComparisonTest {

    private static final List<String> PASSWORDS = List.of("h:5432:*:r:secret");

    @TempDir
    private Path directory;

    private final Map<String, Setting> settings = new HashMap<>();
    private final Map<String, String> wanted = new HashMap<>();

    @BeforeEach
    void followsAsItShould() throws IOException {
        Files.write(passwordFile(), PASSWORDS);
        String conninfo = "dbname=postgres user=r passfile=" + passwordFile()
                + " host=h port=5432 sslmode=prefer application_name=n gssencmode=prefer channel_binding=prefer";
        wanted.put("primary_conninfo", conninfo);
        wanted.put("primary_slot_name", "n");
        wanted.put("recovery_target_timeline", "latest");
        set("primary_conninfo", conninfo);
        set("primary_slot_name", "n");
        set("recovery_target_timeline", "latest");
        settings.put("recovery_min_apply_delay", new Setting("0", "ms", false, null));
        set("restore_command", "");
    }

    private Path passwordFile() {
        return directory.resolve("pgpass");
    }

    private void set(String name, String value) {
        settings.put(name, new Setting(value, null, false, null));
    }

    private RecoveryChange compare(@Nullable String receiverConninfo, @Nullable String receiverSlot) {
        return RecoveryComparison.compare(
                new Current(settings, receiverConninfo, receiverSlot, 0),
                wanted,
                Set.of(Path.of("/data/postgresql.conf")),
                passwordFile(),
                PASSWORDS,
                150000);
    }

    @Test
    void nothingIsToBeDoneWhenAllIsAsWanted() {
        assertEquals(RecoveryChange.NONE, compare(null, null));
    }

    @Test
    void whatTheWalreceiverDoesCountsMoreThanTheFile() {
        String other = "user=r passfile=" + passwordFile() + " dbname=replication host=other port=5432"
                + " application_name=n fallback_application_name=walreceiver";

        assertEquals(RecoveryChange.RELOAD, compare(other, "n"));
        assertEquals(RecoveryChange.NONE, compare(other.replace("host=other", "host=h"), "n"));
        assertEquals(RecoveryChange.RELOAD, compare(other.replace("host=other", "host=h"), ""));
    }

    @Test
    void anotherPasswordMeansAnotherConnection() throws IOException {
        Files.writeString(passwordFile(), "h:5432:*:r:old\n");

        assertEquals(RecoveryChange.RELOAD, compare(null, null));
    }

    @Test
    void aSettingOfTheUsersOwnIncludedFileIsHis() {
        settings.put("restore_command", new Setting("cp x y", null, false, "/etc/mine.conf"));
        assertEquals(RecoveryChange.NONE, compare(null, null));

        settings.put("restore_command", new Setting("cp x y", null, false, "/data/postgresql.conf"));
        assertEquals(RecoveryChange.RELOAD, compare(null, null));
    }

    @Test
    void aDelayIsComparedInItsUnit() {
        settings.put("recovery_min_apply_delay", new Setting("3600000", "ms", false, null));
        wanted.put("recovery_min_apply_delay", "1h");

        assertEquals(RecoveryChange.NONE, compare(null, null));
    }

    @Test
    void whatOnlyAStartCanChangeNeedsARestart() {
        wanted.put("restore_command", "cp %f %p");
        settings.put("restore_command", new Setting("", null, true, null));

        assertEquals(RecoveryChange.RESTART, compare(null, null));
    }

    @Test
    void aConninfoThatCannotBeReadIsWrittenAnew() {
        set("primary_conninfo", "host='h");

        assertEquals(RecoveryChange.RELOAD, compare(null, null));
    }
}

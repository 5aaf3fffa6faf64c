package io.matriarch.postgres;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;

/** What the files of a data directory tell without any server (contract config.md 4.3, postgres-control.md 1). */
record DataFiles(Path directory) {

    /** A directory that does not exist counts as empty; one that we may not look into does not. */
    LocalFacts.DataDirectory look() {
        try {
            return isEmpty() ? new LocalFacts.DataDirectory.Empty() : new LocalFacts.DataDirectory.Present();
        } catch (IOException e) {
            return new LocalFacts.DataDirectory.Inaccessible(e.toString());
        }
    }

    private boolean isEmpty() throws IOException {
        if (Files.exists(directory.resolve("global/pg_control"))) {
            return false;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (!name.startsWith(".") && !name.equals("lost+found")) {
                    return false;
                }
            }
            return true;
        } catch (NoSuchFileException _) {
            return true;
        } catch (NotDirectoryException _) {
            return false;
        }
    }

    /** {@code 15} in {@code PG_VERSION} is 150000; 0 when there is no such file. */
    int majorVersion() {
        try {
            return Integer.parseInt(Files.readString(directory.resolve("PG_VERSION")).strip()) * 10_000;
        } catch (IOException | NumberFormatException _) {
            return 0;
        }
    }

    Path standbySignal() {
        return directory.resolve("standby.signal");
    }

    Path recoverySignal() {
        return directory.resolve("recovery.signal");
    }

    /** Whether PostgreSQL will start in recovery. */
    boolean hasSignal() {
        return Files.exists(standbySignal()) || Files.exists(recoverySignal());
    }

    boolean hasBackupLabel() {
        return Files.exists(directory.resolve("backup_label"));
    }

    void removeSignals() throws IOException {
        Files.deleteIfExists(standbySignal());
        Files.deleteIfExists(recoverySignal());
    }

    /** Whether the directory was initialised with {@code --allow-group-access}. */
    boolean groupHasAccess() {
        try {
            return Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS)
                    .contains(PosixFilePermission.GROUP_EXECUTE);
        } catch (IOException _) {
            return false;
        }
    }

    /** For files in the directory. */
    String fileMode() {
        return groupHasAccess() ? "rw-r-----" : "rw-------";
    }

    /** For the server and whatever writes beside it. */
    String umask() {
        return groupHasAccess() ? "0027" : "0077";
    }
}

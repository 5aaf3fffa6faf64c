package io.matriarch.postgres;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;
import java.util.regex.Pattern;

/** What the files of a data directory tell without any server (contract config.md 4.3, postgres-control.md 1). */
record DataFiles(Path directory) {

    private static final Pattern VERSION = Pattern.compile("\\d{1,3}(\\.\\d{1,3})?");

    /** A directory that does not exist counts as empty; one that we may not look into does not. */
    LocalFacts.DataDirectory look() {
        try {
            return isEmpty() ? new LocalFacts.DataDirectory.Empty() : new LocalFacts.DataDirectory.Present();
        } catch (IOException e) {
            return new LocalFacts.DataDirectory.Inaccessible(FileTrouble.describe(e));
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
            return version().map(Integer::parseInt).orElse(0) * 10_000;
        } catch (NumberFormatException _) {
            return 0;
        }
    }

    /** The text of {@code PG_VERSION}, such as {@code 15} or {@code 9.6}; empty when there is no such file. */
    Optional<String> version() {
        try {
            return Optional.of(Files.readString(directory.resolve("PG_VERSION")).strip())
                    .filter(text -> VERSION.matcher(text).matches());
        } catch (IOException _) {
            return Optional.empty();
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

    /**
     * What a copied directory may have brought along that would promote the copy.
     *
     * @param configured value of {@code promote_trigger_file}; empty: none
     */
    void removeTriggers(String configured) throws IOException {
        Files.deleteIfExists(directory.resolve("promote"));
        if (!configured.isEmpty()) {
            Files.deleteIfExists(directory.resolve(configured));
        }
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

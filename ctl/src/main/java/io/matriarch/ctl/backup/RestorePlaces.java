package io.matriarch.ctl.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The directories of a restore, all beside the data directory so that they change places by a rename.
 *
 * @param data the data directory itself, no link
 */
record RestorePlaces(Path data) {

    static RestorePlaces of(Path configured) throws IOException {
        Path absolute = configured.toAbsolutePath().normalize();
        Path parent = absolute.getParent();
        Path real = parent == null ? absolute : parent.toRealPath().resolve(absolute.getFileName());
        // A link is read instead of followed, because what it leads to is not there at every moment.
        return new RestorePlaces(
                Files.isSymbolicLink(real)
                        ? real.resolveSibling(Files.readSymbolicLink(real)).normalize()
                        : real);
    }

    /** Where data is restored until it is in place. */
    Path staging() {
        return beside(".restoring");
    }

    /** What was in place before a restore, or before a rollback. */
    Path kept(RestoreJournal.Kind kind) {
        return beside(kind == RestoreJournal.Kind.ROLLBACK ? ".rolled-back" : ".before-restore");
    }

    Path journal() {
        return beside(".restore");
    }

    /** Of the server that recovers. */
    Path log() {
        return beside(".restore.log");
    }

    /** Where restored tablespaces go; they stay there. */
    Path tablespaces(String backup) {
        return beside(".tablespaces").resolve(backup);
    }

    private Path beside(String suffix) {
        return data.resolveSibling(data.getFileName() + suffix);
    }
}

package io.matriarch.ctl.patroni;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds programs as a shell does. */
final class Programs {

    private Programs() {}

    /** The first of some programs that is on the path; null when none is. */
    static @Nullable String firstInstalled(Map<String, String> environment, String... names) {
        for (String name : names) {
            for (String directory : environment.getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
                Path file = Path.of(directory, name);
                if (Files.isExecutable(file) && Files.isRegularFile(file)) {
                    return file.toString();
                }
            }
        }
        return null;
    }
}

package io.matriarch.ctl.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code -c FILE}: the same on every command of {@code matriarch} that reads a configuration. */
public final class ConfigFileOption {

    @Option(
            names = {"-c", "--config-file"},
            paramLabel = "FILE",
            description = "Configuration file; that of the daemon, or that of patronictl")
    private @Nullable String file;

    /** The file that was named; null: none. */
    public @Nullable String file() {
        return file;
    }

    /** The file that was named by the option, else as an argument; null: by neither. */
    public @Nullable String fileOr(@Nullable String argument) {
        return file == null ? argument : file;
    }
}

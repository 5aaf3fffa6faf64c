package io.matriarch.ctl.monitor;

import io.matriarch.ctl.cli.Screen.Colour;

/** How a check ended, the worst last; the exit codes are those of monitoring plugins. */
enum Severity {
    OK(0, Colour.GREEN),
    WARNING(1, Colour.YELLOW),
    CRITICAL(2, Colour.RED);

    /** The exit code when nothing could be found out. */
    static final int UNKNOWN = 3;

    final int exitCode;
    final Colour colour;

    Severity(int exitCode, Colour colour) {
        this.exitCode = exitCode;
        this.colour = colour;
    }
}

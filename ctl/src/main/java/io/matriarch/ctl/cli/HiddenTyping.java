package io.matriarch.ctl.cli;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * While it is open, the terminal of this process does not show what is typed. Where standard input is no terminal there
 * is nothing to hide. The JDK's console does the same only when standard output is a terminal, too.
 */
final class HiddenTyping implements AutoCloseable {

    private static final int STTY_LIMIT_SECONDS = 2;

    private final boolean hidden = stty("-echo");

    @Override
    public void close() {
        if (hidden) {
            stty("echo");
        }
    }

    /** Changes the terminal at standard input; false when that is none. */
    private static boolean stty(String mode) {
        try {
            Process stty = new ProcessBuilder("stty", mode)
                    .redirectInput(ProcessBuilder.Redirect.INHERIT)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return stty.waitFor(STTY_LIMIT_SECONDS, TimeUnit.SECONDS) && stty.exitValue() == 0;
        } catch (IOException _) {
            return false;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}

package io.matriarch.postgres;

import io.matriarch.postgres.ChildProcess.Command;
import java.time.Duration;

/** Sends signals by name through the shell's own {@code kill}; Java itself knows TERM and KILL alone. */
final class Signals {

    private static final Duration LIMIT = Duration.ofSeconds(5);

    private Signals() {}

    /** False when the process is gone or not ours. */
    static boolean send(String signal, long pid) {
        return ChildProcess.run(
                        Command.of(LIMIT, "/bin/sh", "-c", "kill -s \"$1\" \"$2\"", "sh", signal, Long.toString(pid)),
                        new Cancellation())
                .isSuccess();
    }
}

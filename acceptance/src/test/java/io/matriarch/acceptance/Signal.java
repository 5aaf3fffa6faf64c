package io.matriarch.acceptance;

import java.util.List;

/** Signals to processes, by pid. */
enum Signal {
    KILL,
    STOP,
    CONT,
    TERM,
    HUP;

    void sendTo(long pid) {
        Machine.run(List.of("kill", "-" + name(), Long.toString(pid)));
    }
}

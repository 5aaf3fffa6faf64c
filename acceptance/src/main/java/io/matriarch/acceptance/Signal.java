package io.matriarch.acceptance;

import java.util.List;

/** Signals to processes, by pid. */
public enum Signal {
    KILL,
    STOP,
    CONT,
    TERM,
    INT,
    HUP;

    public void sendTo(long pid) {
        Machine.run(List.of("kill", "-" + name(), Long.toString(pid)));
    }
}

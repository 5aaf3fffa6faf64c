package io.matriarch.acceptance;

import java.util.List;
import java.util.stream.Collectors;

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

    /** To all at once; those that have ended meanwhile are not missed. */
    public void sendToAll(List<Long> pids) {
        String all = pids.stream().map(String::valueOf).collect(Collectors.joining(" "));
        Machine.run(List.of("sh", "-c", "kill -" + name() + " " + all + " 2>/dev/null || true"));
    }
}

package io.matriarch.ctl.drill;

import java.util.Locale;

/** What is done to a cluster. */
enum Fault {
    SWITCHOVER(true, "the leader hands over to a replica"),
    FAILOVER(true, "a replica is told to take over"),
    RESTART(true, "PostgreSQL of the leader is restarted"),
    CRASH(false, "PostgreSQL of the leader is killed"),
    PARTITION(false, "the host of the leader is cut off");

    private final boolean planned;
    private final String sentence;

    Fault(boolean planned, String sentence) {
        this.planned = planned;
        this.sentence = sentence;
    }

    /** Whether the cluster is asked to do it; it has to notice the others by itself. */
    boolean isPlanned() {
        return planned;
    }

    String sentence() {
        return sentence;
    }

    /** As people type it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

package io.matriarch.bench;

import org.jspecify.annotations.Nullable;

/** What is done to a cluster of three nodes, and what it is compared with. */
enum Fault {
    CRASH("crash", "postmaster killed, restart in place", Floor.RESTART, 1.2),
    CRASH_FAILOVER("crash-failover", "the same with `primary_start_timeout: 0`", Floor.STOP_PROMOTE, 1.5),
    SWITCHOVER("switchover", "`patronictl switchover --force`", Floor.STOP_PROMOTE, 1.5),
    SWITCHOVER_REST("switchover-rest", "`POST /switchover`", Floor.STOP_PROMOTE, 1.5),
    NODE("node", "agent and PostgreSQL killed (the lease has to end)", null, 0),
    STORE("store", "store down for " + Fault.STORE_DOWN_SECONDS + " s", null, 0);

    static final int STORE_DOWN_SECONDS = 30;

    final String option;
    final String title;
    final @Nullable Floor floor;
    /** The ratio to the floor that is aimed at; 0: none. */
    final double aim;

    Fault(String option, String title, @Nullable Floor floor, double aim) {
        this.option = option;
        this.title = title;
        this.floor = floor;
        this.aim = aim;
    }
}

package io.matriarch.simulator.postgres;

/** Whom the servers tell what happens. */
public interface Reports {

    /** A line of the server's log, or of a program that works on its data directory. */
    void log(String host, String line);

    /** Something that must never be done to PostgreSQL was done. */
    void violation(String host, String what);

    /** An agent dropped a physical slot of this server. */
    void slotDropped(String host, String slot);
}

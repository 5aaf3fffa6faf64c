package io.matriarch.store.memory;

/** What is wrong between one client and the servers. */
public enum Fault {
    /** Nothing. */
    NONE,
    /** Requests do not arrive, events neither. */
    UNREACHABLE,
    /** Requests arrive and are carried out, but no answer comes back; reads fail, writes end as unknown. */
    ANSWERS_LOST,
    /** Reads succeed, every write is answered with an error. */
    WRITES_REFUSED
}

package io.matriarch.model;

/** The keys below the base path of a cluster that are not bound to a lease (contract dcs-etcd3.md, section 1). What lies below
 * {@code matriarch/} is ours: others pass over it. */
public enum Key {
    INITIALIZE("initialize"),
    CONFIG("config"),
    STATUS("status"),
    FAILOVER("failover"),
    SYNC("sync"),
    HISTORY("history"),
    FAILSAFE("failsafe"),
    /** Ours alone; see {@link ReservedTimeline}. */
    RESERVED_TIMELINE("matriarch/timeline"),
    /** Ours alone; see {@link Electorate}. */
    ELECTORATE("matriarch/electorate");

    private final String path;

    Key(String path) {
        this.path = path;
    }

    /** The path relative to the base path. */
    public String path() {
        return path;
    }
}
